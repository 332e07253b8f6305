"""Faults and disturbances: which there are, where and when they act, and what they change."""
