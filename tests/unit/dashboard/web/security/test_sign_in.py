"""Log-in, sessions, tokens and their ends, over HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import SecretStr

from config.settings.tree import WebSettings
from dashboard.overview.view import OverviewView
from dashboard.web.security.accounts import Accounts, MissingSecretError, hash_secret
from dashboard.web.security.passwords import PasswordVerifier, hash_password
from tests.support.dashboard_house import PASSWORD, House, open_house, token_of
from tests.support.quick_hashing import quick_verifier


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path, web={"session_idle_s": 3600, "session_absolute_s": 7200}) as opened:
        yield opened


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that tests only look at."""
    with open_house(tmp_path_factory.mktemp("calm")) as opened:
        yield opened


def test_a_session_cookie_is_opaque_and_kept_from_scripts_and_other_sites(house: House) -> None:
    answer = house.browser().post("/api/v1/login", json={"username": "hotline", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("nuanliu=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    token = answer.cookies["nuanliu"]
    assert house.records.people.session(token) is None
    assert house.records.people.session(hash_secret(token)) is not None


def test_wrong_password_unknown_user_and_disabled_user_get_the_same_answer(house: House) -> None:
    house.records.people.set_disabled("wall", True)
    tries = [("hotline", "wrong"), ("nobody-here", PASSWORD), ("wall", PASSWORD)]
    answers = [
        house.browser().post("/api/v1/login", json={"username": name, "password": word})
        for name, word in tries
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert all("set-cookie" not in answer.headers for answer in answers)


def test_a_session_ends_when_idle_and_in_any_case(house: House) -> None:
    client, _ = house.signed_in("hotline")
    for _ in range(3):
        house.real_clock.advance(timedelta(minutes=39))
        assert client.get("/api/v1/me").status_code == 200
    house.real_clock.advance(timedelta(minutes=4))
    assert client.get("/api/v1/me").status_code == 401
    other, _ = house.signed_in("hotline")
    house.real_clock.advance(timedelta(minutes=61))
    assert other.get("/api/v1/me").status_code == 401


def test_a_short_idle_limit_does_not_end_a_session_in_use(tmp_path: Path) -> None:
    with open_house(tmp_path, web={"session_idle_s": 40}) as house:
        client, _ = house.signed_in("hotline")
        for _ in range(4):
            house.real_clock.advance(timedelta(seconds=30))
            assert client.get("/api/v1/me").status_code == 200
        house.real_clock.advance(timedelta(seconds=40))
        assert client.get("/api/v1/me").status_code == 401


def test_time_of_the_data_does_not_end_sessions(house: House) -> None:
    client, _ = house.signed_in("hotline")
    house.clock.advance(timedelta(days=30))
    assert client.get("/api/v1/me").status_code == 200


def test_log_out_ends_the_session_on_the_server(house: House) -> None:
    client, token = house.signed_in("hotline")
    cookie = client.cookies["nuanliu"]
    assert client.post("/api/v1/logout", headers=token).status_code == 204
    answer = house.browser().get("/api/v1/me", headers={"cookie": f"nuanliu={cookie}"})
    assert answer.status_code == 401


def test_a_disabled_user_is_out_at_once_by_cookie_and_by_token(house: House) -> None:
    client, _ = house.signed_in("hotline")
    house.records.people.set_disabled("hotline", True)
    assert client.get("/api/v1/me").status_code == 401
    assert house.client("hotline").get("/api/v1/me").status_code == 401


def test_a_token_that_is_over_opens_nothing(house: House) -> None:
    end = house.real_clock.now() + timedelta(hours=1)
    house.records.people.add_token("short", hash_secret("short-token"), "hotline", end)
    bearer = {"authorization": "Bearer short-token"}
    assert house.browser().get("/api/v1/me", headers=bearer).status_code == 200
    house.real_clock.advance(timedelta(hours=1))
    assert house.browser().get("/api/v1/me", headers=bearer).status_code == 401


@pytest.mark.parametrize("header", ["Bearer", "Basic aG90bGluZTp4", "Bearer wrong"])
def test_a_bad_authorization_header_is_not_mended_by_a_cookie(calm: House, header: str) -> None:
    client, _ = calm.signed_in("hotline")
    assert client.get("/api/v1/me", headers={"authorization": header}).status_code == 401


class TestCrossSite:
    """Unsafe requests with a cookie."""

    def test_need_the_token(self, house: House) -> None:
        client, token = house.signed_in("dispatcher")
        house.raise_alarm()
        path = "/api/v1/alarms/a1/comment"
        assert client.post(path, json={"text": "seen"}).status_code == 403
        assert client.post(path, json={"text": "seen"}, headers={"X-CSRF-Token": "0" * 64}).status_code == 403
        assert client.post(path, json={"text": "seen"}, headers=token).status_code == 200

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
        ],
    )
    def test_are_refused_from_another_site_even_with_the_token(
        self, house: House, headers: dict[str, str]
    ) -> None:
        client, token = house.signed_in("dispatcher")
        house.raise_alarm()
        answer = client.post("/api/v1/alarms/a1/comment", json={"text": "x"}, headers=token | headers)
        assert answer.status_code == 403
        assert answer.json()["code"] == "cross_site"

    def test_pass_from_our_own_origin(self, house: House) -> None:
        client, token = house.signed_in("dispatcher")
        house.raise_alarm()
        own = {"Origin": house.url, "Sec-Fetch-Site": "same-origin"}
        answer = client.post("/api/v1/alarms/a1/comment", json={"text": "x"}, headers=token | own)
        assert answer.status_code == 200

    def test_the_token_of_another_session_does_not_fit(self, house: House) -> None:
        _, foreign = house.signed_in("hotline")
        client, _ = house.signed_in("dispatcher")
        house.raise_alarm()
        answer = client.post("/api/v1/alarms/a1/comment", json={"text": "x"}, headers=foreign)
        assert answer.status_code == 403

    def test_log_in_from_another_site_is_refused(self, house: House) -> None:
        answer = house.browser().post(
            "/api/v1/login",
            json={"username": "hotline", "password": PASSWORD},
            headers={"Origin": "https://evil.example"},
        )
        assert answer.status_code == 403


def test_failures_are_throttled_alike_for_known_and_unknown_accounts(tmp_path: Path) -> None:
    with open_house(tmp_path, web={"login_attempts_per_minute": 3}) as house:
        for name in ("hotline", "nobody-here"):
            statuses = [
                house.browser().post("/api/v1/login", json={"username": name, "password": "x"}).status_code
                for _ in range(4)
            ]
            assert statuses == [401, 401, 401, 429]
        right = house.browser().post("/api/v1/login", json={"username": "hotline", "password": PASSWORD})
        assert right.status_code == 429
        assert int(right.headers["retry-after"]) > 0


def test_a_stranger_locks_out_nobody_but_himself(tmp_path: Path) -> None:
    web = {"login_attempts_per_minute": 3, "trusted_proxies": ["127.0.0.1"]}
    with open_house(tmp_path, web=web) as house:

        def statuses(address: str, password: str, times: int) -> list[int]:
            form, headers = {"username": "dispatcher", "password": password}, {"x-forwarded-for": address}
            tries = (house.browser().post("/api/v1/login", json=form, headers=headers) for _ in range(times))
            return [answer.status_code for answer in tries]

        assert statuses("203.0.113.9", "x", 4) == [401, 401, 401, 429]
        assert statuses("203.0.113.9", PASSWORD, 1) == [429]
        assert statuses("198.51.100.7", PASSWORD, 1) == [200]


def test_who_signs_in_often_is_not_throttled(tmp_path: Path) -> None:
    with open_house(tmp_path, web={"login_attempts_per_minute": 1}) as house:
        for _ in range(8):
            house.signed_in("hotline")


def test_an_address_is_throttled_over_many_accounts(tmp_path: Path) -> None:
    with open_house(tmp_path, web={"login_attempts_per_minute": 2}) as house:
        statuses = [
            house.browser().post("/api/v1/login", json={"username": f"u{n}", "password": "x"}).status_code
            for n in range(7)
        ]
        assert statuses == [401] * 6 + [429]


def test_passwords_are_hashed_with_the_recommended_effort_and_unknown_users_cost_the_same() -> None:
    stored = hash_password("right")
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    asked: list[str] = []
    hasher = PasswordHash((Noting(asked),))
    verifier = PasswordVerifier(hasher=hasher)
    assert not verifier.verify("anything", None)
    assert verifier.verify("right", stored)
    assert not verifier.verify("wrong", stored)
    assert [one.split("$")[3] for one in asked] == ["m=65536,t=3,p=4"] * 3


class Noting(Argon2Hasher):
    """The usual hasher, noting which hashes it was asked to compare."""

    def __init__(self, asked: list[str]) -> None:
        super().__init__()
        self._asked = asked

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:
        self._asked.append(str(hash))
        return super().verify(password, hash)


def test_a_missing_or_short_secret_refuses_to_start_outside_the_demo(house: House) -> None:
    def open_accounts(settings: WebSettings) -> Accounts:
        return Accounts(
            people=house.records.people,
            audit=house.records.audit,
            settings=settings,
            clock=house.real_clock,
            verifier=quick_verifier(),
        )

    for secret in (None, SecretStr("short")):
        settings = WebSettings(cookie_secure=True, secret=secret)
        with pytest.raises(MissingSecretError, match="NUANLIU_WEB__SECRET"):
            open_accounts(settings)
    long_enough = WebSettings(cookie_secure=True, secret=SecretStr("s" * 32))
    assert open_accounts(long_enough).cookie_secure


def test_log_ins_are_audited_without_the_password(house: House) -> None:
    house.browser().post("/api/v1/login", json={"username": "hotline", "password": "hunter2-secret"})
    house.signed_in("hotline")
    actions = [entry.action for entry in house.records.audit.entries(limit=10)]
    assert actions[:2] == ["login", "login.refused"]
    assert "hunter2" not in repr(house.records.audit.entries(limit=10))
    assert house.records.audit.verify_chain() >= 2


@pytest.mark.parametrize(
    "path", ["/api/v1/overview", "/api/v1/nothing", "/healthz", "/login", "/nothing", "/api/docs"]
)
def test_every_answer_carries_the_security_headers(calm: House, path: str) -> None:
    headers = calm.client("dispatcher").get(path).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe-eval" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_problems_are_rfc_9457_and_show_no_trace(calm: House) -> None:
    answer = calm.client("dispatcher").get("/api/v1/stations/none")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() | {"code": ""} == {
        "type": "urn:nuanliu:problem:not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "Nothing matches the given URI",
        "instance": "/api/v1/stations/none",
        "code": "",
    }


def test_a_crash_is_answered_without_its_trace(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(house.app.state.services[OverviewView], "overview", crash)
    answer = house.client("dispatcher").get("/api/v1/overview")
    assert answer.status_code == 500
    assert answer.json()["code"] == "failed"
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_huge_body_is_refused(calm: House) -> None:
    answer = calm.client("dispatcher").post(
        "/api/v1/alarms/a1/comment", content=b'{"text":"' + b"x" * 2_000_000
    )
    assert answer.status_code == 413


def test_tokens_of_the_tests_are_kept_only_as_hashes(house: House) -> None:
    assert house.records.people.token(token_of("hotline")) is None


@pytest.mark.parametrize(("path", "body"), [("/login", "data"), ("/api/v1/login", "json")])
def test_page_and_program_sign_in_from_the_address_that_our_proxy_names(
    tmp_path: Path, path: str, body: str
) -> None:
    with open_house(tmp_path, web={"trusted_proxies": ["127.0.0.1"]}) as house:
        form = {"username": "hotline", "password": PASSWORD}
        house.browser().request("POST", path, headers={"x-forwarded-for": "203.0.113.9"}, **{body: form})
        (entry,) = house.records.audit.entries(limit=10)
    assert (entry.action, entry.ip) == ("login", "203.0.113.9")
