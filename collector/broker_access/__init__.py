"""Accounts, access lists and configuration files of the broker, made from the registry."""
