"""docs/api.md: each of its requests is answered by a whole dashboard, its codes and operations are all."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dashboard.web import problems
from tests.support.dashboard_house import OWN_HOME, House, open_house, token_of
from tests.support.golden import GoldenFiles
from tests.support.page_tables import DOCS, MISSING, Kept, table_of, with_fresh_tables
from tests.support.pages import blocks, reader_pages, spans

PAGES = [DOCS / "api.md", DOCS / "api.zh-CN.md"]
PAGE = PAGES[0].read_text(encoding="utf-8")
CURLS = [line for block in blocks(PAGE, "sh") for line in block.splitlines() if line.startswith("curl ")]
ROLE_OF_PATH = {"/api/v1/search": "hotline", "/api/v1/households": "hotline", "/api/v1/tickets": "hotline"}
"""Whose token a request needs, where it is not the dispatcher's."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("api-page")) as opened:
        opened.warm_station()
        opened.room(OWN_HOME, 17.0)
        opened.raise_alarm()
        yield opened


class Curl:
    """Reads a line of the page as curl does and sends it; what it does not know fails."""

    def __init__(self, line: str, *, url: str, token: str, csrf: str) -> None:
        told = line.replace("$URL", url).replace("$TOKEN", token).replace("$CSRF", csrf)
        words = iter(shlex.split(told)[1:])
        self.method, self.url, self.in_query, self.cookies = "", "", False, False
        self.headers: dict[str, str] = {}
        self.pairs: list[tuple[str, str]] = []
        self.body: bytes | None = None
        for word in words:
            self._take(word, words)

    def _take(self, word: str, words: Iterator[str]) -> None:
        match word:
            case "-sS" | "-sSN":
                pass
            case "-X":
                self.method = next(words)
            case "-G":
                self.in_query = True
            case "-H":
                name, _, value = next(words).partition(": ")
                self.headers[name] = value
            case "--json":
                self.body = next(words).encode()
                self.headers |= {"content-type": "application/json", "accept": "application/json"}
            case "--data-urlencode":
                name, _, value = next(words).partition("=")
                self.pairs.append((name, value))
            case "-b" | "-c":
                self.cookies = next(words) == "cookies.txt"
            case "--max-time":
                next(words)
            case _ if word.startswith("http"):
                self.url = word
            case _:
                raise AssertionError(f"no option of curl that this test knows: {word}")

    def send(self, client: httpx.Client) -> int:
        assert self.in_query or not self.pairs
        method = self.method or ("POST" if self.body is not None else "GET")
        with client.stream(
            method, self.url, headers=self.headers, content=self.body, params=self.pairs or None
        ) as answer:
            # Of a stream the head is enough: it never ends by itself.
            if "event-stream" not in answer.headers.get("content-type", ""):
                answer.read()
                assert answer.status_code < 300, answer.text
            return answer.status_code


def role_for(line: str) -> str:
    return next((role for path, role in ROLE_OF_PATH.items() if f"$URL{path}" in line), "dispatcher")


def test_each_request_of_the_page_is_answered(house: House) -> None:
    """In the order of the page, since what is acknowledged is shelved then."""
    assert len(CURLS) > 15
    browser = house.browser()
    csrf = ""
    for line in CURLS:
        request = Curl(line, url=house.url, token=token_of(role_for(line)), csrf=csrf)
        assert request.send(browser if request.cookies else house.client()) in (200, 201, 204), line
        if request.url.endswith("/me"):
            csrf = browser.get("/api/v1/me").json()["csrf_token"]


def test_a_request_without_its_token_is_refused_with_the_code_of_the_page(house: House) -> None:
    answer = house.client().get("/api/v1/overview")
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_needed")


def test_the_error_of_the_page_is_what_a_stranger_gets(house: House) -> None:
    (shown,) = (json.loads(block) for block in blocks(PAGE, "json"))
    assert house.client("dispatcher").get(shown["instance"]).json() == shown


def test_the_codes_of_the_page_are_those_of_the_answers() -> None:
    said = {
        code: int(status) for code, status in re.findall(r"^\| `(\w+)` \| (\d{3}) \|", PAGE, re.MULTILINE)
    }
    answered = {code: status for status, code in problems._STATUS.values()}
    assert said == answered | {"unavailable": 503, "failed": 500}


def test_addresses_that_pages_name_are_there(house: House) -> None:
    operations = house.client().get("/api/openapi.json").json()["paths"]
    known = {re.sub(r"{\w+}", "{}", place) for place in operations} | {"/api/openapi.json", "/api/docs"}
    strays = [
        f"{page.name}: {address}"
        for page in reader_pages()
        for span in spans(page.read_text(encoding="utf-8"))
        for address in re.findall(r"^(?:[A-Z]+ )?(/(?:api/|healthz|readyz|metrics)[\w/{}.-]*)", span)
        if re.sub(r"{\w+}", "{}", address) not in known
    ]
    assert strays == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_operations_of_the_page_are_those_of_the_document(
    path: Path, house: House, golden: GoldenFiles
) -> None:
    paths = house.client().get("/api/openapi.json").json()["paths"]

    def operations(kept: Kept) -> str:
        rows = []
        for place, methods in paths.items():
            for method, entry in methods.items():
                key = f"`{method.upper()} {place}`"
                english = entry["description"].partition("\n")[0].replace("|", "\\|")
                rows.append([key, english if path is PAGES[0] else kept.get(key, english)])
        return table_of("operation | what it does" if path is PAGES[0] else "操作 | 作用", rows)

    page = path.read_text(encoding="utf-8")
    fresh = with_fresh_tables(page, {"operations": operations})
    if golden.update:
        path.write_text(fresh, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == fresh, "run: ./run golden"
    assert f"| {MISSING} |" not in fresh
