"""From device, fields and time to rows: units, rules of the map, flags that spoil values, what is left over."""

import math

import pytest

from collector.decoders.foreign import (
    DeviceTarget,
    FamilyOptions,
    Field,
    ForeignRows,
    PointRule,
)
from collector.decoders.numbers import finite_number
from collector.messages.decoded import Decoded
from heating.points import Measurement
from heating.protocols import RawMessage
from heating.quality import Quality
from heating.samples import ObjectRef
from tests.support.decoding import RECEIVED_MS, Map, extras, qualities, reasons, station, values

MESSAGE = RawMessage("t", b"", RECEIVED_MS)


def added(
    *fields: Field, device: str = "d", measured_ms: int | None = 5, late: bool = False, **options: object
) -> Decoded:
    rows = ForeignRows("family", FamilyOptions(**options))  # type: ignore[arg-type]
    rows.add(0, MESSAGE, device, fields, measured_ms=measured_ms, backfilled=late)
    return rows.finish()


def test_units_are_converted_and_unknown_ones_are_never_guessed() -> None:
    decoded = added(Field("t", 68.0, "°F", "room_temp_c"), Field("v", 2985.0, "mV", "battery_v"))
    assert values(decoded) == {"room_temp_c": 20.0, "battery_v": 2.985}
    odd = added(Field("t", 20.0, "furlong", "room_temp_c"))
    assert values(odd) == {} and extras(odd) == {"t": (20.0, "furlong")}


def test_a_rule_of_the_map_scales_shifts_and_goes_before_the_proposal() -> None:
    rule = PointRule("secondary_supply_temp_c", unit="°C", scale=0.1, offset=-1.0)
    devices = Map(d=station(points={"T2": rule}))
    decoded = added(Field("T2", 455.0, "", "room_temp_c"), devices=devices)
    assert values(decoded) == {"secondary_supply_temp_c": 44.5}


def test_the_field_that_the_map_names_wins_over_an_earlier_one() -> None:
    target = DeviceTarget(ObjectRef(Measurement.ROOM, "S1"), {"outer": PointRule("room_temp_c")})
    decoded = added(
        Field("inner", 20.0, "°C", "room_temp_c"), Field("outer", 21.0, "°C"), devices=Map(d=target)
    )
    assert values(decoded) == {"room_temp_c": 21.0}
    assert extras(decoded) == {"inner": (20.0, "°C")}


def test_once_the_map_names_the_field_of_a_point_no_other_field_becomes_it() -> None:
    target = DeviceTarget(ObjectRef(Measurement.ROOM, "S1"), {"outer": PointRule("room_temp_c")})
    decoded = added(
        Field("inner", 55.0, "°C", "room_temp_c"),
        Field("h", 40.0, "%", "room_humidity_pct"),
        devices=Map(d=target),
    )
    assert values(decoded) == {"room_humidity_pct": 40.0}
    assert extras(decoded) == {"inner": (55.0, "°C")}


@pytest.mark.parametrize("sent", ["455", " 455 ", "455.0", "45.5e1"])
def test_a_rule_of_the_map_reads_numbers_in_text(sent: str) -> None:
    devices = Map(d=station(points={"T2": PointRule("secondary_supply_temp_c", unit="°C", scale=0.1)}))
    assert values(added(Field("T2", sent), devices=devices)) == {"secondary_supply_temp_c": 45.5}


def test_kelvin_is_converted() -> None:
    assert values(added(Field("t", 294.65, "K", "room_temp_c"))) == {"room_temp_c": 21.5}


@pytest.mark.parametrize(
    ("celsius", "percent", "silent"),
    [(0, 0, True), (0.0, 0.0, True), (0.0, 40.0, False), (21.0, 30.0, False)],
)
def test_zero_degrees_at_zero_per_cent_is_a_probe_that_did_not_answer(
    celsius: float, percent: float, silent: bool
) -> None:
    decoded = added(Field("t", celsius, "°C", "room_temp_c"), Field("h", percent, "%", "room_humidity_pct"))
    bad = Quality.BAD_SENTINEL if silent else Quality.GOOD
    assert qualities(decoded) == {"room_temp_c": bad, "room_humidity_pct": bad}


def test_the_first_of_two_fields_of_a_point_wins() -> None:
    decoded = added(Field("a", 1.0, "°C", "room_temp_c"), Field("b", 2.0, "°C", "room_temp_c"))
    assert values(decoded) == {"room_temp_c": 1.0} and extras(decoded) == {"b": (2.0, "°C")}


