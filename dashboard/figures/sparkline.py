"""The resident's curve of the last day as an SVG of its own: a few hundred bytes, no chart library.

Gaps are not joined: hours without a value leave a hole in the line.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil, floor

from markupsafe import Markup, escape

from dashboard.web.languages import Localiser

__all__ = ["day_curve"]

_WIDTH, _HEIGHT = 340.0, 150.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 8.0, 10.0, 24.0
_GAP_MS = 2 * 3_600_000
"""Hourly values further apart than this are not joined [ms]."""
_DAY_MS = 86_400_000


def day_curve(
    series: Sequence[tuple[int, float]],
    *,
    standard_c: float,
    now: datetime,
    localiser: Localiser,
) -> Markup:
    """Draw the curve; empty markup without values.

    Parameters
    ----------
    series : sequence of (int, float)
        Time [epoch ms] and temperature [°C], rising in time; missing hours are simply not there.
    standard_c : float
        Drawn as a dashed line [°C].
    now : datetime
        Right edge of the drawing.
    """
    if not series:
        return Markup("")
    end_ms = now.timestamp() * 1000
    shown = [standard_c, *(value for _, value in series)]
    low, high = floor(min(shown) - 0.5), ceil(max(shown) + 0.5)

    def x(time_ms: float) -> float:
        share = min(max((time_ms - (end_ms - _DAY_MS)) / _DAY_MS, 0.0), 1.0)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _TOP + (high - value) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)

    parts = [
        f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(low):.1f}" y2="{y(low):.1f}"/>',
        f'<line class="standard" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(standard_c):.1f}"'
        f' y2="{y(standard_c):.1f}"/>',
        f'<path class="line" d="{_line([(time_ms, x(time_ms), y(value)) for time_ms, value in series])}"/>',
    ]
    parts += [
        f'<text x="{_LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.0f}°</text>'
        for value in sorted({float(low), standard_c, float(high)})
    ]
    for hours, anchor in ((24, "start"), (12, "middle"), (0, "end")):
        place = x(end_ms - hours * 3_600_000)
        label = localiser.time(now - timedelta(hours=hours))
        parts.append(f'<text x="{place:.1f}" y="{_HEIGHT - 6}" text-anchor="{anchor}">{label}</text>')
    title = localiser.text("最近 24 小时室温曲线，虚线为 %(standard)s °C 标准", standard=f"{standard_c:.0f}")
    body = "".join(parts)
    return Markup(  # numbers and clock times only; the title is escaped
        f'<svg class="spark" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img" aria-label="{escape(title)}">{body}</svg>'
    )


def _line(points: Sequence[tuple[int, float, float]]) -> str:
    commands: list[str] = []
    before: int | None = None
    for time_ms, x, y in points:
        joined = before is not None and time_ms - before <= _GAP_MS
        commands.append(f"{'L' if joined else 'M'}{x:.1f} {y:.1f}")
        before = time_ms
    if len(points) == 1:
        commands.append("h2")
    return "".join(commands)
