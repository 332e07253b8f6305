"""Server-sent events: one snapshot a second, encoded once and handed to everybody who may see it."""
