"""Largest contentful paint in headless Chromium, median of 5 cold loads; what the browser asked for, and of whom.

The real routes and files over hand-made view models of a town with 200 stations, each load in a new browser context
with nothing kept. Goals are those of the design: resident 1.2 s, lists and hotline 1.5 s, charts 2.0 s; no request to
another host. Reference in the same run: the log-in page, the smallest there is.
"""

import statistics
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import BenchmarkUnavailable, Goal, Reference, Result
from tests.support.page_models import station_rows
from tests.support.preview_pages import FakeQueries, preview_app, serving

CHROMIUM = Path("/usr/bin/chromium")
LOADS = 5
_PAGES = {
    "resident": ("/my", "resident", (375, 812), 1200.0),
    "overview": ("/overview", "dispatcher", (1920, 1080), 1500.0),
    "stations": ("/stations", "dispatcher", (1366, 768), 1500.0),
    "alarms": ("/alarms", "dispatcher", (1366, 768), 1500.0),
    "hotline_card": ("/hotline/households/h-1", "hotline", (1366, 768), 1500.0),
    "station": ("/stations/st-003", "dispatcher", (1366, 768), 2000.0),
}
"""Address, role, window and goal [ms] by page."""
_LCP = """
() => new Promise((resolve) => {
  let last = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) last = entry.startTime; })
    .observe({ type: "largest-contentful-paint", buffered: true });
  setTimeout(() => resolve(last), 1200);
})
"""


@dataclass(frozen=True, slots=True)
class _Load:
    """One cold load."""

    lcp_ms: float
    requests: int
    external: int


def run() -> list[Result]:
    """Load each page and the log-in page."""
    try:
        from playwright.sync_api import Browser, sync_playwright
    except ImportError as error:
        raise BenchmarkUnavailable("playwright is not installed") from error
    if not CHROMIUM.exists():
        raise BenchmarkUnavailable(f"{CHROMIUM} is not there")

    def load(browser: Browser, url: str, path: str, role: str, window: tuple[int, int]) -> _Load:
        context = browser.new_context(viewport={"width": window[0], "height": window[1]})
        try:
            if role:
                context.add_cookies([{"name": "nuanliu", "value": role, "url": url}])
            page = context.new_page()
            asked: list[str] = []
            page.on("request", lambda request: asked.append(request.url))
            page.goto(url + path, wait_until="load")
            lcp_ms = float(page.evaluate(_LCP))
            return _Load(
                lcp_ms, len(asked), sum(not one.startswith((url, "data:", "blob:")) for one in asked)
            )
        finally:
            context.close()

    results: list[Result] = []
    with sync_playwright() as driver, serving(preview_app(FakeQueries(rows=station_rows(200)))) as url:
        browser = driver.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            plain = statistics.median(
                load(browser, url, "/login", "", (1366, 768)).lcp_ms for _ in range(LOADS)
            )
            for name, (path, role, window, goal_ms) in _PAGES.items():
                loads = [load(browser, url, path, role, window) for _ in range(LOADS)]
                results += _results(name, loads, goal_ms, Reference(name="log-in page", value=plain))
        finally:
            browser.close()
    return results


def _results(name: str, loads: list[_Load], goal_ms: float, reference: Reference) -> list[Result]:
    return [
        Result(
            name=f"paint.{name}.lcp",
            value=statistics.median(one.lcp_ms for one in loads),
            unit="ms",
            reference=reference,
            goal=Goal(at_most=goal_ms),
        ),
        Result(
            name=f"paint.{name}.requests",
            value=max(one.requests for one in loads),
            unit="requests",
            goal=Goal(at_most=15),
        ),
        Result(
            name=f"paint.{name}.external_requests",
            value=max(one.external for one in loads),
            unit="requests",
            goal=Goal(at_most=0),
        ),
    ]
