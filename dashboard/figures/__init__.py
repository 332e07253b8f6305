"""Pictures laid out on the server: the station map, the trend chart's layout, the resident's small curve."""
