"""Signals: the named figures that conditions may speak of, and how they are computed."""
