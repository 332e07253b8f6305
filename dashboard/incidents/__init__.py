"""Incidents and the promise of an end."""
