"""Weight of the pages: bytes on the wire per page, requests a page, requests to other hosts, time to render.

The real routes and files over hand-made view models of a town with 200 stations; gzip at the server's level. The
budgets are those of the design: resident 60 KB in all, scripts 20 KB; other pages 60 KB of scripts, the chart page
580 KB; at most 15 requests a page, none to another host.
"""

import gzip
import re
import statistics
import time

import httpx

from benchmarks.harness import Goal, Reference, Result
from dashboard.web.assets import assets
from tests.support.page_models import station_rows
from tests.support.preview_pages import FakeAnswers, page_client, preview_app

_LEVEL = 5
"""Compression level of the application's middleware."""
_PAGES = {
    "resident": ("/my", "resident", 20_000),
    "login": ("/login", "", 0),
    "overview": ("/overview", "dispatcher", 60_000),
    "stations": ("/stations", "dispatcher", 60_000),
    "alarms": ("/alarms", "dispatcher", 60_000),
    "alarm_health": ("/alarms/health", "dispatcher", 60_000),
    "incident": ("/incidents/in-1", "dispatcher", 60_000),
    "facade": ("/buildings/b-3", "dispatcher", 60_000),
    "community": ("/communities/c-1", "dispatcher", 60_000),
    "hotline_card": ("/hotline/households/h-1", "hotline", 60_000),
    "station": ("/stations/st-003", "dispatcher", 580_000),
}
"""Address, role and budget of scripts [bytes] by page."""
_MOST_REQUESTS = 15
_RENDERS = 20


def run() -> list[Result]:
    """Weigh every page and time the two that are rendered most."""
    answers = FakeAnswers(rows=station_rows(200))
    results: list[Result] = []
    with page_client(preview_app(answers)) as client:
        for name, (path, role, script_budget) in _PAGES.items():
            page = _get(client, path, role)
            results += _weights(name, page.text, script_budget)
        baseline = _render_ms(client, "/account", "dispatcher")
        for name in ("overview", "hotline_card", "resident"):
            path, role, _ = _PAGES[name]
            reference = Reference(name="account page", value=baseline)
            value = _render_ms(client, path, role)
            results.append(
                Result(
                    name=f"pages.{name}.render",
                    value=value,
                    unit="ms",
                    reference=reference,
                    goal=Goal(at_most=120),
                )
            )
    return results


def _get(client: httpx.Client, path: str, role: str) -> httpx.Response:
    answer = client.get(path, headers={"cookie": f"nuanliu={role}"} if role else {})
    answer.raise_for_status()
    return answer


def _weights(name: str, html: str, script_budget: int) -> list[Result]:
    files = _files_of(html)
    scripts = sum(len(assets()[file].compressed) for file in files if file.endswith(".js"))
    others = sum(len(assets()[file].compressed) for file in files if not file.endswith(".js"))
    page = len(gzip.compress(html.encode(), _LEVEL))
    total_goal = Goal(at_most=60_000) if name == "resident" else None
    foreign = len(re.findall(r"""(?:src|href|action)=["'](?:https?:)?//""", html))
    return [
        Result(name=f"pages.{name}.html", value=page, unit="bytes gz"),
        Result(
            name=f"pages.{name}.scripts", value=scripts, unit="bytes gz", goal=Goal(at_most=script_budget)
        ),
        Result(name=f"pages.{name}.total", value=page + scripts + others, unit="bytes gz", goal=total_goal),
        Result(
            name=f"pages.{name}.requests",
            value=1 + len(files),
            unit="requests",
            goal=Goal(at_most=_MOST_REQUESTS),
        ),
        Result(name=f"pages.{name}.external_requests", value=foreign, unit="requests", goal=Goal(at_most=0)),
    ]


def _files_of(html: str) -> set[str]:
    """Return the files a page loads, with what its modules import and the chart library it asks for."""
    wanted = set(re.findall(r'(?:href|src|data-library)="/assets/[0-9a-f]+/([^"]+)"', html))
    todo = [file for file in wanted if file.startswith("js/")]
    while todo:
        text = assets()[todo.pop()].content.decode()
        imported = {f"js/{file}" for file in re.findall(r'(?:from|import) "\./([^"]+)"', text)}
        todo += sorted(imported - wanted)
        wanted |= imported
    return wanted


def _render_ms(client: httpx.Client, path: str, role: str) -> float:
    _get(client, path, role)
    times: list[float] = []
    for _ in range(_RENDERS):
        begun = time.perf_counter()
        _get(client, path, role)
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)
