"""A lease in the records: one process has it, and what another writes under it is refused."""

from collections.abc import Callable

import pytest

from storage.records.leases import HeldLease, LeaseLostError
from storage.records.records import Records


def test_a_lease_goes_to_one_and_is_taken_only_by_who_saw_its_last_renewal(
    records: Records, open_again: Callable[[], Records]
) -> None:
    first, second = records.leases, open_again().leases
    assert first.take("alerting", "a", until_ms=10, instead_of=None)
    assert not second.take("alerting", "b", until_ms=20, instead_of=None)
    seen = second.held("alerting")
    assert seen == HeldLease("a", 10)
    assert first.take(
        "alerting", "a", until_ms=5, instead_of=seen
    )  # the clock went back: the row changes all the same
    assert not second.take("alerting", "b", until_ms=20, instead_of=seen)
    assert second.take("alerting", "b", until_ms=20, instead_of=second.held("alerting"))
    first.release("alerting", "a")
    assert first.held("alerting") == HeldLease("b", 20)
    second.release("alerting", "b")
    assert first.held("alerting") is None


def test_what_is_written_under_a_lost_lease_is_refused_whole(records: Records) -> None:
    records.leases.take("alerting", "b", until_ms=10, instead_of=None)
    with pytest.raises(LeaseLostError):
        records.alarms.append_events([], engine_state={"timers": b"old"}, lease=("alerting", "a"))
    assert records.alarms.engine_state("timers") is None
    records.alarms.append_events([], engine_state={"timers": b"new"}, lease=("alerting", "b"))
    assert records.alarms.engine_state("timers") == b"new"
