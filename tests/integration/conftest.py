"""Integration tests: several rooms together, or one room with the real servers of ``tests/conftest.py``."""
