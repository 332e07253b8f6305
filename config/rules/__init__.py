"""Rule files: values, loader, defaults, texts."""
