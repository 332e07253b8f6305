"""Decoders: one module a payload family turns messages into samples and rejections.

What lives here: the shape of a decoded batch, the registry of families and the families themselves. What does not:
topic routing (`collector.messages.routes`) and everything that needs the registry or the clock (`collector.messages.validation`).
"""
