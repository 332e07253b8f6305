"""Kept rejections: capped, listed, and given back for another try.

A rejection is written in the transaction of its batch, into the hourly file; when that file is deleted, its
rejections move to the catalogue. What lives here: their shape, listing, moving and the cap. What does not: the reasons
(`collector.messages.decoded`) and the writing (`collector.intake.spool.spool`).
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collector.intake.spool.outcomes import Outcome
from collector.intake.spool.spool_files import CATALOGUE_NAME, REJECTION_COLUMNS, open_catalogue, open_file
from collector.messages.arrived_message import content_of
from collector.messages.decoded import Reason
from heating.protocols import RawMessage

__all__ = [
    "WHOLE_PAYLOAD_BYTES",
    "KeptRejection",
    "RejectionFilter",
    "count_by_reason",
    "delete_above_cap",
    "is_replayable",
    "list_rejections",
    "mark_replayed",
    "move_to_catalogue",
    "rejections_of",
    "replay_rejected",
    "select_rejections",
    "update_replayed",
    "write_rejections",
]

WHOLE_PAYLOAD_BYTES = 65_536
"""Payloads up to here are kept whole; of longer ones the head, and the hash of all [bytes]."""
HEAD_BYTES = 4_096
"""Head of a payload that is too long, or that no decoder can read [bytes]."""
TOO_BIG_PAYLOAD_BYTES = 1_024
"""Bytes that are kept of a payload that was too big [bytes]."""
LONG_BYTES_OF_A_TOPIC, LONG_BYTES_IN_ALL = 16_777_216, 268_435_456
"""Payloads longer than a head, of one topic and in all: the oldest beyond it are cut to their head [bytes]."""
_UNREADABLE = frozenset({Reason.BAD_JSON, Reason.BAD_UTF8})
_PLACEHOLDERS = ", ".join("?" * 11)


@dataclass(frozen=True, slots=True)
class KeptRejection:
    """One rejection as it is kept."""

    sequence: int
    """Number of the commit; with `ordinal` the key."""
    ordinal: int
    received_ms: int
    """Arrival [epoch ms]."""
    topic: str
    payload: bytes
    reason: Reason
    detail: str
    content: bytes
    """Hash of topic and payload."""
    whole: bool
    """Nothing of the message was stored."""
    replayed_ms: int | None = None
    """When it was given back for another try [epoch ms]."""
    devices: tuple[str, ...] = ()
    """Ids of the unknown devices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectionFilter:
    """Which rejections are meant."""

    reasons: frozenset[Reason] = frozenset()
    """Empty: all."""
    since_ms: int = 0
    """Arrival at or after [epoch ms]."""
    topic_prefix: str = ""
    replayed: bool = False
    """Include those that were given back already."""


def write_rejections(connection: sqlite3.Connection, rejections: Iterable[KeptRejection]) -> None:
    """Write rejections in the open transaction; a key that exists stays as it is."""
    connection.executemany(
        f"INSERT OR IGNORE INTO rejection VALUES ({_PLACEHOLDERS})",
        [
            (
                item.sequence,
                item.ordinal,
                item.received_ms,
                item.topic,
                _kept_part(item),
                item.reason.value,
                item.detail,
                item.content,
                int(item.whole),
                item.replayed_ms,
                "\n".join(item.devices),
            )
            for item in rejections
        ],
    )


def _kept_part(item: KeptRejection) -> bytes:
    if item.reason is Reason.TOO_BIG:
        return item.payload[:TOO_BIG_PAYLOAD_BYTES]
    longest = HEAD_BYTES if item.reason in _UNREADABLE else WHOLE_PAYLOAD_BYTES
    return item.payload if len(item.payload) <= longest else item.payload[:HEAD_BYTES]


def _paths(folder: Path) -> list[Path]:
    catalogue = folder / CATALOGUE_NAME
    return [*([catalogue] if catalogue.exists() else []), *sorted(folder.glob("spool-*.sqlite3"))]


def _open(path: Path) -> sqlite3.Connection:
    return open_catalogue(path.parent) if path.name == CATALOGUE_NAME else open_file(path)


