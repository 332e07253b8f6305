"""Tickets from intake to callback: what a new one starts with, its promises, its duplicates, and every change."""
