"""Backup and restore of everything that the house keeps: readings, records, spool and settings file."""
