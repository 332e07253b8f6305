"""Fakes, factories and real servers shared by the tests; nothing here is imported by running code."""
