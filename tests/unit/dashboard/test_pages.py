"""Every page, in both languages: it renders, it speaks one language, it is whole for a keyboard and a screen reader."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import pytest

from dashboard.homes.models import Verdict
from tests.support import page_models as models
from tests.support.preview_pages import FakeAnswers, page_client, preview_app

PAGES = {
    "/login": "",
    "/overview": "dispatcher",
    "/stations": "dispatcher",
    "/stations?text=查无": "dispatcher",
    "/stations/st-003": "dispatcher",
    "/stations/st-007": "dispatcher",
    "/stations/st-019": "dispatcher",
    "/alarms": "dispatcher",
    "/alarms?tab=shelved": "dispatcher",
    "/alarms/al-1": "dispatcher",
    "/alarms?tab=open": "dispatcher",
    "/alarms/health": "dispatcher",
    "/buildings/b-3": "dispatcher",
    "/communities/c-1": "dispatcher",
    "/incidents": "dispatcher",
    "/incidents/in-1": "dispatcher",
    "/hotline": "hotline",
    "/hotline?q=查无": "hotline",
    "/hotline?q=查无 1234": "hotline",
    "/hotline/households/h-000123?q=zx": "hotline",
    "/tickets": "hotline",
    "/tickets/T-20260114-001": "hotline",
    "/my": "resident",
    "/account": "resident",
    "/no-such-page": "dispatcher",
}
LATIN_ALLOWED = re.compile(
    r"^(English|P[1-4]|K|km|CSV|Excel|ISA-18.2|MPa|kPa|GJ/h|m|m³/h|m²|Hz|h|A|B|C|a|s|t|n|g|j|k|o|i|Enter|Esc|"
    r"st-\d+|al-\d+|in-\d+|b-\d+|h-\d+|rs-\d+|T-[\d-]+|ST-\d+|t1s|t1r|p1s|p1r|g1|q1|t2s|t2r|p2s|p2r|g2|gmk|lt|vp|"
    r"t2s_sp|p2r_sp|run\d|flt\d|hz\d|t_out|pwr|admin|dispatcher|hotline|resident|wang|li|zhao|Asia/Shanghai)$"
)
"""Letters that may stand on a Chinese page: units, ids, symbols of points, keys, names of accounts."""
SEEN_ATTRIBUTES = (
    "title",
    "aria-label",
    "placeholder",
    "alt",
    "data-lagging",
    "data-lost",
    "data-empty",
    "data-failed",
)


class Reader(HTMLParser):
    """Collects what a person is given to read, and what keyboards and screen readers need."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.fields: list[str] = []
        self.tags: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        if tag in ("script", "style"):
            self._silent += 1
        self.texts += [given[name] or "" for name in SEEN_ATTRIBUTES if name in given]
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "label" and given.get("for"):
            self.labelled.add(str(given["for"]))
        if tag in ("input", "select", "textarea") and given.get("type") not in ("hidden", "radio"):
            self.fields.append(str(given.get("id", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.texts.append(data.strip())


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with page_client(preview_app()) as opened:
        yield opened


def get(client: httpx.Client, path: str, role: str, locale: str = "zh_CN") -> str:
    cookies = f"nuanliu_locale={locale}" + (f"; nuanliu={role}" if role else "")
    answer = client.get(path, headers={"cookie": cookies})
    assert answer.status_code == (404 if path == "/no-such-page" else 200), answer.text[:300]
    return answer.text


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


@pytest.mark.parametrize(("path", "role"), PAGES.items())
def test_a_chinese_page_shows_no_foreign_word(client: httpx.Client, path: str, role: str) -> None:
    found = set()
    for text in read(get(client, path, role)).texts:
        words = re.findall(r"[A-Za-z][A-Za-z0-9_./²³-]*[A-Za-z0-9²³]|[A-Za-z]", text.replace("{age}", ""))
        found |= {word for word in words if not LATIN_ALLOWED.match(word)}
    assert not found


@pytest.mark.parametrize(("path", "role"), PAGES.items())
def test_an_english_page_shows_chinese_only_where_the_data_are_chinese(
    client: httpx.Client, path: str, role: str
) -> None:
    data = ("中文", "查无", "团结小区", "号楼", "单元", "换热站", "张*", "卧室不热", "已通知检修到站", "°C")
    for text in read(get(client, path, role, "en")).texts:
        rest = text
        for known in data:
            rest = rest.replace(known, "")
        assert known_only(rest, text), text


def known_only(rest: str, text: str) -> bool:
    return not re.search(r"[\u4e00-\u9fff]", rest) or "卧室不热" in text


@pytest.mark.parametrize(("path", "role"), PAGES.items())
def test_a_page_is_whole_for_keyboards_and_screen_readers(client: httpx.Client, path: str, role: str) -> None:
    html = get(client, path, role)
    reader = read(html)
    assert len(reader.ids) == len(set(reader.ids)), [id for id in reader.ids if reader.ids.count(id) > 1]
    assert set(reader.fields) <= reader.labelled, set(reader.fields) - reader.labelled
    assert reader.tags.count("h1") == 1
    assert reader.tags.count("main") == 1
    assert '<html lang="zh-CN">' in html


@pytest.mark.parametrize(("path", "role"), PAGES.items())
def test_a_page_runs_no_script_of_its_own_and_asks_nobody_else(
    client: httpx.Client, path: str, role: str
) -> None:
    html = get(client, path, role)
    assert not re.search(r"<script(?![^>]*(src=|application/json))", html)
    assert not re.search(r"\son[a-z]+=", html)
    assert "hx-on" not in html
    assert not re.search(r"""(src|href|action|hx-get|hx-post)=["'](https?:)?//""", html)


def test_a_station_that_never_spoke_shows_dashes_with_the_reason_and_no_zero(client: httpx.Client) -> None:
    html = get(client, "/stations/st-019", "dispatcher")
    assert "从未上报" in html
    assert "未收到数据" in html
    assert not re.search(r"data-value>0", html)


def test_a_stale_value_is_hatched_with_its_age_and_a_bad_one_with_its_reason(client: httpx.Client) -> None:
    html = get(client, "/stations/st-003", "dispatcher")
    assert "陈旧，22 分钟前测得" in html
    assert "坏值：超出可能范围" in html
    assert 'data-point="primary_flow_m3_per_h" data-unit="m³/h" data-digits="1" data-state="stale"' in html


def test_a_broken_sensor_is_never_shown_as_a_temperature_to_a_resident() -> None:
    answers = FakeAnswers()
    answers.home = models.resident_home(verdict=Verdict.SENSOR_FAULT, incident=None)
    with page_client(preview_app(answers)) as client:
        html = get(client, "/my", "resident")
    assert "15.9" not in html.split("我的报修")[0].split("最近 24 小时")[0]
    assert "传感器故障，读数不可信。" in html
    assert "不是您家的室温" in html


def test_a_home_without_sensor_is_given_the_median_of_its_building_as_such() -> None:
    answers = FakeAnswers()
    missing = models.missing("room_temp_c", models.Measurement.ROOM)
    answers.home = models.resident_home(
        verdict=Verdict.NO_SENSOR, has_sensor=False, temperature=missing, incident=None, day_series=()
    )
    with page_client(preview_app(answers)) as client:
        html = get(client, "/my", "resident")
    assert "16.4" in html
    assert "这是本楼 6 户的中位数，不是您家的室温。" in html


def test_text_of_people_is_escaped_everywhere() -> None:
    evil = '<script>alert("x")</script>'
    answers = FakeAnswers()
    answers.household = models.card(
        name=evil, address=evil, tickets=[models.ticket(1, address=evil, description=evil)]
    )
    answers.home = models.resident_home(address=evil)
    answers.alarm_rows = [models.alarm_row(1, subject_name=models.both(evil, evil), shelve_reason=evil)]
    with page_client(preview_app(answers)) as client:
        for path, role in (
            ("/alarms", "dispatcher"),
            ("/hotline/households/h-1", "hotline"),
            ("/my", "resident"),
        ):
            html = get(client, path, role)
            assert "<script>alert" not in html
            assert "&lt;script&gt;" in html


def test_the_wall_and_the_maintenance_see_no_button_that_acts() -> None:
    answers = FakeAnswers()
    answers.alarm_rows = [models.alarm_row(1, actions=())]
    with page_client(preview_app(answers)) as client:
        html = get(client, "/alarms", "wall")
    assert 'data-actions=""' in html
    assert 'href="/hotline"' not in html


def test_who_sees_totals_only_is_not_told_that_there_are_no_alarms(client: httpx.Client) -> None:
    html = get(client, "/overview", "regulator")
    assert "没有紧急或高级告警" not in html
    assert 'href="/alarms' not in html and 'href="/stations' not in html
    assert "94.5" in html
    assert 'data-topics=""' in html
