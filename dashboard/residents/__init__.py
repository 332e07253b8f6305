"""The resident's own home and fault reports, made for a phone."""
