"""Log-in, log-out, languages, and where a stranger ends up."""

from collections.abc import Iterator

import httpx
import pytest

from tests.support.preview_pages import TOKEN, page_client, preview_app


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with page_client(preview_app()) as opened:
        yield opened


def test_a_stranger_is_led_to_the_log_in_and_back(client: httpx.Client) -> None:
    answer = client.get("/alarms?tab=history")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Falarms%3Ftab%3Dhistory"


def test_logging_in_sets_a_session_cookie_and_goes_where_the_person_wanted(client: httpx.Client) -> None:
    form = {"username": "dispatcher", "password": "preview", "next": "/alarms"}
    answer = client.post("/login", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/alarms")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie


def test_a_log_in_never_leads_to_another_site(client: httpx.Client) -> None:
    form = {"username": "resident", "password": "preview", "next": "//evil.example/my"}
    assert client.post("/login", data=form).headers["location"] == "/my"


def test_a_wrong_password_is_told_in_the_reader_s_language_without_a_cookie(client: httpx.Client) -> None:
    answer = client.post(
        "/login", data={"username": "x", "password": "no"}, headers={"cookie": "nuanliu_locale=en"}
    )
    assert answer.status_code == 401
    assert "User name or password is wrong." in answer.text
    assert "set-cookie" not in answer.headers


def test_a_log_in_posted_by_another_site_is_refused(client: httpx.Client) -> None:
    form = {"username": "dispatcher", "password": "preview"}
    assert client.post("/login", data=form, headers={"origin": "https://evil.example"}).status_code == 403


def test_logging_out_needs_the_token_and_takes_the_cookie_away(client: httpx.Client) -> None:
    session = {"cookie": "nuanliu=dispatcher"}
    assert client.post("/logout", headers=session).status_code == 403
    answer = client.post("/logout", data={"csrf_token": TOKEN}, headers=session)
    assert answer.headers["location"] == "/login"
    assert 'nuanliu=""' in answer.headers["set-cookie"]


def test_the_language_switch_returns_to_the_page_and_stays(client: httpx.Client) -> None:
    answer = client.get("/language/en?next=/login")
    assert answer.headers["location"] == "/login"
    assert "nuanliu_locale=en" in answer.headers["set-cookie"]
    assert 'lang="en"' in client.get("/login").text
    assert client.get("/language/xx").status_code == 404
    assert client.get("/language/en?next=https://evil.example").headers["location"] == "/"


@pytest.mark.parametrize(
    ("role", "path"), [("resident", "/overview"), ("hotline", "/my"), ("regulator", "/hotline")]
)
def test_a_page_of_another_role_is_refused_in_plain_words(client: httpx.Client, role: str, path: str) -> None:
    answer = client.get(path, headers={"cookie": f"nuanliu={role}"})
    assert answer.status_code == 403
    assert "没有权限" in answer.text
    assert "Traceback" not in answer.text


def test_the_root_leads_each_person_to_their_first_page(client: httpx.Client) -> None:
    assert client.get("/").headers["location"] == "/login"
    assert client.get("/", headers={"cookie": "nuanliu=hotline"}).headers["location"] == "/hotline"
