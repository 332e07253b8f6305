"""Points are named once per measurement; sample batches keep rows and objects together."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heating.points import POINT_INDEX, POINTS, Measurement, PointKind, point_named, points_of
from heating.quality import QUALITY_OF_LABEL, Quality, is_bad, is_good, is_usable, quality_label
from heating.quantities import Unit, UnknownConversionError, to_canonical
from heating.samples import ObjectRef, Sample, SampleBatch

SUFFIXES = {
    Unit.CELSIUS: "_c", Unit.MEGAPASCAL: "_mpa", Unit.KILOPASCAL: "_kpa", Unit.CUBIC_METRE_PER_HOUR: "_m3_per_h",
    Unit.CUBIC_METRE: "_m3", Unit.GIGAJOULE: "_gj", Unit.GIGAJOULE_PER_HOUR: "_gj_per_h", Unit.KILOWATT: "_kw",
    Unit.KILOWATT_HOUR: "_kwh", Unit.PERCENT: "_pct", Unit.HERTZ: "_hz", Unit.AMPERE: "_a", Unit.VOLT: "_v",
    Unit.METRE: "_m", Unit.METRE_PER_SECOND: "_m_per_s", Unit.WATT_PER_SQUARE_METRE: "_w_per_m2",
    Unit.DECIBEL_MILLIWATT: "_dbm",
}  # fmt: skip


def test_every_point_is_named_with_its_unit_and_has_two_labels() -> None:
    for point in POINTS:
        if point.unit is not Unit.NONE:
            assert point.name.endswith(SUFFIXES[point.unit]), point
        assert point.minimum < point.maximum
        assert re.search("[\u4e00-\u9fff]", point.label_zh), point
        assert point.label_en and not re.search("[\u4e00-\u9fff]", point.label_en), point


def test_names_are_unique_within_a_measurement_and_symbols_too() -> None:
    assert len(POINT_INDEX) == len(POINTS)
    for measurement in Measurement:
        symbols = [p.symbol for p in points_of(measurement) if p.symbol]
        assert len(symbols) == len(set(symbols))
    assert point_named(Measurement.STATION, "mains_power_ok").kind is PointKind.FLAG
    with pytest.raises(KeyError):
        point_named(Measurement.ROOM, "mains_power_ok")


def test_tags_are_those_of_the_schema() -> None:
    assert [m.tag for m in Measurement] == ["station", "circuit", "building", "source", "site", "sensor"]


refs = st.builds(ObjectRef, st.just(Measurement.ROOM), st.sampled_from(["a", "b", "c"]))
samples = st.builds(
    Sample,
    refs,
    st.sampled_from(["room_temp_c", "battery_v"]),
    st.integers(0, 2**41),
    st.floats(-50, 50),
    st.sampled_from([0, 64, 129]),
    st.integers(0, 2**41),
)


@given(st.lists(samples, max_size=20), st.integers(0, 20))
def test_splitting_and_joining_a_batch_keeps_every_row(rows: list[Sample], cut: int) -> None:
    batch = SampleBatch.from_samples(rows)
    keep = np.arange(len(rows)) < cut
    joined = SampleBatch.concatenate([batch.select(keep), batch.select(~keep)])
    assert batch.to_samples() == rows
    assert joined.to_samples() == rows


def test_columns_of_unequal_length_are_refused() -> None:
    batch = SampleBatch.from_samples([Sample(ObjectRef(Measurement.ROOM, "a"), "room_temp_c", 1, 20.0)])
    with pytest.raises(ValueError, match="column point has 0 rows"):
        SampleBatch(
            batch.objects, batch.object_index, np.zeros(0, np.int16), batch.measured_ms, batch.received_ms,
            batch.value, batch.quality,
        )  # fmt: skip


def test_joining_nothing_is_empty() -> None:
    assert len(SampleBatch.concatenate([])) == 0
    assert len(SampleBatch.empty()) == 0


def test_quality_words_round_trip_and_bands_divide_the_codes() -> None:
    assert all(QUALITY_OF_LABEL[quality_label(q)] is q for q in Quality)
    codes = np.array([0, 64, 127, 128, 255], np.uint8)
    assert is_good(codes).tolist() == [True, False, False, False, False]
    assert is_usable(codes).tolist() == [True, True, True, False, False]
    assert is_bad(codes).tolist() == [False, False, False, True, True]
    assert (quality_label(200), quality_label(100)) == ("bad", "uncertain")


@pytest.mark.parametrize(
    ("value", "unit", "canonical", "expected"),
    [
        (1.0, "MW", Unit.GIGAJOULE_PER_HOUR, 3.6),
        (1000.0, "kWh", Unit.GIGAJOULE, 3.6),
        (212.0, "°F", Unit.CELSIUS, 100.0),
        (2.5, "bar", Unit.MEGAPASCAL, 0.25),
        (7.0, "m³/h", Unit.CUBIC_METRE_PER_HOUR, 7.0),
    ],
)
def test_device_units_become_canonical(value: float, unit: str, canonical: Unit, expected: float) -> None:
    assert to_canonical(value, unit=unit, canonical=canonical) == pytest.approx(expected)


def test_an_unknown_unit_is_an_error_and_never_a_guess() -> None:
    with pytest.raises(UnknownConversionError, match="psi"):
        to_canonical(1.0, unit="psi", canonical=Unit.MEGAPASCAL)


def test_the_points_of_a_measurement_are_its_own_in_the_order_of_all() -> None:
    for measurement in Measurement:
        assert list(points_of(measurement)) == [p for p in POINTS if p.measurement.value == measurement.value]
    assert sum(len(points_of(measurement)) for measurement in Measurement) == len(POINTS)
