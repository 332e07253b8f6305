"""Alarms: lists, one alarm, actions, the alarm system's own health."""
