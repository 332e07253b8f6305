"""Stations: list, one station, trends."""
