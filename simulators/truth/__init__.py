"""The sealed truth: what was really broken, how warm homes really were, why they were cold."""
