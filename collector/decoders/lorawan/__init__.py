"""Payload codecs of LoRaWAN indoor sensors: bytes of one uplink to fields.

What lives here: one module a maker, and the choice among them (`choice`). What does not: the envelopes of network
servers (`collector.decoders.envelopes.chirpstack_v4`, `collector.decoders.envelopes.ttn_v3`).
"""
