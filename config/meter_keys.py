"""AES keys of meters, one a meter, from the environment or a key file; never from settings or arguments.

Environment: ``METER_KEY_12345678=00112233445566778899AABBCCDDEEFF`` for one meter, ``METER_KEYS_FILE`` names a file of
lines ``meter number, key`` (``#`` begins a comment). What does not live here: the use of the keys (the decoders).
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from heating.errors import HeatingError

__all__ = ["MeterKeyError", "MeterKeys", "read_meter_keys"]

FILE_VARIABLE: Final = "METER_KEYS_FILE"
KEY_VARIABLE: Final = "METER_KEY_"
_LINE: Final = re.compile(r"\s*([\w.:-]+)\s*[,;=\s]\s*([0-9A-Fa-f]{32})\s*(?:#.*)?")


class MeterKeyError(HeatingError):
    """A key or a key file is wrong; the text names the place, never the key."""


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


def read_meter_keys(environment: Mapping[str, str] | None = None) -> MeterKeys:
    """Return the keys of the environment and of the key file it names; the environment goes first.

    Raises
    ------
    MeterKeyError
        When the file cannot be read, or a key is not 32 hex digits.
    """
    env = os.environ if environment is None else environment
    keys = _file_keys(Path(env[FILE_VARIABLE])) if env.get(FILE_VARIABLE) else {}
    for name, text in env.items():
        meter = name.removeprefix(KEY_VARIABLE)
        if meter == name or not meter:
            continue
        if not re.fullmatch(r"[0-9A-Fa-f]{32}", text.strip()):
            raise MeterKeyError(f"environment {name}: a key is 32 hex digits")
        keys[meter.upper()] = bytes.fromhex(text)
    return MeterKeys(keys)


def _file_keys(path: Path) -> dict[str, bytes]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise MeterKeyError(f"{path}: the key file cannot be read: {error}") from error
    keys: dict[str, bytes] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise MeterKeyError(f"{path}:{number}: write a meter number, a comma and 32 hex digits")
        if found[1].upper() in keys:
            raise MeterKeyError(f"{path}:{number}: meter {found[1]} has a key already")
        keys[found[1].upper()] = bytes.fromhex(found[2])
    return keys
