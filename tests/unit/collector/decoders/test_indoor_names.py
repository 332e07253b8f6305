"""Names of indoor quantities, units told and untold, values that mean «probe absent»."""

import pytest

from collector.decoders.indoor_names import indoor_field, indoor_fields, temperature_quality
from heating.quality import Quality


@pytest.mark.parametrize(
    ("name", "point"),
    [
        ("temperature", "room_temp_c"),
        ("TempC_SHT", "room_temp_c"),
        ("temperature_1", "room_temp_c"),
        ("air_temperature", "room_temp_c"),
        ("sensorTemperature", "room_temp_c"),
        ("local_temperature", "room_temp_c"),
        ("Hum_SHT", "room_humidity_pct"),
        ("relative_humidity_2", "room_humidity_pct"),
        ("BatV", "battery_v"),
        ("battery", "battery_pct"),
        ("battery_1", None),
        ("data.temperature", "room_temp_c"),
        ("air.temperature_1", "room_temp_c"),
        ("probe.temperature", None),
        ("TempC_DS", None),
        ("target_temperature", None),
        ("voltage", None),
        ("", None),
        ("温度", None),
    ],
)
def test_names_lead_to_points(name: str, point: str | None) -> None:
    assert indoor_field(name, 20.0).point == point


@pytest.mark.parametrize(
    ("name", "value", "unit", "wanted"),
    [
        ("vdd", 3600, None, ("battery_v", "mV")),
        ("vdd", 3.6, None, ("battery_v", "V")),
        ("battery", 3.6, None, ("battery_v", "V")),
        ("battery", 3, None, ("battery_pct", "%")),
        ("battery", 2.5, "%", ("battery_pct", "%")),
        ("battery_voltage", 120.0, "V", ("battery_v", "V")),
    ],
)
def test_only_an_untold_unit_is_judged_by_size(
    name: str, value: float, unit: str | None, wanted: tuple[str, str]
) -> None:
    field = indoor_field(name, value, unit)
    assert (field.point, field.unit) == wanted


@pytest.mark.parametrize("value", [327.67, -327.68, 3276.7, -3276.8, -127.0, 655.35])
def test_the_ends_of_a_16_bit_field_mean_absent(value: float) -> None:
    assert temperature_quality(value) == Quality.BAD_SENTINEL


@pytest.mark.parametrize("value", [85.0, 32.767, -40.0, 0.0, 327.0, -12.7])
def test_real_temperatures_are_no_sentinels(value: float) -> None:
    assert temperature_quality(value) == Quality.GOOD


def test_nested_objects_lists_and_values_with_units_are_laid_flat() -> None:
    fields = indoor_fields(
        {
            "air": {"temperature": 21.0, "co2": {"value": 600, "unit": "ppm"}},
            "probes": [1.0, 2.0],
            "deep": {"a": {"b": {"c": {"d": 1}}}},
        }
    )
    assert {item.name: (item.value, item.unit) for item in fields} == {
        "air.temperature": (21.0, "°C"),
        "air.co2": (600, "ppm"),
        "probes.1": (1.0, ""),
        "probes.2": (2.0, ""),
    }
