"""Causes: what can go wrong, as files that people write; what each says becomes evidence for the judge and texts."""
