"""No question about many homes can be asked of a store: its shape allows none, and what comes near is refused."""

import inspect
from datetime import timedelta

import pytest

from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import RollupName, TimeSeriesStore
from heating.samples import ObjectRef
from storage.readings.errors import StoreQueryError
from storage.readings.identifiers import MAX_IDS_IN_A_READ
from tests.contract.readings.readings import DAY, batch_of, reading

READS = {"series", "latest", "read_rollup"}
"""Every way of the protocol to get readings out."""


def test_the_protocol_reads_raw_values_of_one_object_at_a_time() -> None:
    methods = {
        name: inspect.signature(method)
        for name, method in vars(TimeSeriesStore).items()
        if inspect.isfunction(method) and not name.startswith("_")
    }
    returning_rows = {
        name
        for name, signature in methods.items()
        if any(word in str(signature.return_annotation) for word in ("Series", "Batch"))
    }
    assert returning_rows == READS
    ref = methods["series"].parameters["ref"].annotation
    assert ref is ObjectRef
    windows = {name for name in READS if "window" in methods[name].parameters}
    assert windows == READS
    # The newest values take no list of objects, and the list of a roll-up is short.
    assert not {"object_ids", "refs"} & set(methods["latest"].parameters)
    assert "object_ids" in methods["read_rollup"].parameters


def test_a_roll_up_of_more_homes_than_allowed_is_refused_and_says_what_to_do(store: TimeSeriesStore) -> None:
    homes = [f"R-{number}" for number in range(MAX_IDS_IN_A_READ + 1)]
    with pytest.raises(StoreQueryError, match=r"2000 objects, not 2001.*larger group") as refused:
        store.read_rollup(RollupName.ROOM_1H, "room_temp_c", homes, DAY)
    assert not refused.value.retryable
    assert len(store.read_rollup(RollupName.ROOM_1H, "room_temp_c", homes[:-1], DAY).count) == 0


def test_a_list_in_place_of_an_object_is_refused(store: TimeSeriesStore) -> None:
    store.append(batch_of(reading(20.0)))
    several = ObjectRef(Measurement.ROOM, "R-0001' OR sensor =~ /.*/ OR sensor='")
    with pytest.raises(StoreQueryError, match="quote"):
        store.series(several, ["room_temp_c"], DAY)
    for pattern in ("/.*/", "*", "%", "R-0001,R-0002"):
        found = store.series(ObjectRef(Measurement.ROOM, pattern), ["room_temp_c"], DAY)
        assert len(found.time_ms) == 0


@pytest.mark.parametrize("method", ["window", "statistics"])
def test_scans_for_exports_and_roll_ups_span_at_most_a_day(store: TimeSeriesStore, method: str) -> None:
    long = Interval(DAY.start, DAY.end + timedelta(milliseconds=1))
    more: dict[str, object] = {"step": timedelta(hours=1)} if method == "statistics" else {}
    words = (Measurement.ROOM, ["room_temp_c"], long) if more else (Measurement.ROOM, long)
    with pytest.raises(StoreQueryError, match="at most 1 day"):
        getattr(store, method)(*words, **more)
