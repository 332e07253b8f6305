"""Alembic's folder: the way of a database from one version of the tables to the next."""
