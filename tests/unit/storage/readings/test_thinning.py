"""Thinning keeps the peaks and makes nothing up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from heating.protocols import SeriesColumns
from heating.quality import Quality
from storage.readings.thinning import thin_series

VALUES = st.lists(st.one_of(st.just(np.nan), st.floats(-50, 150)), min_size=1, max_size=300)


def columns_of(values: NDArray[np.float64], quality: NDArray[np.uint8] | None = None) -> SeriesColumns:
    codes = np.zeros(len(values), np.uint8) if quality is None else quality
    return SeriesColumns(np.arange(len(values), dtype=np.int64) * 1000, {"p": values}, {"p": codes})


@given(values=VALUES, max_points=st.integers(5, 120))
def test_smallest_and_largest_stay_and_no_row_is_made_up(values: list[float], max_points: int) -> None:
    column = np.array(values)
    thin = thin_series(columns_of(column), max_points)
    places = thin.time_ms // 1000
    assert len(places) <= max_points
    assert np.array_equal(thin.values["p"], column[places], equal_nan=True)
    assert (np.diff(places) > 0).all()
    assert {0, len(column) - 1} <= set(places.tolist())
    if not np.isnan(column).all():
        assert np.nanmin(thin.values["p"]) == np.nanmin(column)
        assert np.nanmax(thin.values["p"]) == np.nanmax(column)


@given(values=st.lists(st.floats(-50, 150), min_size=40, max_size=300), buckets=st.integers(2, 10))
def test_every_bucket_keeps_its_own_extremes(values: list[float], buckets: int) -> None:
    column = np.array(values)
    thin = thin_series(columns_of(column), 3 * buckets + 2)
    kept = thin.time_ms // 1000
    for bucket in range(buckets):
        inside = np.flatnonzero(
            np.arange(len(column)) * 1000 * buckets // ((len(column) - 1) * 1000 + 1) == bucket
        )
        if len(inside) and thin.thinned:
            there = column[np.intersect1d(inside, kept)]
            assert there.min() == column[inside].min() and there.max() == column[inside].max()


def test_a_bad_value_is_no_peak_but_stays_visible() -> None:
    values = np.full(1000, 20.0)
    quality = np.zeros(1000, np.uint8)
    values[500], quality[500] = 999.0, Quality.BAD_RANGE
    thin = thin_series(columns_of(values, quality), 50)
    assert Quality.BAD_RANGE in thin.quality["p"].tolist()
    assert len(thin.time_ms) <= 50


def test_few_rows_are_left_alone() -> None:
    columns = columns_of(np.arange(10.0))
    assert thin_series(columns, 10) is columns
    assert thin_series(columns, None) is columns


def test_a_wish_for_no_rows_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        thin_series(columns_of(np.arange(10.0)), 0)
