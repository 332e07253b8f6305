"""Delivers what was written to the outbox: the dispatcher, and one module a channel."""
