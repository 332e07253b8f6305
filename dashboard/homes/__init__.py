"""Homes for the hotline: search and card."""
