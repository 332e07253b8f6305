"""Configuration: the settings tree, loaders for site, rules and policies, and the shipped defaults.

No behaviour of the product lives here and nothing is read at import time; every loader takes a path and gives
values or a list of located errors.
"""
