"""Work on the stores that only the process owning them can do: backup, export, state; for who runs the machine."""