def list_rejections(
    folder: Path, wanted: RejectionFilter | None = None, *, limit: int = 1000
) -> list[KeptRejection]:
    """Return kept rejections of a spool folder, newest first; safe while a collector runs on it."""
    wanted = wanted or RejectionFilter()
    found: dict[tuple[int, int], KeptRejection] = {}
    for path in reversed(_paths(folder)):
        with closing(_open(path)) as connection:
            found.update(((item.sequence, item.ordinal), item) for item in _select(connection, wanted, limit))
    return sorted(found.values(), key=lambda item: (item.sequence, item.ordinal), reverse=True)[:limit]


def _select(connection: sqlite3.Connection, wanted: RejectionFilter, limit: int) -> Iterator[KeptRejection]:
    rows = connection.execute(
        f"SELECT {REJECTION_COLUMNS} FROM rejection WHERE received_ms >= ?"
        " AND (? OR replayed_ms IS NULL) AND substr(topic, 1, ?) = ?"
        " AND (? OR instr(?, '|' || reason || '|')) ORDER BY sequence DESC, ordinal DESC LIMIT ?",
        (
            wanted.since_ms,
            wanted.replayed,
            len(wanted.topic_prefix),
            wanted.topic_prefix,
            not wanted.reasons,
            f"|{'|'.join(sorted(wanted.reasons))}|",
            limit,
        ),
    )
    yield from map(_kept, rows)


def _kept(row: tuple[Any, ...]) -> KeptRejection:
    sequence, ordinal, received_ms, topic, payload, reason, detail, content, whole, replayed_ms, devices = row
    return KeptRejection(
        sequence=sequence,
        ordinal=ordinal,
        received_ms=received_ms,
        topic=topic,
        payload=payload,
        reason=Reason(reason),
        detail=detail,
        content=content,
        whole=bool(whole),
        replayed_ms=replayed_ms,
        devices=tuple(filter(None, devices.split("\n"))),
    )


def select_rejections(
    connection: sqlite3.Connection, condition: str, values: Sequence[object], limit: int
) -> list[KeptRejection]:
    """Return the oldest rejections of one file that meet a condition of ours."""
    rows = connection.execute(
        f"SELECT {REJECTION_COLUMNS} FROM rejection WHERE {condition} ORDER BY sequence, ordinal LIMIT ?",
        (*values, limit),
    )
    return [_kept(row) for row in rows]


def count_by_reason(folder: Path) -> dict[str, int]:
    """Return how many rejections are kept, by reason."""
    counts: dict[str, int] = {}
    for path in _paths(folder):
        with closing(_open(path)) as connection:
            for reason, count in connection.execute("SELECT reason, count(*) FROM rejection GROUP BY reason"):
                counts[reason] = counts.get(reason, 0) + count
    return dict(sorted(counts.items()))


def replay_rejected(
    folder: Path,
    publish: Callable[[Sequence[tuple[str, bytes]]], None],
    *,
    now_ms: int,
    wanted: RejectionFilter | None = None,
    limit: int = 100_000,
) -> int:
    """Give rejected messages back to the broker, oldest first, each once; return how many.

    Parameters
    ----------
    publish
        Publishes (topic, payload) pairs and returns when the broker has them all; what it raises leaves the
        rejections as they were. `collector.intake.mqtt.publisher.publish_all` does it.
    now_ms
        Noted as the time of the replay [epoch ms].
    wanted
        Which; by default every one not given back yet.
    """
    chosen = [item for item in list_rejections(folder, wanted, limit=limit) if is_replayable(item)]
    messages = dict.fromkeys((item.topic, item.payload) for item in reversed(chosen))
    publish(list(messages))
    mark_replayed(folder, chosen, now_ms=now_ms)
    return len(messages)


def mark_replayed(folder: Path, items: Iterable[KeptRejection], *, now_ms: int) -> None:
    """Note that rejections were given another try at a time [epoch ms]."""
    kept = list(items)
    for path in _paths(folder):
        with closing(_open(path)) as connection:
            update_replayed(connection, kept, now_ms)


