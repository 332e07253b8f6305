"""The primary network and its sources: a tree of pipes with delay, loss and pressure, and plants with limits."""
