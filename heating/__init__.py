"""The domain of district heating: words, quantities, points, assets, states and the seams between rooms.

Pure: the standard library and numpy only. No input or output, no logging, no settings; ``clock.py`` alone reads
the time. Every other room may import this one; this one imports none.
"""
