"""What a message becomes: routed, decoded, validated, counted."""
