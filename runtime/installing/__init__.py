"""Putting the program on a machine: account, folders, units of systemd, example settings, virtual environment.

Only the standard library is needed here: ``./run install`` calls it with the machine's own Python, before any package
of the program is there.
"""
