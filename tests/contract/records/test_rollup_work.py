"""What the collectors of a house share about roll-ups: dues that nobody loses, a lease that one has."""

import threading
from collections.abc import Callable

from storage.records.records import Records

BUCKET = ("station_5m", 600_000)


def test_a_bucket_is_due_from_its_time_on_and_gone_when_computed(records: Records) -> None:
    work = records.rollup_work
    work.note({BUCKET: 1_000, ("room_1h", 0): 5_000})
    assert work.due(now_ms=999) == []
    due = work.due(now_ms=1_000)
    assert [(one.family, one.bucket_ms) for one in due] == [BUCKET]
    assert work.hold("a", now_ms=1_000, for_ms=1_000)
    assert work.done("a", due, now_ms=1_000)
    assert work.due(now_ms=1_000) == []
    assert work.waiting() == 1


def test_a_bucket_noted_again_keeps_its_time_and_outlives_the_figures_made_before(records: Records) -> None:
    work = records.rollup_work
    work.hold("a", now_ms=0, for_ms=1_000)
    work.note({BUCKET: 10})
    before = work.due(now_ms=10)
    work.note({BUCKET: 99_999})
    assert work.done("a", before, now_ms=10)
    assert [one.bucket_ms for one in work.due(now_ms=10)] == [600_000]


def test_only_one_has_the_lease_until_it_ends_or_is_given_up(
    records: Records, open_again: Callable[[], Records]
) -> None:
    first, second = records.rollup_work, open_again().rollup_work
    assert first.hold("a", now_ms=0, for_ms=100)
    assert not second.hold("b", now_ms=50, for_ms=100)
    assert first.hold("a", now_ms=90, for_ms=100)
    assert not second.hold("b", now_ms=150, for_ms=100)
    assert second.hold("b", now_ms=191, for_ms=100)
    assert not first.hold("a", now_ms=200, for_ms=100)
    first.release("a")
    assert not first.hold("a", now_ms=200, for_ms=100)
    second.release("b")
    assert first.hold("a", now_ms=200, for_ms=100)


def test_figures_made_without_the_lease_are_asked_for_again(records: Records) -> None:
    work = records.rollup_work
    work.note({BUCKET: 0})
    work.hold("a", now_ms=0, for_ms=10)
    due = work.due(now_ms=0)
    work.hold("b", now_ms=11, for_ms=100)
    work.done("b", due, now_ms=12)
    assert work.waiting() == 0
    assert not work.done("a", due, now_ms=13)
    assert [(one.family, one.bucket_ms) for one in work.due(now_ms=13)] == [BUCKET]


def test_of_many_that_ask_at_once_one_gets_the_lease(open_again: Callable[[], Records]) -> None:
    houses = [open_again() for _ in range(4)]
    got: list[bool] = []

    def ask(place: int) -> None:
        got.append(houses[place].rollup_work.hold(f"slot-{place}", now_ms=0, for_ms=1_000))

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False, False, False, True]
