"""The MQTT side of the collector: frames, the bulk-reading client, the connection loop and the message source.

What lives here: everything that knows paho. What does not: topics' meaning (`collector.messages.routes`) and payloads
(`collector.decoders`).
"""
