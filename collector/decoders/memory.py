"""What decoders learn and need again after a restart: units, datatypes, births, formats.

A decoder keeps what it learned itself and hands it to a `DecoderMemory`; after a restart it asks there. The file is
written by `FileDecoderMemory.flush` at most every few seconds, so the last moments before a crash may be missing: the
decoders treat what they recall as such, never as more than it is.
"""

from pathlib import Path
from time import monotonic
from typing import Any, Final, Protocol

import orjson
import structlog

from config.drafts import write_whole

__all__ = ["FILE_NAME", "DecoderMemory", "FileDecoderMemory", "NoDecoderMemory"]

FILE_NAME = "decoder-memory.json"
"""In the spool folder."""
MAX_ENTRIES: Final = 200_000
"""Entries that are kept; the oldest are forgotten."""
MAX_ENTRY_BYTES: Final = 65_536
"""A larger entry is not kept [bytes]."""
MAX_BYTES: Final = 16_777_216
"""All entries together [bytes]; the oldest are forgotten."""
FLUSH_EVERY_S: Final = 5.0
"""Least time between two writings [s]."""

log = structlog.get_logger()


class DecoderMemory(Protocol):
    """Small pieces of JSON by payload family and key."""

    def get(self, family: str, key: str) -> Any:
        """Return what was put, None when there is nothing."""
        ...

    def put(self, family: str, key: str, value: object) -> None:
        """Keep a piece of JSON."""
        ...


class NoDecoderMemory:
    """Keeps nothing: for a process that is no collector."""

    def get(self, family: str, key: str) -> Any:
        """Know nothing."""
        del family, key

    def put(self, family: str, key: str, value: object) -> None:
        """Keep nothing."""


class FileDecoderMemory:
    """Keeps it in one file, read at the start.

    Parameters
    ----------
    folder
        The spool's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._entries: dict[tuple[str, str], bytes] = {}
        self._bytes = 0
        self._changed = False
        self._written_s = monotonic() - FLUSH_EVERY_S
        self._load()

    def _load(self) -> None:
        try:
            kept = orjson.loads(self._path.read_bytes()) if self._path.exists() else []
            for family, key, value in kept:
                self._keep((str(family), str(key)), orjson.dumps(value))
        except (OSError, ValueError, TypeError) as error:
            # Not worth a stop: everything in it is sent again by the devices, sooner or later.
            log.warning("collector.decoder_memory_unreadable", file=str(self._path), error=str(error)[:200])
        self._changed = False

    def get(self, family: str, key: str) -> Any:
        """Return what was put, None when there is nothing."""
        kept = self._entries.get((family, key))
        return None if kept is None else orjson.loads(kept)

    def put(self, family: str, key: str, value: object) -> None:
        """Keep a piece of JSON; one that is too large is forgotten."""
        text = orjson.dumps(value)
        if self._entries.get((family, key)) != text:
            self._keep((family, key), text)

    def _keep(self, place: tuple[str, str], text: bytes) -> None:
        self._changed = True
        self._bytes -= len(self._entries.pop(place, b""))
        if len(text) > MAX_ENTRY_BYTES:
            return
        self._entries[place] = text
        self._bytes += len(text)
        while len(self._entries) > MAX_ENTRIES or self._bytes > MAX_BYTES:
            self._bytes -= len(self._entries.pop(next(iter(self._entries))))

    def flush(self, *, now: bool = False) -> None:
        """Write what changed, at most every few seconds unless it must be `now`; a disk that refuses is tried again."""
        if not self._changed or (not now and monotonic() - self._written_s < FLUSH_EVERY_S):
            return
        self._written_s = monotonic()
        lines = [
            b"[%b,%b,%b]" % (orjson.dumps(family), orjson.dumps(key), text)
            for (family, key), text in self._entries.items()
        ]
        try:
            write_whole(self._path, b"[" + b",\n".join(lines) + b"]", private=True)
            self._changed = False
        except OSError as error:
            log.warning("collector.decoder_memory_not_written", file=str(self._path), error=str(error)[:200])
