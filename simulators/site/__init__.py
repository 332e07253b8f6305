"""The made-up registry of the demo and of the scenarios."""