@pytest.mark.parametrize(
    ("flag", "quality"),
    [
        ("sensor_fault", Quality.BAD_SENSOR_FAULT),
        ("sensor_moved", Quality.UNCERTAIN_MOVED),
        ("low_battery", Quality.GOOD),
    ],
)
def test_flags_spoil_the_room_but_not_the_battery(flag: str, quality: Quality) -> None:
    fields = [
        Field("t", 20.0, "°C", "room_temp_c"),
        Field("b", 3.0, "V", "battery_v"),
        Field("f", True, "", flag),
    ]
    found = qualities(added(*fields))
    assert found["room_temp_c"] == quality
    assert found["battery_v"] == found[flag] == Quality.GOOD
    lowered = [*fields[:2], Field("f", False, "", flag)]
    assert set(qualities(added(*lowered)).values()) == {Quality.GOOD}


def test_history_is_marked_with_a_point() -> None:
    assert values(added(Field("t", 20.0, "°C", "room_temp_c"), late=True))["backfilled"] == 1.0


def test_null_is_kept_as_a_bad_value() -> None:
    decoded = added(Field("t", None, "°C", "room_temp_c"))
    assert math.isnan(decoded.samples.value[0]) and qualities(decoded) == {"room_temp_c": Quality.BAD}


def test_without_a_time_the_arrival_stands_in_and_says_so() -> None:
    decoded = added(Field("t", 20.0, "°C", "room_temp_c"), Field("x", 1.0), measured_ms=None)
    assert decoded.samples.measured_ms.tolist() == [RECEIVED_MS]
    assert [item.quality for item in decoded.extras] == [Quality.UNCERTAIN_TIME]


@pytest.mark.parametrize("device", ["", "x" * 129, "a\nb", "a\u0000", "\ufffd"])
def test_ids_that_no_device_has_are_refused(device: str) -> None:
    assert reasons(added(Field("t", 20.0, "°C", "room_temp_c"), device=device)) == ["wrong_type"]


def test_numbers_beyond_all_numbers_are_told() -> None:
    decoded = added(Field("t", 10**400, "°C", "room_temp_c"))
    assert reasons(decoded) == ["range"] and len(decoded.samples) == 0


def test_very_many_fields_are_cut_and_told() -> None:
    decoded = added(*(Field(f"f{place}", 1.0) for place in range(700)))
    assert len(decoded.extras) == 500 and reasons(decoded) == ["too_big"]


@pytest.mark.parametrize("value", [True, "1", None, math.nan, math.inf, 10**400, [1]])
def test_only_finite_numbers_are_numbers(value: object) -> None:
    assert finite_number(value) is None


def temperatures(*told: float, late: bool = False, target: DeviceTarget | None = None) -> list[Quality]:
    """Qualities of temperatures that one probe tells one after the other."""
    options = FamilyOptions(devices=Map() if target is None else Map(d=target))
    found = []
    for number, value in enumerate(told):
        rows = ForeignRows("family", options)
        history = late and number == 0
        rows.add(
            0,
            MESSAGE,
            "d",
            [Field("t", value, "°C", "room_temp_c")],
            measured_ms=5 + number,
            backfilled=history,
        )
        found.append(qualities(rows.finish())["secondary_supply_temp_c" if target else "room_temp_c"])
    return found


G, U = Quality.GOOD, Quality.UNCERTAIN_UNCONFIRMED


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ((21.0, 85.0), [G, U]),
        ((21.0, 85.0, 85.0, 85.0), [G, U, U, U]),
        ((21.0, 85.0, 21.1, 85.0), [G, U, G, U]),
        ((45.0, 85.0, 85.1, 85.0), [G, U, G, G]),
        ((84.9, 85.0, 85.1), [G, G, G]),
        ((76.0, 85.0), [G, G]),
        ((85.0, 85.0), [G, G]),
        ((-20.0, 85.0), [G, U]),
        ((21.0, 84.9, 85.1), [G, G, G]),
    ],
)
def test_exactly_85_degrees_after_a_jump_is_uncertain_until_another_value(
    told: tuple[float, ...], wanted: list[Quality]
) -> None:
    assert temperatures(*told) == wanted
    rule = {"t": PointRule("secondary_supply_temp_c")}
    assert temperatures(*told, target=station(points=rule)) == wanted


def test_a_stored_reading_says_nothing_about_a_jump() -> None:
    assert temperatures(21.0, 85.0, late=True) == [G, G]
