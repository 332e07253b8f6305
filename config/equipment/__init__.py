"""What equipment means by its names and registers, and the keys of meters."""
