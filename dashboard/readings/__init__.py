"""Newest values and trends, as every subject shows them."""
