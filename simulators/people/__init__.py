"""People: presence, cooking, windows, thermostats, and the calls that they make when it is cold."""
