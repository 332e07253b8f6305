"""What is saved of timers: one blob a station that changed, one for what stands above; read back by object id."""

from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest

from alerting.judging.engine import Judged, Timers
from alerting.judging.layout import Layout
from alerting.judging.state_codec import StateError, TimersCodec, decode_windows, encode_windows
from alerting.judging.timers import Phase, RuleState
from alerting.judging.windows import Windows
from config.rules.reading import RuleSet, load_rules
from config.settings.tree import RulesSettings
from heating.assets import Site
from heating.heat_tree import Level, build_heat_tree
from heating.points import Measurement
from heating.samples import ObjectRef, Sample, SampleBatch
from tests.support.small_site import small_site

T0 = datetime(2026, 1, 10, tzinfo=UTC)
RULES = load_rules(RulesSettings())
SITE = small_site(stations=3, homes=2)


def layout_of(site: Site) -> Layout:
    return Layout(site, build_heat_tree(site), now=T0)


LAYOUT = layout_of(SITE)
CODEC = TimersCodec(layout=LAYOUT, rules=RULES)
WATCH_RULE = next(rule.rule_id for rule in RULES.rules if rule.scope.level is Level.SOURCE)
LEVELS = {"ST-01": Level.STATION, "HB-03": Level.HOUSEHOLD, WATCH_RULE: Level.SOURCE}


def timers(**rows_of: list[int]) -> Timers:
    """Return timers with an entry for some rows of each rule; dashes of rule ids are written as underlines."""
    rules, subjects = {}, {}
    for name, rows in rows_of.items():
        rule_id = name.replace("_", "-")
        n = len(rows)
        rules[rule_id] = RuleState(
            np.array(rows, np.int64),
            np.full(n, Phase.PENDING, np.int8),
            np.arange(100, 100 + n),
            np.arange(200, 200 + n),
            np.full(n, 2, np.int8),
            np.arange(-5, n - 5),
        )
        subjects[rule_id] = LAYOUT.subjects(LEVELS[rule_id])
    return Timers(rules, subjects)


def judged(of: Timers, **touched: list[int]) -> Judged:
    return Judged(
        of, (), {name.replace("_", "-"): np.array(rows, np.int64) for name, rows in touched.items()}
    )


def entries(found: Timers) -> dict[str, list[tuple[str, int]]]:
    """Return subject and start of every entry, by rule."""
    return {
        rule_id: [
            (found.subjects[rule_id].id_at(row), since)
            for row, since in zip(state.row.tolist(), state.since_ms.tolist(), strict=True)
        ]
        for rule_id, state in found.rules.items()
    }


WATCH = WATCH_RULE.replace("-", "_")
STATE = timers(ST_01=[0, 2], HB_03=[0, 1, 2, 5], **{WATCH: [0]})


def test_there_is_a_name_for_every_blob_there_may_be() -> None:
    assert CODEC.names == ("engine/S1", "engine/S2", "engine/S3", "engine@watch")


@pytest.mark.parametrize(
    ("touched", "names"),
    [
        ({}, []),
        ({"ST_01": []}, []),
        ({"ST_01": [0]}, ["engine/S1"]),
        ({"ST_01": [2], "HB_03": [2, 3]}, ["engine/S2", "engine/S3"]),
        ({"HB_03": [1, 4]}, ["engine/S1", "engine/S3"]),
        ({WATCH: [0]}, ["engine@watch"]),
        ({WATCH: []}, []),
    ],
)
def test_only_what_changed_is_written(touched: dict[str, list[int]], names: list[str]) -> None:
    assert sorted(CODEC.encode_changed(judged(STATE, **touched))) == names


def test_a_blob_holds_every_entry_of_its_station_and_of_no_other() -> None:
    blobs = CODEC.encode_changed(judged(STATE, ST_01=[0, 1, 2], **{WATCH: [0]}))
    found = {name: entries(CODEC.decode({name: blob})) for name, blob in blobs.items()}
    homes = LAYOUT.subjects(Level.HOUSEHOLD).ids
    assert found == {
        "engine/S1": {"ST-01": [("S1", 100)], "HB-03": [(homes[0], 100), (homes[1], 101)]},
        "engine/S2": {"HB-03": [(homes[2], 102)]},
        "engine/S3": {"ST-01": [("S3", 101)], "HB-03": [(homes[5], 103)]},
        "engine@watch": {WATCH_RULE: [("P1", 100)]},
    }


