"""The clerk's search on its page."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from tests.support import page_models as models
from tests.support.preview_pages import FakeAnswers, page_client, preview_app

EVIL = '=HYPERLINK("http://evil","x")'


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    evil = replace(models.station_row(1), name=models.both(EVIL, EVIL))
    with page_client(preview_app(FakeAnswers(rows=[evil, *models.station_rows(5)]))) as opened:
        yield opened


def test_a_search_without_hits_says_which_word_fits_nothing(client: httpx.Client) -> None:
    html = client.get("/hotline/search?q=查无", headers={"cookie": "nuanliu=hotline"}).text
    assert "没有这样的姓名、小区或楼栋" in html
