"""New devices, their assignment, and clocks that are off."""
