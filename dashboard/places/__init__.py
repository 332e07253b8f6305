"""Buildings and communities."""