def update_replayed(
    connection: sqlite3.Connection, items: Iterable[KeptRejection], replayed_ms: int | None
) -> None:
    """Set when the rejections that lie in one file were given another try."""
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(
        "UPDATE rejection SET replayed_ms = ? WHERE sequence = ? AND ordinal = ?",
        [(replayed_ms, item.sequence, item.ordinal) for item in items],
    )
    connection.execute("COMMIT")


def is_replayable(item: KeptRejection) -> bool:
    """Return whether the whole message is kept and another try by the broker makes sense."""
    if item.reason in (Reason.TOO_BIG, Reason.STORE_REJECTED):
        return False
    return content_of(RawMessage(item.topic, item.payload, 0)) == item.content


def move_to_catalogue(catalogue: sqlite3.Connection, source: sqlite3.Connection) -> int:
    """Copy the rejections of an hourly file into the catalogue in one transaction; return how many."""
    rows = source.execute(f"SELECT {REJECTION_COLUMNS} FROM rejection").fetchall()
    catalogue.execute("BEGIN IMMEDIATE")
    catalogue.executemany(
        f"INSERT OR IGNORE INTO rejection VALUES ({_PLACEHOLDERS})",
        rows,
    )
    catalogue.execute("COMMIT")
    return len(rows)


def delete_above_cap(places: Sequence[sqlite3.Connection], max_rows: int) -> int:
    """Delete rejections above a cap, from the places in their order; return how many went.

    Those of throttled senders go first, so that a noisy device drives nobody else's messages out; then the oldest.
    Long payloads are cut to their heads above a cap of bytes, a topic and in all.
    """
    _cut_long_payloads(places)
    counts = [place.execute("SELECT count(*) FROM rejection").fetchone()[0] for place in places]
    excess = sum(counts) - max_rows
    gone = 0
    for condition in (f"reason = '{Reason.THROTTLED}'", "true"):
        for place in places:
            if gone >= excess:
                return gone
            gone += place.execute(
                "DELETE FROM rejection WHERE (sequence, ordinal) IN"
                f" (SELECT sequence, ordinal FROM rejection WHERE {condition} ORDER BY sequence, ordinal LIMIT ?)",
                (excess - gone,),
            ).rowcount
    return gone


def _cut_long_payloads(places: Sequence[sqlite3.Connection]) -> None:
    """Cut the oldest long payloads above the caps of bytes to their heads; the hash of all stays."""
    is_long = f"length(payload) > {HEAD_BYTES}"
    total = 0
    for place in places:
        # Counting bytes must not read every payload each half minute.
        place.execute(
            f"CREATE INDEX IF NOT EXISTS rejection_long ON rejection (length(payload)) WHERE {is_long}"
        )
        total += (
            place.execute(f"SELECT sum(length(payload)) FROM rejection WHERE {is_long}").fetchone()[0] or 0
        )
    if total <= LONG_BYTES_OF_A_TOPIC:
        return
    kept, of_topic = 0, Counter[str]()
    for place in reversed(places):
        cut: list[tuple[int, int]] = []
        for sequence, ordinal, topic, size in place.execute(
            f"SELECT sequence, ordinal, topic, length(payload) FROM rejection WHERE {is_long}"
            " ORDER BY sequence DESC, ordinal DESC"
        ):
            if kept + size > LONG_BYTES_IN_ALL or of_topic[topic] + size > LONG_BYTES_OF_A_TOPIC:
                cut.append((sequence, ordinal))
            else:
                kept += size
                of_topic[topic] += size
        place.executemany(
            f"UPDATE rejection SET payload = substr(payload, 1, {HEAD_BYTES}) WHERE sequence = ? AND ordinal = ?",
            cut,
        )


def rejections_of(sequence: int, messages: Sequence[RawMessage], outcome: Outcome) -> list[KeptRejection]:
    """Return the rejections of a commit as they are kept."""
    return [
        KeptRejection(
            sequence=sequence,
            ordinal=ordinal,
            received_ms=messages[item.message].received_ms,
            topic=messages[item.message].topic,
            payload=messages[item.message].payload,
            reason=item.reason,
            detail=item.detail,
            content=content_of(messages[item.message]),
            whole=item.message in outcome.whole,
            devices=tuple(device_id for _family, device_id in item.devices),
        )
        for ordinal, item in enumerate(outcome.rejections)
    ]
