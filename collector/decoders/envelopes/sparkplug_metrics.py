"""Metrics of Sparkplug B: their values by type, units and quality out of their properties.

What does not live here: births, aliases and sequence numbers (`collector.decoders.envelopes.sparkplug_nodes`).
"""

import math
from typing import Final

from collector.decoders.envelopes.sparkplug_b_pb2 import Metric
from heating.quality import Quality

__all__ = ["is_control", "metric_quality", "metric_unit", "metric_value"]

_SIGNED_BITS: Final = {1: 8, 2: 16, 3: 32, 4: 64}
"""Bits of the signed integer types Int8, Int16, Int32, Int64, which travel in unsigned fields."""
DATE_TIME: Final = 13
BOOLEAN: Final = 11
UNIT_NAMES: Final = ("engUnit", "EngUnit", "Engineering Units", "engineeringUnits", "unit", "units")
GOOD: Final = 192
STALE: Final = 500
MAX_PROPERTIES: Final = 50


def is_control(name: str) -> bool:
    """Return whether a metric serves the protocol itself: bdSeq, Node Control/…, Device Control/…."""
    return name == "bdSeq" or name.startswith(("Node Control/", "Device Control/"))


def metric_value(metric: Metric, datatype: int) -> float | bool | str | None:
    """Return the value of a metric; None for null and for types that are no single value.

    Parameters
    ----------
    datatype
        Type of the metric's birth, where the metric itself names none.
    """
    kind = metric.WhichOneof("value")
    if metric.is_null or kind is None or kind == "bytes_value":
        return None
    value = getattr(metric, kind)
    declared = metric.datatype or datatype
    if kind in ("int_value", "long_value"):
        bits = _SIGNED_BITS.get(declared)
        number = int(value)
        if bits is not None:
            number &= (1 << bits) - 1
            number -= (1 << bits) if number >> (bits - 1) else 0
        return bool(number) if declared == BOOLEAN else float(number)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, bool | str) else None


def metric_unit(metric: Metric) -> str:
    """Return the engineering unit among the properties, empty when there is none."""
    if not metric.HasField("properties"):
        return ""
    for key, value in zip(metric.properties.keys[:MAX_PROPERTIES], metric.properties.values, strict=False):
        if key in UNIT_NAMES and value.WhichOneof("value") == "string_value":
            return str(value.string_value)
    return ""


def metric_quality(metric: Metric) -> int:
    """Return the quality that the properties state (Sparkplug 3.0, 6.4.15: 192 good, 500 stale, 0 bad)."""
    if not metric.HasField("properties"):
        return Quality.GOOD
    for key, value in zip(metric.properties.keys[:MAX_PROPERTIES], metric.properties.values, strict=False):
        if key in ("Quality", "quality") and value.WhichOneof("value") in ("int_value", "long_value"):
            code = value.int_value or value.long_value
            return {GOOD: Quality.GOOD, STALE: Quality.UNCERTAIN}.get(code, Quality.BAD)
    return Quality.GOOD
