"""What batches must be before they reach a store."""

import math

import numpy as np
import pytest

from heating.points import Measurement
from heating.quality import Quality
from heating.samples import ObjectRef, Sample, SampleBatch
from storage.readings.cleaning import clean_batch
from storage.readings.errors import StoreQueryError, StoreRejectedError
from storage.readings.identifiers import check_points, id_problem, require_few_objects

ROOM = ObjectRef(Measurement.ROOM, "R-1")


def batch_of(
    value: float, quality: int = 0, ref: ObjectRef = ROOM, at_ms: int = 1_767_700_800_000
) -> SampleBatch:
    return SampleBatch.from_samples([Sample(ref, "room_temp_c", at_ms, value, quality)])


def test_a_sound_batch_is_passed_on_as_it_is() -> None:
    batch = batch_of(21.0, Quality.UNCERTAIN)
    assert clean_batch(batch) is batch


@pytest.mark.parametrize(
    ("quality", "kept"),
    [(0, Quality.BAD), (Quality.UNCERTAIN, Quality.BAD), (Quality.BAD_RANGE, Quality.BAD_RANGE)],
)
def test_a_value_that_is_no_number_is_bad(quality: int, kept: int) -> None:
    for value in (math.nan, math.inf, -math.inf):
        clean = clean_batch(batch_of(value, quality))
        assert np.isnan(clean.value[0]) and clean.quality[0] == kept


def test_the_batch_of_the_caller_is_not_changed() -> None:
    batch = batch_of(math.inf)
    clean_batch(batch)
    assert batch.quality[0] == 0 and math.isinf(batch.value[0])


def test_only_ids_that_rows_use_are_looked_at() -> None:
    both = SampleBatch.concatenate([batch_of(1.0, ref=ObjectRef(Measurement.ROOM, "a\nb")), batch_of(2.0)])
    with pytest.raises(StoreRejectedError, match="control character"):
        clean_batch(both)
    assert len(clean_batch(both.select(np.array([False, True])))) == 1


@pytest.mark.parametrize("at_ms", [-1, 4_102_444_800_000, 10**17])
def test_times_of_broken_clocks_are_refused(at_ms: int) -> None:
    with pytest.raises(StoreRejectedError, match="1970 to 2100"):
        clean_batch(batch_of(1.0, at_ms=at_ms))


def test_words_for_bad_ids() -> None:
    assert id_problem("星河-501") == ""
    assert "blank" in id_problem("a ")
    assert "1 to 120" in id_problem("")


def test_points_and_ids_of_a_read_are_checked() -> None:
    assert check_points(Measurement.ROOM, ["room_temp_c", "room_temp_c"]) == ("room_temp_c",)
    with pytest.raises(StoreQueryError, match="room_temp_k"):
        check_points(Measurement.ROOM, ["room_temp_k"])
    with pytest.raises(StoreQueryError, match="2001"):
        require_few_objects([str(i) for i in range(2001)])
    with pytest.raises(StoreQueryError, match="quote"):
        require_few_objects(["a'b"])
