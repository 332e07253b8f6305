"""Scores: what the product found against the truth."""
