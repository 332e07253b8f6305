"""Devices: room sensors and gateways with their imperfections, and the payloads that they send."""
