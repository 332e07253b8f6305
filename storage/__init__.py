"""Where readings and records are kept: one folder a kind of store, opened by `open_stores`."""
