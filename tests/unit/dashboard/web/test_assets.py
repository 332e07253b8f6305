"""Files the browser loads: all ours, unchanged where foreign, kept for a year, small; and colours that can be read."""

import gzip
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dashboard.web.assets import STATIC_FOLDER, asset_url, assets, fingerprint
from tests.support.preview_pages import page_client, preview_app

CSS = (STATIC_FOLDER / "css" / "base.css").read_text(encoding="utf-8")
DESK = ("js/desk.js", "js/live.js", "js/keyboard.js", "js/refresh.js", "vendor/htmx.min.js")


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with page_client(preview_app()) as opened:
        yield opened


def test_foreign_files_are_those_that_were_taken() -> None:
    sources = (STATIC_FOLDER / "vendor" / "SOURCES.md").read_text(encoding="utf-8")
    named = dict(re.findall(r"\| (\S+\.js) \|.*\| ([0-9a-f]{64}) \|", sources))
    present = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in _vendored()}
    assert present == named
    assert len(named) == 2


def _vendored() -> list[Path]:
    return sorted((STATIC_FOLDER / "vendor").glob("*.js"))


def test_a_file_is_kept_for_a_year_under_its_fingerprint_and_comes_compressed(client: httpx.Client) -> None:
    answer = client.get(asset_url("css/base.css"))
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.text == CSS
    plain = client.get(asset_url("css/base.css"), headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers


def test_an_address_of_an_older_release_still_works_but_is_not_kept(client: httpx.Client) -> None:
    answer = client.get("/assets/000000000000/css/base.css")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["..%2Fapp.py", "vendor/SOURCES.md", "js/", "nothing.js", "%2e%2e/app.py"])
def test_nothing_but_the_listed_files_is_sent(client: httpx.Client, name: str) -> None:
    assert client.get(f"/assets/{fingerprint()}/{name}").status_code == 404


def test_a_page_cannot_name_a_file_that_is_not_there() -> None:
    with pytest.raises(KeyError):
        asset_url("js/missing.js")


def test_every_module_that_a_script_imports_is_there() -> None:
    for path in (STATIC_FOLDER / "js").glob("*.js"):
        for wanted in re.findall(r'from "(\./[^"]+)"|import "(\./[^"]+)"', path.read_text(encoding="utf-8")):
            assert (path.parent / (wanted[0] or wanted[1])).exists(), (path.name, wanted)


def test_our_scripts_make_no_code_from_text_and_name_no_other_host() -> None:
    for path in (STATIC_FOLDER / "js").glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\beval\(|new Function|setTimeout\(\s*[\"']", text), path.name
        assert not re.search(r"https?://", text), path.name


def test_scripts_stay_within_their_budgets() -> None:
    compressed = {name: len(asset.compressed) for name, asset in assets().items()}
    desk = sum(compressed[name] for name in DESK)
    assert compressed["js/resident.js"] + compressed["js/live.js"] <= 20_000
    assert desk + max(compressed[f"js/{name}.js"] for name in ("overview", "alarms", "hotline")) <= 60_000
    assert desk + compressed["js/station.js"] + compressed["vendor/plotly-cartesian.min.js"] <= 580_000


def test_the_resident_s_page_weighs_less_than_its_budget(client: httpx.Client) -> None:
    page = client.get("/my", headers={"cookie": "nuanliu=resident"})
    files = [*re.findall(r'(?:href|src)="/assets/[0-9a-f]+/([^"]+)"', page.text), "js/live.js"]
    total = len(gzip.compress(page.content)) + sum(len(assets()[name].compressed) for name in set(files))
    assert total <= 60_000, files
    assert not [name for name in files if "vendor" in name]


def colour(name: str) -> tuple[float, float, float]:
    found = re.search(rf"--{name}: #([0-9a-f]{{6}});", CSS)
    assert found, name
    red, green, blue = (int(found[1][index : index + 2], 16) / 255 for index in (0, 2, 4))
    return red, green, blue


def luminance(rgb: tuple[float, float, float]) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(front: str, back: str) -> float:
    """Contrast of two colours of base.css; WCAG 2.2, 1.4.3."""
    light, dark = sorted((luminance(colour(front)), luminance(colour(back))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("back", ["ground", "panel", "raised"])
@pytest.mark.parametrize("front", ["text", "text-soft", "link", "stale-ink", "cold"])
def test_text_can_be_read_on_every_ground(front: str, back: str) -> None:
    assert contrast(front, back) >= 4.5


@pytest.mark.parametrize(
    ("front", "back"),
    [
        ("head-text", "head"),
        ("accent-text", "accent"),
        ("warning-text", "warning"),
        ("danger-text", "danger"),
        ("p1-text", "p1"),
        ("p2-text", "p2"),
        ("p3-text", "p3"),
        ("p4-text", "p4"),
    ],
)
def test_text_on_a_colour_can_be_read(front: str, back: str) -> None:
    assert contrast(front, back) >= 4.5


@pytest.mark.parametrize("back", ["ground", "panel", "raised"])
@pytest.mark.parametrize("front", ["focus", "line-strong", "p1", "p4"])
def test_what_marks_a_thing_stands_out(front: str, back: str) -> None:
    assert contrast(front, back) >= 3.0