def test_all_blobs_together_give_the_timers_back_with_every_field() -> None:
    blobs = CODEC.encode_changed(judged(STATE, ST_01=[0, 1, 2], **{WATCH: [0]}))
    found = CODEC.decode(dict(reversed(blobs.items())))
    for rule_id, state in STATE.rules.items():
        for name in ("row", "phase", "since_ms", "frozen_ms", "priority", "urgent_ms"):
            mine, theirs = getattr(state, name), getattr(found.rules[rule_id], name)
            assert (mine.tolist(), mine.dtype) == (theirs.tolist(), theirs.dtype), (rule_id, name)


def test_a_station_without_entries_is_written_empty_so_that_the_old_ones_go() -> None:
    assert CODEC.encode_changed(judged(timers(ST_01=[]), ST_01=[1])) == {"engine/S2": b"{}"}


def test_entries_of_rules_and_objects_that_are_gone_are_left_out() -> None:
    blobs = CODEC.encode_changed(judged(STATE, ST_01=[0, 1, 2], **{WATCH: [0]}))
    fewer = TimersCodec(layout=LAYOUT, rules=RuleSet((RULES.rule("ST-01"),)))
    assert set(fewer.decode(blobs).rules) == {"ST-01"}
    smaller = replace(
        SITE, households=SITE.households[:2], stations=SITE.stations[:1], buildings=SITE.buildings[:1]
    )
    small = entries(TimersCodec(layout=layout_of(smaller), rules=RULES).decode(blobs))
    assert small["ST-01"] == [("S1", 100)]
    assert len(small["HB-03"]) == 2
    assert CODEC.decode({"engine/S1": b'{"ST-01":[]}'}).rules["ST-01"].row.tolist() == []


@pytest.mark.parametrize("blob", [b"", b"[]", b'{"ST-01":[["S1",1]]}', b'{"ST-01":[["S1","x",1,1,1,1]]}'])
def test_a_blob_that_is_no_timers_is_refused_by_its_name(blob: bytes) -> None:
    with pytest.raises(StateError, match="engine/S2"):
        CODEC.decode({"engine/S2": blob})


def filled() -> Windows:
    windows = Windows(LAYOUT)
    at_ms = round(T0.timestamp() * 1000)
    rows = [
        (Measurement.ROOM, "R1-1", "room_temp_c", 19.0),
        (Measurement.STATION, "S2", "mains_power_ok", 1.0),
    ]
    samples = [Sample(ObjectRef(m, name), point, at_ms, value) for m, name, point, value in rows]
    windows.take(SampleBatch.from_samples(samples))
    return windows


def test_windows_that_were_saved_follow_their_objects_into_another_registry() -> None:
    blob = encode_windows(filled())
    moved = replace(SITE, stations=SITE.stations[::-1], sensors=SITE.sensors[::-1])
    found = decode_windows(blob, layout_of(moved))
    stations, rooms = found.newest(Measurement.STATION), found.newest(Measurement.ROOM)
    assert stations.value[stations.points["mains_power_ok"]].tolist()[stations.index["S2"]] == 1.0
    assert np.isfinite(stations.value).sum() == 1
    assert rooms.value[rooms.points["room_temp_c"], rooms.index["R1-1"]] == 19.0
    assert np.nanmax(found.readings.value[rooms.index["R1-1"]]) == 19.0


def test_windows_saved_with_other_points_are_refused() -> None:
    saved = msgspec.msgpack.decode(encode_windows(filled()))
    saved["station"]["points"][0] = "another_point"
    with pytest.raises(StateError, match="other points"):
        decode_windows(msgspec.msgpack.encode(saved), LAYOUT)


@pytest.mark.parametrize("change", ["part", "array", "length", "measurement"])
def test_windows_that_lack_a_part_or_have_another_length_are_refused(change: str) -> None:
    saved = msgspec.msgpack.decode(encode_windows(filled()))
    newest = saved["station"]["arrays"]["newest"]
    match change:
        case "part":
            del saved["station"]["arrays"]["setpoints"]
        case "array":
            del newest["heard_ms"]
        case "length":
            newest["heard_ms"] = newest["heard_ms"][:-8]
        case "measurement":
            saved["moon"] = saved.pop("station")
    with pytest.raises(StateError):
        decode_windows(msgspec.msgpack.encode(saved), LAYOUT)
