"""Which passwords are refused: short ones, and those that a list of guesses begins with. No rule about kinds of signs.

After OWASP ASVS 5.0, V6.2: a minimum length, a comparison with common passwords and with the words of the case, and no
demand for digits or signs.
"""

import re

__all__ = ["MINIMUM_LENGTH", "weakness_of"]

MINIMUM_LENGTH = 12
"""Characters; ASVS asks for at least 8 and recommends 15 without a second factor."""
_FEWEST_SIGNS = 5
"""Different characters that a password must have."""
_COMMON = re.compile(
    r"(pass(word|w0rd)|qwert[yz]|1q2w3e4r|1qaz2wsx|zaq12wsx|asdfgh|iloveyou|letmein|welcome|admin(istrator)?|root|"
    r"changeme|nuanliu|woaini|mima|gongre|abc123|secret|test|user)"
)
"""Beginnings of the lists of guesses, and the words of this trade."""
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "0123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm")


def weakness_of(password: str, *, username: str = "") -> str:
    """Return why a password is refused, one sentence; empty for one that is taken."""
    if len(password) < MINIMUM_LENGTH:
        return f"the password needs at least {MINIMUM_LENGTH} characters"
    plain = password.casefold()
    if len(set(plain)) < _FEWEST_SIGNS or plain in (plain + plain)[1:-1]:
        return "the password repeats itself: take several words that do not belong together"
    # What is left without the words that are guessed first must still be long enough to guess.
    rest = _COMMON.sub("", plain)
    if username:
        rest = rest.replace(username.casefold(), "")
    rest = _without_rows(rest)
    if len(set(rest)) < _FEWEST_SIGNS:
        return "the password is one of those that are guessed first: take several words that do not belong together"
    return ""


def _without_rows(text: str) -> str:
    """Leave out runs of four and more along the alphabet, the digits or a row of keys, in either direction."""
    left = []
    place = 0
    while place < len(text):
        length = max(_run(text, place, row) for row in (*_ROWS, *(row[::-1] for row in _ROWS)))
        if length >= 4:
            place += length
        else:
            left.append(text[place])
            place += 1
    return "".join(left)


def _run(text: str, place: int, row: str) -> int:
    start = row.find(text[place])
    if start < 0:
        return 1
    length = 0
    while place + length < len(text) and text[place + length] == row[(start + length) % len(row)]:
        length += 1
    return max(length, 1)
