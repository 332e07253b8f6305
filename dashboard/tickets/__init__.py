"""Tickets: lists, one ticket, opening, changing and calling back. The work itself is `casework.tickets`."""
