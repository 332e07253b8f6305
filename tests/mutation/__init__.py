"""Mutation runs: small faults are put into the product one at a time, and the unit tests must notice each of them.

``./run mutate [PATH ...]`` is the way in; docs/testing.md says how to read a report and which survivors are known.
"""
