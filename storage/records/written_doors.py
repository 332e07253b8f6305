"""How people write buildings, units and rooms: Chinese numerals, 号楼, 栋, #, 单元, 门, 室; made into ``12-3-301``.

Pure. What does not live here: words of places and people (`storage.records.search_keys`).
"""

import re

__all__ = ["numerals_as_digits", "signs_as_dashes"]

_DIGITS = {"零": 0, "〇": 0, "幺": 1, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7}
_DIGITS |= {"八": 8, "九": 9}
_TENS = {"十": 10, "百": 100}
_NUMERAL = "".join((*_DIGITS, *_TENS))
# Only before a word that counts doors: 五一小区, 八一路 and 三里屯 are names.
_COUNTED = re.compile(rf"[{_NUMERAL}]+(?=号|栋|幢|座|单元|门|室|户|楼|层|期)")
_AFTER_DOOR = re.compile(rf"(?<=-)[{''.join(_DIGITS)}]{{3,4}}(?![\u3400-\u9fff])")
_STREET_NUMBER = re.compile(r"(?<=[街路道巷])\d+(?:-\d+)?号(?!楼|院)")


def numerals_as_digits(text: str) -> str:
    """Return a text with the Chinese numerals that count doors as digits: ``十二号楼`` as ``12号楼``."""
    return _COUNTED.sub(lambda found: str(_value_of(found.group())), text)


def signs_as_dashes(text: str) -> str:
    """Return a text, folded, with doors as ``building-unit-room`` and everything behind a room left apart."""
    text = _STREET_NUMBER.sub(" ", text)
    text = numerals_as_digits(text)
    text = re.sub(r"(?<=\d)层", " ", re.sub(r"\d+层(?=\d{3,})", "", text))
    text = re.sub(r"(?<=[0-9a-z])(号楼|号院|栋楼|栋|幢|座|#楼|#)", "-", text)
    text = re.sub(r"(?<=\d)单元", "-", text)
    text = re.sub(r"(?<!\d)(\d{1,2})门(?!牌)", r"\1-", text)
    text = _AFTER_DOOR.sub(lambda found: "".join(str(_DIGITS[letter]) for letter in found.group()), text)
    return re.sub(r"(?<=\d)(室|号|户|门)", " ", text)


def _value_of(numeral: str) -> int | str:
    """Return what a numeral says: 十二 is 12, 一百零一 is 101, 一零一 and 三〇二 are read digit by digit."""
    if not any(letter in _TENS for letter in numeral):
        return "".join(str(_DIGITS[letter]) for letter in numeral)
    total, digit = 0, 0
    for letter in numeral:
        if letter in _TENS:
            total += max(digit, 1) * _TENS[letter]
            digit = 0
        else:
            digit = _DIGITS[letter]
    return total + digit
