"""The installation page, done as written in a fresh Debian 12: ``python -m tests.reliability.plain_debian.rehearsal``.

Needs root, debootstrap and the network, and is therefore in no gate.
"""
