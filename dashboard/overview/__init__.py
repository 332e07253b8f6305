"""The first page and the wall."""
