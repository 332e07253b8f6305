"""The settings: one tree, its loader and its reference page."""
