"""Judges the readings: live state, rules, alarms, inhibition, incidents, notifications. `service` joins the parts."""
