"""InfluxDB 1.x, 2.x and 3.x as the time-series store: line protocol in, InfluxQL out."""
