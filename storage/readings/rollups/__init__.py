"""Roll-ups computed from raw readings."""
