"""The pure step from newest values to transitions: live windows, signals, conditions, timers and their state."""
