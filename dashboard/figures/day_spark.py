"""A station's last day as a line of a list: some hundred bytes, no axes; gaps are not joined."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from dashboard.web.languages import Localiser

__all__ = ["day_spark"]

_WIDTH, _HEIGHT = 96.0, 22.0
_LEAST_SPAN_K = 4.0
"""Lines that hardly move are drawn flat, not blown up."""


def day_spark(values: Sequence[float | None], *, localiser: Localiser) -> Markup:
    """Draw values [°C] at even distances, None where there is none; a dash where there are none at all."""
    known = [value for value in values if value is not None]
    if not known:
        return Markup('<span class="missing small" data-spark-done>—</span>')
    middle = (min(known) + max(known)) / 2
    span = max(_LEAST_SPAN_K, max(known) - min(known))
    step = _WIDTH / max(1, len(values) - 1)
    commands: list[str] = []
    joined = False
    for place, value in enumerate(values):
        if value is None:
            joined = False
            continue
        y = _HEIGHT / 2 - (value - middle) / span * (_HEIGHT - 4)
        commands.append(f"{'L' if joined else 'M'}{place * step:.0f} {y:.1f}")
        if not joined:
            commands.append("h1")
        joined = True
    title = localiser.text(
        "24 小时二次供温：最低 %(low)s，最高 %(high)s °C",
        low=localiser.number(min(known)),
        high=localiser.number(max(known)),
    )
    return Markup(  # numbers only; the title is escaped
        f'<svg class="day-spark" data-spark-done viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img"'
        f' aria-label="{escape(title)}"><title>{escape(title)}</title><path d="{"".join(commands)}"/></svg>'
    )
