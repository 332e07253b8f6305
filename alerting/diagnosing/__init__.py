"""Explains a tick: symptoms of the whole fleet become incidents, with their causes and the evidence for them."""
