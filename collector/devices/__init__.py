"""Who may speak and who does: known objects, device maps, unknown devices, throttling, clocks, retained messages."""
