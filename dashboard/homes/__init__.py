"""Homes for the hotline: search, card, probable cause."""
