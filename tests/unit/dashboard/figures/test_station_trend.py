"""The chart of a station: no brand, no foreign host, the reader's language."""

import json

from dashboard.figures.station_trend import TREND_POINTS, trend_figure_json
from dashboard.readings.long_trends import RESOLUTIONS
from dashboard.web.languages import localiser_for

CHINESE = localiser_for("zh_CN", "Asia/Shanghai")
ENGLISH = localiser_for("en", "Asia/Shanghai")


def test_the_trend_sends_nothing_anywhere_and_shows_no_brand() -> None:
    figure = json.loads(trend_figure_json(CHINESE))
    assert figure["config"]["showSendToCloud"] is False
    assert figure["config"]["plotlyServerURL"] == ""
    assert figure["config"]["displaylogo"] is False
    assert "http" not in trend_figure_json(CHINESE)


def test_the_trend_joins_no_gaps_and_speaks_the_reader_s_language() -> None:
    for reader, name in ((CHINESE, "二次供温设定"), (ENGLISH, "Secondary supply setpoint")):
        figure = json.loads(trend_figure_json(reader))
        assert [trace["meta"] for trace in figure["traces"]] == list(TREND_POINTS)
        assert all(trace["connectgaps"] is False for trace in figure["traces"])
        assert figure["traces"][1]["name"] == name


def test_the_trend_has_words_for_everything_it_may_be_made_of() -> None:
    for reader, raw, five in (
        (CHINESE, "数据精度：原始读数。", "数据精度：5 分钟汇总。"),
        (ENGLISH, "Resolution: raw readings.", "Resolution: five-minute roll-ups."),
    ):
        words = json.loads(trend_figure_json(reader))["words"]["resolution"]
        assert set(words) == {"raw", *RESOLUTIONS.values()}
        assert (words["raw"], words["5m"]) == (raw, five)


def test_the_figure_cannot_end_the_element_it_stands_in() -> None:
    assert "<" not in trend_figure_json(CHINESE)
