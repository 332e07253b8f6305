"""What /readyz and /metrics say of the parts of a process; without a web framework, for rooms that have no pages."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from heating.protocols import Health, HealthStatus

if TYPE_CHECKING:
    from prometheus_client.core import Metric

__all__ = ["PartFigures", "exposition", "readiness"]

_WORTH = {HealthStatus.OK: 1.0, HealthStatus.DEGRADED: 0.5, HealthStatus.DOWN: 0.0}
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_]+")


def readiness(parts: Mapping[str, Health]) -> tuple[dict[str, object], bool]:
    """Return how each part stands as JSON, and whether none is down."""
    worst = _worst(parts)
    document: dict[str, object] = {
        "status": worst.value,
        "parts": {
            name: {"status": part.status.value, "reason": part.reason} for name, part in sorted(parts.items())
        },
    }
    return document, worst is not HealthStatus.DOWN


def exposition(parts: Callable[[], Mapping[str, Health]], *, accept: str) -> tuple[bytes, str]:
    """Return the figures of every part in the text form that a scraper asks for, and its content type."""
    from prometheus_client import CollectorRegistry  # 0.1 s that a start need not wait for
    from prometheus_client.exposition import choose_encoder

    registry = CollectorRegistry(auto_describe=False)
    registry.register(PartFigures(parts))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


def _worst(parts: Mapping[str, Health]) -> HealthStatus:
    order = (HealthStatus.DOWN, HealthStatus.DEGRADED)
    found = {part.status for part in parts.values()}
    return next((status for status in order if status in found), HealthStatus.OK)


class PartFigures:
    """Turns the health of parts into metrics when a registry collects.

    Parameters
    ----------
    parts : callable
        Returns the health of each part by name.
    """

    def __init__(self, parts: Callable[[], Mapping[str, Health]]) -> None:
        self._parts = parts

    def collect(self) -> "Iterator[Metric]":
        """Yield whether each part is up, then its figures; those that end in ``_total`` are counters."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        parts = sorted(self._parts().items())
        up = GaugeMetricFamily(
            "nuanliu_part_up", "1 when the part is ok, 0.5 when degraded, 0 when down.", labels=["part"]
        )
        for name, part in parts:
            up.add_metric([name], _WORTH[part.status])
        yield up
        for name, part in parts:
            for figure, value in sorted(part.figures.items()):
                metric = _NOT_IN_NAMES.sub("_", f"nuanliu_{name}_{figure}")
                family = CounterMetricFamily if metric.endswith("_total") else GaugeMetricFamily
                yield family(metric, f"{figure} of {name}", value=float(value))
