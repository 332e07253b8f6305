"""Tickets of the hotline."""
