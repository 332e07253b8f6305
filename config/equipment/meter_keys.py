"""AES keys of meters, one a meter, from the environment or a key file; never from settings or arguments.

Environment: ``METER_KEY_12345678=00112233445566778899AABBCCDDEEFF`` for one meter. The setting
``collector.meter_keys_file`` (without it ``METER_KEYS_FILE``) names a file of lines ``meter number, key`` (``#`` begins a
comment). What does not live here: the use of the keys (the decoders).
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from config.mistakes import Mistake, MistakesError

__all__ = ["FILE_VARIABLE", "KEY_VARIABLE", "MeterKeyError", "MeterKeys", "read_meter_keys"]

FILE_VARIABLE: Final = "METER_KEYS_FILE"
KEY_VARIABLE: Final = "METER_KEY_"
_LINE: Final = re.compile(r"\s*([\w.:-]+)\s*[,;=\s]\s*([0-9A-Fa-f]{32})\s*(?:#.*)?")


class MeterKeyError(MistakesError):
    """Keys or a key file are wrong; every mistake at once, with its place, never with the key."""


class MeterKeys:
    """Keys by meter number; `repr` shows how many, never which.

    Parameters
    ----------
    keys
        16 bytes by meter number.
    """

    __slots__ = ("_keys",)

    def __init__(self, keys: Mapping[str, bytes] | None = None) -> None:
        self._keys = {name.upper(): key for name, key in (keys or {}).items()}

    def __repr__(self) -> str:
        return f"<{len(self._keys)} meter keys>"

    def __len__(self) -> int:
        return len(self._keys)

    def of(self, meter: str) -> bytes | None:
        """Return the key of a meter, None when there is none."""
        return self._keys.get(meter.upper())


def read_meter_keys(environment: Mapping[str, str] | None = None, *, file: Path | None = None) -> MeterKeys:
    """Return the keys of the environment and of the key file; the environment goes first.

    Parameters
    ----------
    environment
        Environment variables; `os.environ` when None.
    file
        The key file of the settings; None takes the file that ``METER_KEYS_FILE`` names, and without that none.

    Raises
    ------
    MeterKeyError
        When the file cannot be read, a line is no pair of number and key, or a key is not 32 hex digits.
    """
    env = os.environ if environment is None else environment
    mistakes: list[Mistake] = []
    named = file or (Path(env[FILE_VARIABLE]) if env.get(FILE_VARIABLE) else None)
    keys = {} if named is None else _file_keys(named, mistakes)
    for name, text in env.items():
        meter = name.removeprefix(KEY_VARIABLE)
        if meter == name or not meter:
            continue
        if re.fullmatch(r"[0-9A-Fa-f]{32}", text.strip()):
            keys[meter.upper()] = bytes.fromhex(text)
        else:
            place = f"environment {name}"
            mistakes.append(Mistake(place, "A key is 32 hex digits.", "Correct the variable."))
    if mistakes:
        raise MeterKeyError(mistakes)
    return MeterKeys(keys)


def _file_keys(path: Path, mistakes: list[Mistake]) -> dict[str, bytes]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        problem = f"The key file cannot be read: {error}."
        mistakes.append(Mistake(str(path), problem, "Check the path, its permissions, and that it is UTF-8."))
        return {}
    keys: dict[str, bytes] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            remedy = "Write a meter number, a comma and 32 hex digits."
            mistakes.append(Mistake(f"{path}:{number}", "This is no meter with its key.", remedy))
        elif found[1].upper() in keys:
            problem = f"Meter {found[1]} has a key already."
            mistakes.append(Mistake(f"{path}:{number}", problem, "Keep one of the two lines."))
        else:
            keys[found[1].upper()] = bytes.fromhex(found[2])
    return keys
