"""What was learned survives a restart: by object id and by name, whatever else has changed meanwhile."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from alerting.judging.layout import Layout
from alerting.judging.learned.declared import SLOT_MS
from alerting.judging.learned_codec import LearnedCodec
from alerting.judging.remembering import remember
from alerting.judging.signals.tables import Signals
from alerting.judging.state_codec import StateError
from alerting.judging.symptoms.delays import DelayState
from alerting.judging.symptoms.state import SymptomState
from alerting.judging.windows import Windows
from heating.assets import Site
from heating.heat_tree import Level, build_heat_tree
from heating.intervals import to_epoch_ms
from heating.points import Measurement
from heating.samples import ObjectRef, Sample, SampleBatch
from tests.support.two_circuits import HIGH, two_circuit_site

T0_MS = to_epoch_ms(datetime(2026, 1, 10, tzinfo=UTC))
SITE = two_circuit_site(stations=3, homes=1)
SIGNALS = Signals(standard_c=18.0, watching_since_ms=T0_MS)
NAMES = {
    Level.STATION: ("silent", "frozen"),
    Level.CIRCUIT: ("silent", "frozen"),
    Level.BRANCH: ("cold",),
    Level.SOURCE: ("temp_low",),
}


def layout_of(site: Site) -> Layout:
    return Layout(site, build_heat_tree(site))


LAYOUT = layout_of(SITE)


def learned() -> tuple[Windows, SymptomState]:
    """Return windows of three slots and delays that differ for every object and symptom."""
    windows = Windows(LAYOUT)
    windows.homes.base_c[:] = 20.0 + np.arange(len(windows.homes.base_c))
    windows.homes.seen_ms[:] = T0_MS + np.arange(len(windows.homes.base_c))
    for slot in range(1, 4):
        now_ms = T0_MS + slot * SLOT_MS
        refs = [ObjectRef(Measurement.STATION, f"S{n}") for n in (1, 2, 3)]
        refs += [ObjectRef(Measurement.CIRCUIT, HIGH), ObjectRef(Measurement.SOURCE, "P1")]
        samples = []
        for place, ref in enumerate(refs):
            source = ref.measurement is Measurement.SOURCE
            point = "source_supply_temp_c" if source else "secondary_supply_temp_setpoint_c"
            if ref.object_id == "S1":
                point = "primary_supply_pressure_mpa"
            samples.append(Sample(ref, point, now_ms, 40.0 + slot + place))
        windows.take(SampleBatch.from_samples(samples))
        remember(SIGNALS, windows, now_ms=now_ms)
    levels = {}
    for level, names in NAMES.items():
        one = levels[level] = DelayState(len(names), len(LAYOUT.subjects(level)))
        one.since_ms[:] = np.arange(one.since_ms.size).reshape(one.since_ms.shape) + 10 * int(level)
        one.phase[:] = 2
    return windows, SymptomState(levels, LAYOUT, NAMES)


def assert_same(windows: Windows, other: Windows) -> None:
    for array in windows.homes.ARRAYS:
        mine, theirs = getattr(windows.homes, array), getattr(other.homes, array)
        assert np.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f"), array
    for measurement in (Measurement.STATION, Measurement.CIRCUIT, Measurement.SOURCE):
        for name, part in windows.parts[measurement].items():
            for array in part.ARRAYS if name in ("memory", "schedule") else ():
                mine, theirs = part.rows(array), other.parts[measurement][name].rows(array)
                assert np.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f"), (
                    measurement,
                    name,
                    array,
                )


def test_all_that_was_learned_is_read_again() -> None:
    windows, symptoms = learned()
    codec = LearnedCodec(LAYOUT, NAMES)
    blobs = codec.encode(windows, symptoms)
    assert set(blobs) == set(codec.names)
    again = Windows(LAYOUT)
    found = codec.decode(blobs, again)
    assert_same(windows, again)
    for level, one in symptoms.levels.items():
        assert np.array_equal(one.since_ms, found.levels[level].since_ms), level
        assert np.array_equal(one.phase, found.levels[level].phase)


def test_a_station_keeps_its_own_when_rows_move_and_a_gone_one_is_left_out() -> None:
    windows, symptoms = learned()
    blobs = LearnedCodec(LAYOUT, NAMES).encode(windows, symptoms)
    moved = layout_of(replace(SITE, stations=SITE.stations[::-1]))
    again = Windows(moved)
    found = LearnedCodec(moved, NAMES).decode(blobs, again)
    assert_same(windows, again.carried_to(LAYOUT))
    assert np.array_equal(
        found.carried_to(LAYOUT).levels[Level.STATION].since_ms, symptoms.levels[Level.STATION].since_ms
    )
    del blobs["learned/S2"]
    partly = Windows(LAYOUT)
    LearnedCodec(LAYOUT, NAMES).decode(blobs, partly)
    assert (partly.memory(Measurement.STATION).slot > 0).tolist() == [True, False, True]


def test_one_station_can_be_written_alone() -> None:
    windows, symptoms = learned()
    blobs = LearnedCodec(LAYOUT, NAMES).encode(windows, symptoms, [1])
    assert set(blobs) == {"learned/S2", "learned@network", "learned@names"}


def test_another_version_keeps_what_both_learn() -> None:
    windows, symptoms = learned()
    older = {**NAMES, Level.STATION: ("gone", "frozen", "silent")}
    levels = dict(symptoms.levels)
    levels[Level.STATION] = DelayState(3, 3)
    levels[Level.STATION].since_ms[:] = [[1, 1, 1], [2, 2, 2], [3, 3, 3]]
    blobs = LearnedCodec(LAYOUT, older).encode(windows, SymptomState(levels, LAYOUT, older))
    found = LearnedCodec(LAYOUT, NAMES).decode(blobs, Windows(LAYOUT))
    assert found.levels[Level.STATION].since_ms.tolist() == [[3, 3, 3], [2, 2, 2]]


def test_nothing_saved_is_nothing_learned() -> None:
    windows = Windows(LAYOUT)
    found = LearnedCodec(LAYOUT, NAMES).decode({}, windows)
    assert not windows.memory(Measurement.STATION).slot.any()
    assert not found.levels[Level.STATION].phase.any()


@pytest.mark.parametrize("name", ["learned/S2", "learned@names"])
def test_a_broken_blob_is_named(name: str) -> None:
    windows, symptoms = learned()
    codec = LearnedCodec(LAYOUT, NAMES)
    blobs = {**codec.encode(windows, symptoms), name: b"\xc1"}
    with pytest.raises(StateError, match=name):
        codec.decode(blobs, Windows(LAYOUT))
