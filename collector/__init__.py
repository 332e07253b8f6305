"""The collector: from MQTT to the durable spool and on to the time-series store.

What lives here: the MQTT source, topic routes, decoders, validation, the spool with its rejections, the forwarder and
the pipeline that joins them. What does not: stores (`storage`), judging of readings (`alerting`).
"""
