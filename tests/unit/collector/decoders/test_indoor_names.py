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
        ("温度", "room_temp_c"),
        ("室内温度(℃)", "room_temp_c"),
        ("湿度", "room_humidity_pct"),
        ("Temp", "room_temp_c"),
        ("Humi", "room_humidity_pct"),
        ("humi", "room_humidity_pct"),
        ("hum", "room_humidity_pct"),
        ("serviceData.temperature", "room_temp_c"),
        ("internal_temperature", None),
        ("internalTemperature", None),
        ("board.temperature", None),
        ("chip_temp", None),
        ("device_temperature", None),
        ("cpuTemperature", None),
        ("内部温度", None),
        ("主板温度", None),
        ("soil_temperature", None),
        ("soil_moisture", None),
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
        ("battery", 3, None, (None, "")),
        ("battery", 2.5, "%", ("battery_pct", "%")),
        ("battery_voltage", 120.0, "V", ("battery_v", "V")),
    ],
)
def test_only_an_untold_unit_is_judged_by_size(
    name: str, value: float, unit: str | None, wanted: tuple[str, str]
) -> None:
    field = indoor_field(name, value, unit)
    assert (field.point, field.unit) == wanted


@pytest.mark.parametrize(
    ("name", "value", "point", "unit"),
    [
        # one device of a public recording sent 2.9, 3 and 3.1: volts, so its 3 is no 3 %
        *(("batteryLevel", value, "battery_v", "V") for value in (1.6, 2.9, 3.1, 3.6, 4.2)),
        *(("batteryLevel", value, None, "") for value in (2, 3, 3.0, 4)),
        *(("battery", value, "battery_v", "mV") for value in (1500, 2985, 3507.0, 4500)),
        *(("battery", value, "battery_pct", "%") for value in (0, 1, 5, 42, 87.5, 99, 100)),
        *(("battery", value, None, "") for value in (-1, 0.87, 5.5, 101, 255, 360, 1499, 4501, 65535)),
        *(("电量", value, "battery_pct", "%") for value in (5, 80)),
        ("电量", 3.6, "battery_v", "V"),
        ("电量", "80%", "battery_pct", "%"),
        ("battery", "3.6V", "battery_v", "V"),
        ("battery", "3600 mV", "battery_v", "mV"),
        ("battery_percentage", 3, "battery_pct", "%"),
        ("battery_percentage", 255, "battery_pct", "%"),
        ("battery_percentage", 3507, None, ""),
        ("BatV", 3.05, "battery_v", "V"),
        ("BatV", 3, "battery_v", "V"),
        ("BatV", 12.6, "battery_v", "V"),
        ("vdd", 3612, "battery_v", "mV"),
        ("battery_mv", 98, "battery_v", "mV"),
        ("Volt", 3.6, "battery_v", "V"),
        ("Volt", 3, "battery_v", "V"),
        ("Volt", 229.5, None, ""),
        ("voltage", 3012, "battery_v", "mV"),
    ],
)
def test_a_battery_is_what_only_it_can_be(
    name: str, value: float | str, point: str | None, unit: str
) -> None:
    field = indoor_field(name, value)
    assert (field.point, field.unit) == (point, unit)


@pytest.mark.parametrize(("name", "value"), [("battery_voltage", 0.0), ("battery_percentage", 255)])
def test_a_battery_that_cannot_be_told_is_a_sentinel(name: str, value: float) -> None:
    assert indoor_field(name, value).quality == Quality.BAD_SENTINEL


@pytest.mark.parametrize(
    "unit",
    [
        "degC",
        "Celsius",
        "℃",
        "°C",
        "oc",
        "oC",
        "C",
        "deg C",
        "º C",
        "Cel",
        "摄氏度",
        "DEGREES_CELSIUS",
        " °c ",
    ],
)
def test_every_spelling_of_a_degree_is_read(unit: str) -> None:
    assert indoor_field("temperature", 21.5, unit).unit == "°C"


@pytest.mark.parametrize("unit", ["%RH", "rh", "RH%", "% RH", "percent", "％", "%", "pct"])
def test_every_spelling_of_a_relative_humidity_is_read(unit: str) -> None:
    assert indoor_field("humidity", 41, unit).unit == "%"


@pytest.mark.parametrize(
    ("sent", "value", "unit"),
    [
        ("21.50", 21.5, "°C"), (" 21.5 ", 21.5, "°C"), ("21,5", 21.5, "°C"), ("+21.5", 21.5, "°C"), ("-1.5", -1.5, "°C"),
        ("−12.5", -12.5, "°C"), ("２１.５", 21.5, "°C"), ("2.15e1", 21.5, "°C"), ("21.5 °C", 21.5, "°C"),
        ("21.5℃", 21.5, "°C"), ("70.7F", 70.7, "°F"), ("294.65 K", 294.65, "K"), ("21", 21.0, "°C"),
        ("NaN", None, "°C"), ("-nan", None, "°C"), ("Infinity", None, "°C"), ("-inf", None, "°C"), ("", None, "°C"),
        ("--", None, "°C"), ("null", None, "°C"), ("N/A", None, "°C"), ("-1.#IND", None, "°C"), ("1.#QNAN", None, "°C"),
    ],
)  # fmt: skip
def test_numbers_in_text_are_read_and_words_for_none_are_no_value(
    sent: str, value: float | None, unit: str
) -> None:
    field = indoor_field("temperature", sent)
    assert (field.value, field.unit, field.point) == (value, unit, "room_temp_c")


@pytest.mark.parametrize(
    "sent", ["warm", "0x15", "1,234", "1_000", "21.5 or so", "21.5.1", "٢١", "1e999", "9" * 50]
)
def test_other_texts_are_no_numbers(sent: str) -> None:
    assert indoor_field("temperature", sent).value == sent


def test_values_beside_their_type_are_read_by_it() -> None:
    listed = [
        {"measurementId": "4097", "measurementValue": 21.5, "type": "Air Temperature"},
        {"measurementId": "4098", "measurementValue": "43"},
        {"name": "co2", "value": 600, "unit": "ppm"},
        {"name": "battery", "value": 87, "unit": "%"},
    ]
    for shape in (listed, [listed]):
        found = {
            item.point: item.value for item in indoor_fields({"messages": shape, "valid": True}) if item.point
        }
        assert found == {"room_temp_c": 21.5, "room_humidity_pct": 43.0, "battery_pct": 87}


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
