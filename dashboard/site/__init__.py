"""The registry ready for look-ups, the names of places, and who may see which of them."""
