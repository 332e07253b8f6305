"""Layout of the station page's trend: axes, colours, names and the chart library's settings, made in Python.

The page fetches the columns itself and puts them into these traces. One figure is made per language and kept. What
does not live here: the data, and how it is fetched (static/js/station.js).
"""

from functools import lru_cache
from typing import Any

import orjson

from dashboard.web.languages import N_, Localiser
from heating.points import Measurement, point_named

__all__ = ["CONFIG", "TREND_POINTS", "trend_figure_json"]

TREND_POINTS = (
    "secondary_supply_temp_c",
    "secondary_supply_temp_setpoint_c",
    "secondary_return_temp_c",
    "outdoor",
)
"""Points of the chart, as the trend interface names them; ``outdoor`` is the weather site's temperature."""

CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "topojsonURL": "",
    "responsive": True,
    "scrollZoom": False,
    "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"],
}
"""Settings of the chart library: nothing is ever sent to, or fetched from, another host."""

_LINES = {
    "secondary_supply_temp_c": {"color": "#1c2126", "width": 2.2},
    "secondary_supply_temp_setpoint_c": {"color": "#9a5b00", "width": 1.8, "dash": "dash", "shape": "hv"},
    "secondary_return_temp_c": {"color": "#7a848c", "width": 1.8},
    "outdoor": {"color": "#1f4e9c", "width": 1.6, "dash": "dot"},
}
_FONT = '"Noto Sans SC","PingFang SC","Microsoft YaHei","WenQuanYi Micro Hei",system-ui,sans-serif'
_MODEBAR = {
    "Zoom": N_("框选放大"),
    "Pan": N_("平移"),
    "Zoom in": N_("放大"),
    "Zoom out": N_("缩小"),
    "Reset axes": N_("复位"),
    "Download plot as a PNG": N_("存为图片"),
    "Download plot": N_("存为图片"),
    "Double-click to zoom back out": N_("双击复位"),
}
"""Words of the chart library that a reader sees."""
_RESOLUTIONS = {
    "raw": N_("数据精度：原始读数。"),
    "5m": N_("数据精度：5 分钟汇总。"),
    "1h": N_("数据精度：1 小时汇总。"),
}
"""What a thinned trend was made of, by the names in `dashboard.web.values.TrendColumns.resolution`."""


@lru_cache(maxsize=8)
def trend_figure_json(localiser: Localiser) -> str:
    """Return the figure without data as JSON, safe inside a ``<script type="application/json">``.

    Keys: ``traces`` (with ``meta``: the point), ``layout``, ``config``, ``locale`` (name and dictionary), ``words``
    (``resolution``: by the name that the trend interface gives it).
    """
    # Only the station page needs the library; a start need not wait for it. Its constructors check names and values.
    import plotly.graph_objects

    graph_objects: Any = plotly.graph_objects
    figure = graph_objects.Figure(
        data=[graph_objects.Scatter(_trace(localiser, point)) for point in TREND_POINTS],
        layout=graph_objects.Layout(_layout(localiser)),
    )
    document = figure.to_plotly_json()
    chinese = localiser.locale == "zh_CN"
    payload = {
        "traces": document["data"],
        "layout": document["layout"],
        "config": CONFIG | {"locale": "zh-CN" if chinese else "en"},
        "locale": _chart_locale(localiser) if chinese else None,
        "words": {
            "time": localiser.text("时间"),
            "alarm": localiser.text("告警"),
            "thinned": localiser.text("数据点较多，已抽稀，保留每段的最小值和最大值。"),
            "resolution": {name: localiser.text(words) for name, words in _RESOLUTIONS.items()},
        },
    }
    # "<" would let a text end the script element; the escape is the same JSON.
    return orjson.dumps(payload, option=orjson.OPT_SERIALIZE_NUMPY).decode().replace("<", "\\u003c")


def _trace(localiser: Localiser, point: str) -> dict[str, Any]:
    return {
        "name": _label(localiser, point),
        "meta": point,
        "mode": "lines",
        "connectgaps": False,
        "line": _LINES[point],
        "yaxis": "y2" if point == "outdoor" else "y",
        "hovertemplate": "%{y:.1f} °C",
        "x": [],
        "y": [],
    }


def _label(localiser: Localiser, point: str) -> str:
    if point == "outdoor":
        return localiser.text("室外温度")
    labelled = point_named(Measurement.STATION, point)
    return localiser.pick(labelled.label_zh, labelled.label_en)


def _layout(localiser: Localiser) -> dict[str, Any]:
    grid = {
        "gridcolor": "#dfe3e6",
        "zeroline": False,
        "linecolor": "#98a1a8",
        "ticks": "outside",
        "tickcolor": "#98a1a8",
    }
    return {
        "template": "none",
        "font": {"family": _FONT, "size": 13, "color": "#1c2126"},
        "paper_bgcolor": "#f7f8f8",
        "plot_bgcolor": "#f7f8f8",
        "margin": {"l": 62, "r": 62, "t": 44, "b": 40},
        "hovermode": "x unified",
        "uirevision": "keep",
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "xaxis": grid | {"type": "date", "hoverformat": "%m-%d %H:%M"},
        "yaxis": grid | {"title": {"text": localiser.text("二次网 °C")}, "domain": [0.06, 1]},
        "yaxis2": {
            "title": {"text": localiser.text("室外 °C")},
            "overlaying": "y",
            "side": "right",
            "tickmode": "auto",
            "showgrid": False,
            "zeroline": False,
        },
        "shapes": [],
        "annotations": [],
    }


def _chart_locale(localiser: Localiser) -> dict[str, Any]:
    """Return a locale for the chart library: its words, and dates without names of months."""
    months = [f"{month}月" for month in range(1, 13)]
    weekdays = ["周日", "周一", "周二", "周三", "周四", "周五", "周六"]
    return {
        "moduleType": "locale",
        "name": "zh-CN",
        "dictionary": {english: localiser.text(source) for english, source in _MODEBAR.items()},
        "format": {
            "days": weekdays,
            "shortDays": weekdays,
            "months": months,
            "shortMonths": months,
            "date": "%Y-%m-%d",
            "dayMonth": "%m-%d",
            "dayMonthYear": "%Y-%m-%d",
            "dayMonthYearHour": "%m-%d %H:%M",
        },
    }
