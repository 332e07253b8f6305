"""Where people are led, and that nobody is led elsewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.web.navigation import entries_for, landing_page, safe_return_path
from dashboard.web.security.viewer import Role


@pytest.mark.parametrize(
    ("role", "page"),
    [
        (Role.ADMIN, "/overview"),
        (Role.DISPATCHER, "/overview"),
        (Role.WALL, "/overview"),
        (Role.REGULATOR, "/overview"),
        (Role.HOTLINE, "/hotline"),
        (Role.RESIDENT, "/my"),
        (Role.WELFARE, "/account"),
    ],
)
def test_each_role_starts_where_its_work_is(role: Role, page: str) -> None:
    assert landing_page({role}) == page


def test_a_resident_is_shown_nothing_but_home() -> None:
    assert [entry.path for entry in entries_for({"resident"})] == ["/my"]


def test_letters_that_go_somewhere_are_unique() -> None:
    keys = [entry.key for entry in entries_for({"admin", "resident"})]
    assert len(keys) == len(set(keys)) == 8


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/a\\b",
        "/\t/evil.example",
        "",
        None,
        "my",
        "javascript:x",
    ],
)
def test_an_address_elsewhere_is_refused(wanted: str | None) -> None:
    assert safe_return_path(wanted, otherwise="/overview") == "/overview"


@given(st.text(max_size=40))
def test_whatever_is_asked_stays_on_this_site(wanted: str) -> None:
    path = safe_return_path(wanted, otherwise="/")
    assert path.startswith("/") and not path.startswith(("//", "/\\")) and "\n" not in path


def test_a_path_with_its_query_is_kept() -> None:
    assert safe_return_path("/alarms?tab=history", otherwise="/") == "/alarms?tab=history"
