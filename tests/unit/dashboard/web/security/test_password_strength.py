"""Passwords that are guessed first are refused; long ones of plain words are not."""

import pytest

from dashboard.web.security.password_strength import weakness_of


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "123456789012",
        "987654321098",
        "qwertyuiopas",
        "Password1234",
        "admin12345678",
        "nuanliu123456",
        "dispatcher-1234",
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    assert weakness_of(password, username="dispatcher")


@pytest.mark.parametrize(
    "password",
    [
        "three cold winters",
        "four warm winters",
        "三个寒冷的冬天和一个温暖的家",
        "Xk7-vQp2-Lm9t",
        "qwerty lamp winter snow",
    ],
)
def test_words_that_do_not_belong_together_are_taken(password: str) -> None:
    assert weakness_of(password, username="dispatcher") == ""
