"""Time-series stores behind `heating.protocols.TimeSeriesStore`: DuckDB embedded, InfluxDB as a server."""
