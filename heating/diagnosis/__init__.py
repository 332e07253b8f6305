"""What readings prove: how old a value may be before it proves nothing. Pure."""
