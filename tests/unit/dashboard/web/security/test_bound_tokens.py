"""A wall's token is good from its addresses only, opens the wall once by a link, and acts on nothing."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from dashboard.web.security.accounts import Accounts, hash_secret
from dashboard.web.security.bound_tokens import NOTED_EVERY
from tests.support.dashboard_house import House, open_house

HERE, ELSEWHERE = {"x-forwarded-for": "10.0.0.5"}, {"x-forwarded-for": "203.0.113.9"}
TOKEN = "token-on-the-wall-0123456789"
BEARER = {"authorization": f"Bearer {TOKEN}"}
LIFE = timedelta(days=30)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path, web={"trusted_proxies": ["127.0.0.1"]}) as opened:
        end = opened.real_clock.now() + LIFE
        opened.records.people.add_token("hall", hash_secret(TOKEN), "wall", end, ("10.0.0.0/24",))
        yield opened


def open_wall(house: House) -> tuple[httpx.Client, httpx.Response]:
    browser = house.browser()
    return browser, browser.get("/wall", params={"token": TOKEN}, headers=HERE)


def refusals(house: House) -> list[tuple[str, str, str | None]]:
    entries = house.records.audit.entries(action="token.refused", limit=10)
    return [(entry.who, entry.subject, entry.ip) for entry in entries]


def test_a_bound_token_is_good_from_its_addresses_only_and_the_audit_says_from_where_it_came(
    house: House,
) -> None:
    assert house.browser().get("/api/v1/overview", headers=BEARER | HERE).status_code == 200
    assert refusals(house) == []
    answer = house.browser().get("/api/v1/overview", headers=BEARER | ELSEWHERE)
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_needed")
    assert refusals(house) == [("wall", "token:hall", "203.0.113.9")]


def test_who_goes_on_from_elsewhere_fills_no_audit(house: House) -> None:
    for _ in range(3):
        assert house.browser().get("/api/v1/me", headers=BEARER | ELSEWHERE).status_code == 401
    assert len(refusals(house)) == 1
    house.real_clock.advance(NOTED_EVERY)
    assert house.browser().get("/api/v1/me", headers=BEARER | ELSEWHERE).status_code == 401
    assert len(refusals(house)) == 2


def test_a_header_that_no_trusted_proxy_sent_names_no_address(tmp_path: Path) -> None:
    with open_house(tmp_path) as house:
        house.records.people.add_token("hall", hash_secret(TOKEN), "wall", None, ("10.0.0.0/24",))
        assert house.browser().get("/api/v1/me", headers=BEARER | HERE).status_code == 401


def test_the_link_opens_the_page_and_its_stream_without_a_password(house: House) -> None:
    browser, answer = open_wall(house)
    assert (answer.status_code, answer.headers["location"]) == (303, "/overview")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and f"Max-Age={30 * 86_400}" in cookie
    assert TOKEN not in cookie
    assert browser.get("/overview", headers=HERE).status_code == 200
    with browser.stream("GET", "/api/v1/stream?topics=snapshot,alarms", headers=HERE) as stream:
        assert stream.status_code == 200
        assert next(stream.iter_lines())
    opened = house.records.audit.entries(action="wall.opened", limit=10)
    assert [(entry.subject, entry.ip) for entry in opened] == [("token:hall", "10.0.0.5")]


def test_the_link_works_once_and_its_own_browser_comes_in_again(house: House) -> None:
    browser, _ = open_wall(house)
    other = house.browser().get("/wall", params={"token": TOKEN}, headers=HERE)
    assert other.status_code == 401 and "set-cookie" not in other.headers
    assert house.browser().get("/api/v1/me", headers=BEARER | HERE).status_code == 401
    again = browser.get("/wall", params={"token": TOKEN}, headers=HERE)
    assert (again.status_code, again.headers["location"]) == (303, "/overview")


def test_neither_link_nor_cookie_is_good_from_elsewhere(house: House) -> None:
    link = house.browser().get("/wall", params={"token": TOKEN}, headers=ELSEWHERE)
    assert link.status_code == 401 and "set-cookie" not in link.headers
    browser, answer = open_wall(house)
    assert answer.status_code == 303
    assert browser.get("/api/v1/overview", headers=ELSEWHERE).status_code == 401
    assert browser.get("/api/v1/stream?topics=snapshot", headers=ELSEWHERE).status_code == 401
    assert browser.get("/api/v1/overview", headers=HERE).status_code == 200
    assert refusals(house)[0] == ("wall", "token:hall", "203.0.113.9")


def test_a_wall_outlives_idle_sessions_and_ends_with_its_token(house: House) -> None:
    browser, _ = open_wall(house)
    house.real_clock.advance(LIFE - timedelta(seconds=1))
    assert browser.get("/api/v1/me", headers=HERE).json()["roles"] == ["wall"]
    house.real_clock.advance(timedelta(seconds=1))
    assert browser.get("/api/v1/me", headers=HERE).status_code == 401


@pytest.mark.parametrize("ends", ["revoked", "user shut out", "signed out"])
def test_what_ends_the_token_ends_the_page(house: House, ends: str) -> None:
    browser, _ = open_wall(house)
    me = browser.get("/api/v1/me", headers=HERE).json()
    if ends == "revoked":
        house.records.people.remove_token("hall")
    elif ends == "user shut out":
        house.records.people.set_disabled("wall", True)
    else:
        token = {"X-CSRF-Token": me["csrf_token"]}
        secret = browser.cookies["nuanliu"]
        assert browser.post("/api/v1/logout", headers=HERE | token).status_code == 204
        browser.cookies.set("nuanliu", secret)
        assert house.records.people.tokens() and "hall" not in [
            one.name for one in house.records.people.tokens()
        ]
    assert browser.get("/api/v1/me", headers=HERE).status_code == 401


def test_the_open_stream_of_a_wall_goes_on_until_its_token_ends(house: House) -> None:
    browser, _ = open_wall(house)
    accounts = house.app.state.services[Accounts]
    wall = accounts.viewer_of_session(browser.cookies["nuanliu"], "10.0.0.5")
    assert wall is not None and accounts.still_signed_in(wall)
    house.records.people.remove_token("hall")
    assert not accounts.still_signed_in(wall)


def test_a_wall_acts_on_nothing_and_sees_no_home(house: House) -> None:
    house.raise_alarm()
    browser, _ = open_wall(house)
    token = {"X-CSRF-Token": browser.get("/api/v1/me", headers=HERE).json()["csrf_token"]}
    acknowledge = browser.post("/api/v1/alarms/a1/acknowledge", json={}, headers=HERE | token)
    assert acknowledge.status_code == 403
    assert browser.get("/api/v1/search?q=5678", headers=HERE).status_code == 403


@pytest.mark.parametrize(("user", "addresses"), [("dispatcher", ("10.0.0.0/24",)), ("wall", None)])
def test_no_other_token_opens_a_browser(house: House, user: str, addresses: tuple[str, ...] | None) -> None:
    house.records.people.add_token("script", hash_secret("script-token"), user, None, addresses)
    assert house.browser().get("/wall?token=script-token", headers=HERE).status_code == 401
    browser = house.browser()
    browser.cookies.set("nuanliu", "script-token")
    assert browser.get("/api/v1/me", headers=HERE).status_code == 401
