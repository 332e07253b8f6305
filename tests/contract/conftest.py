"""Contract tests: one suite a seam, run on every adapter, the real servers included.

A suite takes its adapter from a fixture with one parameter an adapter; fixtures of servers are in
``tests/conftest.py`` and start only when a parameter asks for them.
"""
