"""Weather: what comes from outside (air temperature, wind, sun), made up or read from a file."""
