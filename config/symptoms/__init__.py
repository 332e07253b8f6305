"""Symptoms as data: what each says about one object, read from YAML."""
