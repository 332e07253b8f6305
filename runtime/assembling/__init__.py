"""How each room is built and joined to the others: one module a room, imported only where that room runs."""
