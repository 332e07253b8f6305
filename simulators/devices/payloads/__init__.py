"""Payload families in which simulated devices speak, by encoders of the simulator's own: one module each, all pure."""
