"""Incidents: lists, one incident with cause and members, and the promise of an end."""
