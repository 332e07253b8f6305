"""The running room: the tick and its jobs, the warm start, replay and judging without records."""
