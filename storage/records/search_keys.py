"""Keys by which homes are found: normal forms of names, pinyin, phones and doors, and the reading of a query.

Pure: the keys are stored by `storage.records.registry_write` and asked by `storage.records.household_search`.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from storage.records.written_doors import numerals_as_digits, signs_as_dashes

__all__ = [
    "Term",
    "building_number",
    "door_key",
    "normal_text",
    "phone_digits",
    "pinyin_of",
    "pinyin_of_person",
    "place_keys_of",
    "read_query",
    "room_key",
]

_SURNAMES = {
    "单": "shan",
    "曾": "zeng",
    "解": "xie",
    "仇": "qiu",
    "区": "ou",
    "查": "zha",
    "任": "ren",
    "朴": "piao",
    "盖": "ge",
    "翟": "zhai",
    "葛": "ge",
    "缪": "miao",
    "覃": "qin",
    "洗": "xian",
}
"""Characters that sound otherwise as a surname than elsewhere."""

_NOT_IN_KEYS = re.compile(r"[^0-9a-z\u3400-\u9fff\U00020000-\U0003ffff]+")
_BUILDING_NUMBER = re.compile(r"(?<![a-z])[a-z]?\d+[a-z]?(?![a-z])|\d+")
_ONLY_A_NUMBER = re.compile(r"[a-z]?\d+[a-z]?(号楼|号|栋|幢|座|楼)?")
_MOBILE_DIGITS = 11


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a query."""

    kind: str
    """word (place or person), digits (phone or room), door (building-unit-room, possibly its beginning)."""
    text: str


def normal_text(text: str) -> str:
    """Return letters, digits and ideographs only, width and case folded."""
    return _NOT_IN_KEYS.sub("", unicodedata.normalize("NFKC", text).casefold())


def phone_digits(phone: str) -> str:
    """Return the digits of a phone number, without the country code of mainland China."""
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", phone))
    for code in ("0086", "86"):
        if digits.startswith(code) and len(digits) == len(code) + _MOBILE_DIGITS:
            return digits[len(code) :]
    return digits


def building_number(name: str) -> str:
    """Return the number in a building's name (``12号楼`` and ``十二号楼`` give ``12``), the whole normal name without one."""
    normal = numerals_as_digits(normal_text(name))
    numbers = _BUILDING_NUMBER.findall(normal)
    return numbers[-1] if numbers else normal


def door_key(building_name: str, unit: int, room: str) -> str:
    """Return building, unit and room as people write them: ``12-3-301``."""
    return f"{building_number(building_name)}-{unit}-{normal_text(room).removesuffix('室')}"


def room_key(unit: int, room: str) -> str:
    """Return room and unit, for homes asked for without a building: ``301-3``."""
    return f"{normal_text(room).removesuffix('室')}-{unit}"


def pinyin_of(name: str) -> tuple[str, str]:
    """Return full pinyin and initials of a place, for example ``("jinxiuhuayuan", "jxhy")``."""
    normal = normal_text(name)
    return "".join(_syllables(normal)), "".join(_syllables(normal, only_first_letters=True))


def pinyin_of_person(name: str) -> tuple[str, str]:
    """Return full pinyin and initials of a person; surnames of two sounds are read as surnames."""
    syllables = [
        _SURNAMES[letter] if place == 0 and letter in _SURNAMES else _syllable(letter)
        for place, letter in enumerate(normal_text(name))
    ]
    return "".join(syllables), "".join(syllable[0] for syllable in syllables)


def place_keys_of(name: str, name_en: str = "") -> set[str]:
    """Return the keys of a place; none for a building that is only a number (its door key finds it)."""
    if _ONLY_A_NUMBER.fullmatch(numerals_as_digits(normal_text(name))):
        return set()
    return {key for key in (normal_text(name), *pinyin_of(name), normal_text(name_en)) if key}


def read_query(query: str) -> list[Term]:
    """Return the parts of what a clerk typed, for example ``锦绣12号楼3单元301`` or ``jx 12-3-301`` or ``0471``."""
    text = unicodedata.normalize("NFKC", query).casefold().replace("—", "-").replace("–", "-")
    text = re.sub(r"(?<!\d)(?:\+|00)?86[\s-]*(?=1\d{10}(?!\d))", "", text)
    text = re.sub(r"(?<!\d)(1\d{2}) (\d{4}) (\d{4})(?!\d)", r"\1\2\3", text)
    text = signs_as_dashes(text)
    text = re.sub(r"-\s*(?=\d)", "-", text)
    terms: list[Term] = []
    for piece in re.split(r"[\s,;/、,。;]+", text):
        terms.extend(_terms_of(piece))
    return terms


# A phase of a community is part of its name: 蓝天苑2期.
_PHASE = r"\d{1,2}(?=期|区|组团|qi)"
_CHUNK = re.compile(
    rf"(?!{_PHASE})\+?(?:(?<![a-z])[a-z](?=\d))?\d[0-9a-z]*(?:-[0-9a-z]+)*-?|(?:[^0-9]|{_PHASE})+|\d+"
)


_PHASED = re.compile(_PHASE)


def _terms_of(piece: str) -> Iterator[Term]:
    for chunk in _CHUNK.findall(piece):
        digits = phone_digits(chunk)
        if not re.search(r"\d", chunk) or _PHASED.search(chunk):
            word = normal_text(chunk)
            if word:
                yield Term("word", word)
        elif re.fullmatch(r"[+\d]+", chunk) or (
            re.fullmatch(r"[\d-]+", chunk) and _looks_like_phone(chunk, digits)
        ):
            yield Term("digits", digits)
        else:
            yield Term("door", chunk.lstrip("+"))


def _looks_like_phone(chunk: str, digits: str) -> bool:
    if len(digits) == _MOBILE_DIGITS and digits.startswith("1"):
        return True
    return bool(re.fullmatch(r"0\d{2,3}-\d{7,8}", chunk))


@lru_cache(maxsize=30_000)
def _syllable(letter: str) -> str:
    return _syllables(letter)[0]


def _syllables(text: str, *, only_first_letters: bool = False) -> list[str]:
    # Imported here: its dictionary takes 57 MB and a third of a second, and only a process that writes a registry
    # makes keys; queries are read without it.
    from pypinyin import Style, lazy_pinyin

    return lazy_pinyin(text, style=Style.FIRST_LETTER if only_first_letters else Style.NORMAL)
