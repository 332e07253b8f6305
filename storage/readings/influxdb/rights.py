"""What the server lets us do, and how long it keeps what: asked once, so that health says it before a write fails.

Nothing is written: the trial write is a comment, which line protocol allows and every generation checks rights for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum, auto

from storage.readings.errors import (
    StoreAccessError,
    StoreLimitError,
    StoreMissingError,
    StoreQueryError,
    StoreRejectedError,
)
from storage.readings.influxdb.buckets import bucket_retention
from storage.readings.influxdb.databases import limits_of, policy_lengths
from storage.readings.influxdb.flavour import Flavour
from storage.readings.influxdb.transport import InfluxTransport

__all__ = ["Standing", "find_standing"]

TRIAL_LINE = "# Nuanliu asks whether it may write here"
_WORD = {Flavour.V1: "database", Flavour.V2: "bucket", Flavour.V3: "database"}


class _May(StrEnum):
    YES = auto()
    NO = auto()
    MISSING = auto()
    STRANGER = auto()


@dataclass(frozen=True, slots=True)
class Standing:
    """What the server let us do when it was asked."""

    faults: tuple[str, ...] = ()
    """Rights or places that are missing: readings cannot be kept or read."""
    remarks: tuple[str, ...] = ()
    """What works otherwise than the settings say."""
    figures: dict[str, float] = field(default_factory=dict)
    """Limits and lengths that the server told."""


def find_standing(
    transport: InfluxTransport,
    flavour: Flavour,
    *,
    database: str,
    rollup_place: tuple[str, str],
    raw: timedelta,
    rollup: timedelta,
) -> Standing:
    """Ask the server for the rights that the store needs.

    Parameters
    ----------
    rollup_place
        Database or bucket of the roll-ups, and their policy (1.x).
    raw, rollup
        How long the settings want readings and roll-ups kept.

    Raises
    ------
    storage.readings.errors.StoreUnavailableError
        When the server is away.
    """
    faults: list[str] = []
    for place in dict.fromkeys((database, rollup_place[0])):
        faults += _faults_of(transport, flavour, place)
        if _STRANGER in faults:
            return Standing((_STRANGER,))
    lengths = _lengths(transport, flavour, database, rollup_place)
    figures = {
        f"{name}_kept_days": length / timedelta(days=1)
        for name, length in zip(("readings", "rollups"), lengths, strict=True)
        if length
    }
    if flavour is Flavour.V1:
        figures |= limits_of(transport)
    shares = flavour is not Flavour.V1 and rollup_place[0] == database
    shares |= flavour is Flavour.V1 and not rollup_place[1]
    remarks = [_shared(flavour, database, lengths[1], rollup)] if shares and not faults else []
    if not faults:
        remarks.append(_other_length(flavour, database, lengths[0], raw))
    return Standing(tuple(faults), tuple(filter(None, remarks)), figures)


_STRANGER = "the server does not know timeseries.token"


def _faults_of(transport: InfluxTransport, flavour: Flavour, place: str) -> Sequence[str]:
    named = f"{_WORD[flavour]} «{place}»"
    write, read = _may_write(transport, flavour, place), _may_read(transport, place)
    if _May.STRANGER in (write, read):
        return [_STRANGER]
    # 2.x calls a bucket missing when the token may not read it; that the trial write found it settles which it is.
    if _May.MISSING is write or (_May.MISSING is read and flavour is not Flavour.V2):
        full = " (3.x Core holds five at the most)" if flavour is Flavour.V3 else ""
        return [
            f"there is no {named}, and it could not be made{full}: make it, or give timeseries.token the right"
        ]
    faults = []
    if write is _May.NO:
        faults.append(f"timeseries.token may not write to {named}")
    if read is not _May.YES:
        faults.append(f"timeseries.token may not read {named}")
    return faults


def _may_write(transport: InfluxTransport, flavour: Flavour, place: str) -> _May:
    if flavour is Flavour.V3:
        return _May.YES  # A write makes a missing database there, and every token of Core may do everything.
    try:
        transport.write(place, [TRIAL_LINE])
    except StoreRejectedError:
        return _May.YES  # Let in: 2.x says that a comment is no point.
    except StoreMissingError:
        return _May.MISSING
    except StoreAccessError as error:
        return _May.STRANGER if error.is_stranger else _May.NO
    return _May.YES


def _may_read(transport: InfluxTransport, place: str) -> _May:
    try:
        transport.query("SHOW MEASUREMENTS LIMIT 1", database=place)
    except StoreAccessError as error:
        return _May.STRANGER if error.is_stranger else _May.NO
    except (StoreMissingError, StoreQueryError):
        return _May.MISSING
    return _May.YES


def _lengths(
    transport: InfluxTransport, flavour: Flavour, database: str, rollup_place: tuple[str, str]
) -> tuple[timedelta | None, timedelta | None]:
    """Return how long readings and roll-ups are kept; zero: for ever, None: the server does not say."""
    try:
        match flavour:
            case Flavour.V1:
                default, named = policy_lengths(transport, database)
                return default, named.get(rollup_place[1], default)
            case Flavour.V2:
                return bucket_retention(transport, database), bucket_retention(transport, rollup_place[0])
            case Flavour.V3:
                return None, None
    except (StoreQueryError, StoreAccessError, StoreMissingError, StoreLimitError):
        return None, None


def _other_length(flavour: Flavour, database: str, kept: timedelta | None, wanted: timedelta) -> str:
    """Return that readings are kept otherwise than the settings say, empty when they are not or nobody knows."""
    # The server takes whole hours, and may round to the length of its shards.
    if kept is None or abs(kept - wanted) < timedelta(hours=1):
        return ""
    if flavour is Flavour.V2 and not kept:
        return ""  # a bucket without an end is a choice; 1.x makes such a policy by itself
    days = f"for {kept / timedelta(days=1):g} d" if kept else "for ever"
    return (
        f"readings are kept {days} in the {_WORD[flavour]} «{database}», which was there before, and not for "
        f"{wanted / timedelta(days=1):g} d as timeseries.retention_raw_days says: nuanliu store prepare says what to "
        "change"
    )


def _shared(flavour: Flavour, database: str, kept: timedelta | None, wanted: timedelta) -> str:
    """Return where roll-ups live when they have no place of their own, empty when they stay long enough there."""
    if kept is not None and (not kept or kept >= wanted):
        return ""
    days = "as long as readings" if kept is None else f"for {kept / timedelta(days=1):g} d"
    own = {
        Flavour.V1: "a retention policy nuanliu_rollup",
        Flavour.V2: f"a bucket {database}_rollup",
        Flavour.V3: f"a database {database}-rollup",
    }[flavour]
    return (
        f"roll-ups live in the {_WORD[flavour]} «{database}» of the readings and are kept {days} instead of "
        f"{wanted / timedelta(days=1):g} d: make {own} with that length, readable and writable by timeseries.token"
    )
