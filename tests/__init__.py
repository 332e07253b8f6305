"""Everything that proves Nuanliu: see ARCHITECTURE.md for the folders."""
