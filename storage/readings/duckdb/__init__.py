"""The embedded store: one DuckDB file with a table a measurement and day, one thread that owns the writes."""
