"""Weather files of three formats say the same; mistakes are told all at once with file, line and remedy."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from simulators.random_streams import RandomStreams
from simulators.weather.recorded import RecordedWeather
from simulators.weather.weather_files import WeatherFileError, read_weather_file

SAMPLES = Path(__file__).parent / "samples"
FORMATS = ("two_days.csv", "two_days.epw", "two_days.dat")


def weather(name: str) -> RecordedWeather:
    return RecordedWeather(read_weather_file(SAMPLES / name), random=RandomStreams(1))


def broken(folder: Path, name: str, changes: dict[int, str | None]) -> Path:
    """Copy a sample with lines changed, or left out where None; lines count from 1."""
    raw = (SAMPLES / name).read_bytes().decode("latin-1").splitlines()
    lines = [changes.get(number, line) for number, line in enumerate(raw, start=1)]
    path = folder / name
    path.write_text("\n".join(line for line in lines if line is not None), encoding="latin-1")
    return path


@pytest.mark.parametrize(("name", "zone_h"), [*zip(FORMATS, (8, 8, 1), strict=True)])
def test_every_format_gives_temperature_wind_and_sun_of_its_hours(name: str, zone_h: int) -> None:
    series = weather(name)
    eleven_s = datetime(2026, 1, 15, 11, tzinfo=UTC).timestamp() - 3600 * zone_h
    assert series.outdoor_temp_c(eleven_s) == pytest.approx(-18.4, abs=0.01)
    assert series.wind_speed_m_per_s(eleven_s) == pytest.approx(3.0)
    assert series.radiation_w_per_m2(eleven_s) == pytest.approx(321.75, abs=25)
    assert series.radiation_w_per_m2(eleven_s + 10 * 3600) == 0


def test_radiation_that_is_a_mean_of_the_hour_before_counts_for_its_middle() -> None:
    table = read_weather_file(SAMPLES / "two_days.epw")
    series = weather("two_days.epw")
    row = int(np.argmax(table.radiation_w_per_m2))
    start_of_year_s = datetime(2026, 1, 1, tzinfo=UTC).timestamp() - 8 * 3600
    middle_s = start_of_year_s + table.at_s[row] - 1800
    assert series.radiation_w_per_m2(middle_s) == pytest.approx(table.radiation_w_per_m2[row])


@pytest.mark.parametrize(
    ("name", "line", "text", "told"),
    [
        ("two_days.csv", 4, "2026-01-15T02:00:00,-20,2,0", "zone"),
        ("two_days.csv", 5, "2026-01-15T03:00:00+08:00,cold,2,0", "'cold' is no number"),
        ("two_days.csv", 6, "2026-01-15T02:30:00+08:00,-20,2,0", "not later"),
        ("two_days.csv", 7, "2026-01-15T05:00:00+08:00,-20,2,9999", "outside 0 to 1500"),
        ("two_days.epw", 12, "2017,1,15,4", "is the line cut"),
        ("two_days.epw", 12, "2017,2,29,4,60,?9,-20,-25,60,90100,0,0,200,0,0,0,0,0,0,0,270,3", "29 February"),
        (
            "two_days.epw",
            12,
            "2017,1,15,4,60,?9,99.9,-25,60,90100,0,0,200,0,0,0,0,0,0,0,270,3",
            "missing value",
        ),
        ("two_days.epw", 1, "LOCATION,Town", "zone"),
        ("two_days.dat", 10, "3850500 2468500 1 15 25 -20 940 270 3 4 0.9 70 0 0 200 -250 1", "1 to 24"),
        ("two_days.dat", 10, "3850500 2468500 1 15", "is the line cut"),
        ("two_days.dat", 10, "3850500 2468500 1 15 3 -20 940 270 3 4 0.9 70 - 0 200 -250 1", "no number"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, name: str, line: int, text: str, told: str) -> None:
    path = broken(tmp_path, name, {line: text})
    with pytest.raises(WeatherFileError) as caught:
        read_weather_file(path)
    assert f"{path}:{line}: " in str(caught.value) and told in str(caught.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    path = broken(tmp_path, "two_days.csv", dict.fromkeys(range(5, 20), "soon,-20,2,0"))
    with pytest.raises(WeatherFileError) as caught:
        read_weather_file(path)
    assert str(caught.value).count("\n") == 10 and "and 5 more" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "changes", "told"),
    [
        ("two_days.csv", {1: "when,outdoor_temp_c"}, "no column 'time'"),
        ("two_days.csv", dict.fromkeys(range(12, 50)), "needs 24"),
        ("two_days.epw", {1: "TOWN,x"}, "begins with LOCATION"),
        ("two_days.dat", {7: ""}, "no line \\*\\*\\*"),
        ("two_days.dat", {6: "RW HW MM DD HH t p"}, "no columns WG, B, D"),
    ],
)
def test_a_file_of_another_shape_is_refused(
    tmp_path: Path, name: str, changes: dict[int, str | None], told: str
) -> None:
    with pytest.raises(WeatherFileError, match=told):
        read_weather_file(broken(tmp_path, name, changes))


def test_a_missing_file_and_an_unknown_ending_are_told(tmp_path: Path) -> None:
    with pytest.raises(WeatherFileError, match="cannot be read"):
        read_weather_file(tmp_path / "none.epw")
    with pytest.raises(WeatherFileError, match=r"ending .\.xlsx. is not known"):
        read_weather_file(tmp_path / "winter.xlsx")


def test_wind_and_sun_may_be_missing_in_a_csv(tmp_path: Path) -> None:
    lines = ["time,outdoor_temp_c", *(f"2026-01-15T{hour:02d}:00:00Z,-20" for hour in range(24))]
    path = tmp_path / "plain.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    table = read_weather_file(path)
    assert (table.wind_speed_m_per_s == 3).all() and (table.radiation_w_per_m2 == 0).all()
