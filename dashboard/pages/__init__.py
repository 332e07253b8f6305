"""The pages people see: one router for all of them, and their error page.

Route modules: account (log-in, language), dispatcher (overview, stations, alarms, incidents), hotline, resident.
"""
