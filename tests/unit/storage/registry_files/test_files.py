"""Registry files: the round trip, the encodings, the formulas, and every mistake at its place."""

import csv
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heating.assets import Area, Contract, Emitter, Position, Site, Station
from heating.contacts import Contact
from storage.registry_files.reading import (
    RegistryFileError,
    UnreadableFileError,
    read_registry,
    write_registry,
)
from tests.support.examples import examples
from tests.support.small_town import small_town, small_town_contacts

HEADER = "kind,area_id,name,parent_id,source_id,branch_id,station_id,community_id,building_id,household_id,unit,floor,room,phone"


@pytest.fixture
def as_csv(tmp_path: Path) -> Callable[..., Path]:
    """Writes lines below the header to a CSV."""

    def write(*lines: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
        path = tmp_path / "registry.csv"
        path.write_bytes("\n".join([header, *lines]).encode(encoding))
        return path

    return write


def mistakes_of(path: Path) -> list[str]:
    """Read a file that must fail and return its mistakes without the folder."""
    with pytest.raises(RegistryFileError) as caught:
        read_registry(path)
    return [str(one).removeprefix(f"{path}, ") for one in caught.value.mistakes]


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_what_is_written_is_read_back_equal(tmp_path: Path, ending: str) -> None:
    town = small_town()
    ended = replace(town.assignments[0], end=datetime(2026, 11, 1, 1, 2, 3, 456, tzinfo=UTC))
    town = replace(town, assignments=(ended, *town.assignments[1:]))
    path = tmp_path / f"town{ending}"
    write_registry(path, town, small_town_contacts())
    read = read_registry(path)
    assert read.site == town
    assert sorted(read.contacts, key=str) == sorted(small_town_contacts(), key=str)
    assert list(tmp_path.iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


NAMES = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S"), include_characters=" "),
    min_size=1,
    max_size=12,
).map(str.strip)
NAMES_THAT_STAY = NAMES.filter(bool)
DEGREES = st.none() | st.floats(-90, 90)


@settings(max_examples=examples(40))
@given(
    name=NAMES_THAT_STAY, formula=st.sampled_from("=+-@'"), lat=DEGREES, head=st.none() | st.floats(0.01, 3)
)
@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_any_name_and_number_survives_the_round_trip(
    tmp_path_factory: pytest.TempPathFactory,
    ending: str,
    name: str,
    formula: str,
    lat: float | None,
    head: float | None,
) -> None:
    town = small_town()
    station = Station(
        station_id="st-east",
        name=formula + name,
        name_en=name,
        area_id="xilinhot",
        branch_id="east",
        latitude_deg=lat,
        static_head_mpa=head,
        emitter=Emitter.FLOOR,
    )
    site = Site(areas=town.areas, sources=town.sources, branches=town.branches, stations=(station,))
    path = tmp_path_factory.mktemp("law") / f"law{ending}"
    write_registry(path, site)
    assert read_registry(path).site == site


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_cell_is_a_formula(tmp_path: Path, start: str) -> None:
    evil = start + "cmd|' /C calc'!A0"
    site = Site(areas=(Area(area_id="a", name=evil),))
    for ending in (".csv", ".xlsx"):
        write_registry(tmp_path / f"evil{ending}", site)
        assert read_registry(tmp_path / f"evil{ending}").site.areas[0].name == evil
    with (tmp_path / "evil.csv").open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.DictReader(file))["name"] == "'" + evil
    workbook = openpyxl.load_workbook(tmp_path / "evil.xlsx")
    sheet = workbook["area"]
    cell = next(column[1] for column in sheet.iter_cols() if column[0].value == "name")
    assert (cell.data_type, cell.value) == ("s", "'" + evil)
    workbook.close()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_of_chinese_offices_are_read(as_csv: Callable[..., Path], encoding: str) -> None:
    path = as_csv("area,xilinhot,锡林浩特市", encoding=encoding)
    assert read_registry(path).site.areas[0].name == "锡林浩特市"


def test_chinese_headers_kinds_and_words_are_understood(as_csv: Callable[..., Path]) -> None:
    rows = [
        {"类别": "区域", "区域编号": "a", "名称": "一区"},
        {"类别": "热源", "热源编号": "p", "名称": "热源厂", "区域编号": "a"},
        {"类别": "管线", "管线编号": "b", "名称": "主线", "热源编号": "p"},
        {
            "类别": "换热站",
            "换热站编号": "s",
            "名称": "一站",
            "区域编号": "a",
            "管线编号": "b",
            "末端形式": "地暖",
        },
        {"类别": "小区", "小区编号": "c", "名称": "花园", "区域编号": "a"},
        {
            "类别": "楼栋",
            "楼栋编号": "d",
            "名称": "1号楼",
            "小区编号": "c",
            "换热站编号": "s",
            "分区": "高区",
        },
        {
            "类别": "住户",
            "住户编号": "h",
            "楼栋编号": "d",
            "单元": "3",
            "楼层": "2",
            "门牌号": "201",
            "供暖状态": "报停",
        }
        | {"户型位置": "顶边户", "重点关怀": "是", "联系人": "王芳", "电话": "138 1234 5678"},
    ]
    headers = list(dict.fromkeys(header for row in rows for header in row))
    lines = [",".join(row.get(header, "") for header in headers) for row in rows]
    read = read_registry(as_csv(*lines, header=",".join(headers)))
    assert read.site.stations[0].emitter is Emitter.FLOOR
    assert read.site.buildings[0].circuit == "high"
    (home,) = read.site.households
    assert (home.contract, home.position, home.vulnerable) == (Contract.SUSPENDED, Position.TOP_EDGE, True)
    assert read.contacts == (Contact(household_id="h", name="王芳", phone="13812345678"),)


def test_a_phone_is_kept_as_digits(as_csv: Callable[..., Path]) -> None:
    path = as_csv(
        "area,a,A",
        "source,a,P,,p",
        "branch,,B,,p,b",
        "station,a,S,,,b,s",
        "community,a,C,,,,,c",
        "building,,1,,,,s,c,d",
        "household,,,,,,,,d,h,1,1,101,+86 138-1234-5678",
    )
    assert read_registry(path).contacts == (Contact(household_id="h", phone="13812345678"),)


def test_a_moment_without_zone_is_time_of_china(as_csv: Callable[..., Path], tmp_path: Path) -> None:
    write_registry(tmp_path / "town.csv", small_town())
    text = (tmp_path / "town.csv").read_text(encoding="utf-8-sig")
    local = text.replace("2026-09-30T16:00:00+00:00", "2026-10-01 00:00:00")
    assert local != text
    (tmp_path / "local.csv").write_text(local, encoding="utf-8")
    assert read_registry(tmp_path / "local.csv").site == small_town()


def test_every_mistake_is_told_at_its_place(as_csv: Callable[..., Path]) -> None:
    path = as_csv(
        "area,a,A",
        "area,a,A again",
        "area,b/c,B",
        "source,nowhere,P,,p",
        "castle,a,C",
        "branch,,,,p,b",
        "",
        "station,a,S,,,b,s,,,,3",
    )
    assert mistakes_of(path) == [
        "row 3, column area_id: The id is used twice. Keep one row or change the id.",
        "row 4, column area_id: The id is not valid. Use letters, digits and _ . : - only, at most 64, the first a letter or digit.",
        "row 5, column area_id: There is no area 'nowhere'. Add the area or correct the id.",
        "row 6, column kind: 'castle' is no kind. Write one of: area, source, branch, station, circuit, community, "
        "building, household, sensor, assignment, weather_site.",
        "row 7, column name: The cell is empty. Fill it in.",
        "row 9, column unit: The column does not belong to a station. Empty the cell.",
    ]


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("unit", "eins", "row 8, column unit: Cannot read 'eins'. Write a number, for example 43.9."),
        ("unit", "1.5", "row 8, column unit: Cannot read '1.5'. Write a whole number, for example 6."),
        ("unit", "0", "row 8, column unit: 0 is out of range. Write a number above 0."),
        ("unit", "nan", "row 8, column unit: Cannot read 'nan'. Write a finite number."),
        (
            "phone",
            "call me",
            "row 8, column phone: This is not a phone number. Write digits only, 5 to 15 of them, with a leading + abroad.",
        ),
        (
            "building_id",
            "zz",
            "row 8, column building_id: There is no building 'zz'. Add the building or correct the id.",
        ),
        ("room", "", "row 8, column room: The cell is empty. Fill it in."),
    ],
)
def test_one_wrong_cell_gives_one_mistake(
    as_csv: Callable[..., Path], column: str, cell: str, expected: str
) -> None:
    home = {
        "kind": "household",
        "building_id": "d",
        "household_id": "h",
        "unit": "1",
        "floor": "1",
        "room": "101",
    }
    home[column] = cell
    path = as_csv(
        "area,a,A",
        "source,a,P,,p",
        "branch,,B,,p,b",
        "station,a,S,,,b,s",
        "community,a,C,,,,,c",
        "building,,1,,,,s,c,d",
        ",".join(home.get(name, "") for name in HEADER.split(",")),
    )
    assert mistakes_of(path) == [expected]


def test_unknown_and_doubled_columns_are_told(as_csv: Callable[..., Path]) -> None:
    assert mistakes_of(as_csv("area,a,A,x,B", header="kind,area_id,name,colour,name")) == [
        "row 1, column colour: The column is unknown. Correct its name or delete it.",
        "row 1, column name: The column comes twice. Keep one of them.",
    ]


def test_a_table_without_kinds_is_told_what_to_do(as_csv: Callable[..., Path]) -> None:
    (mistake,) = mistakes_of(as_csv("a,A", header="area_id,name"))
    assert "add a column kind" in mistake


def test_mistakes_in_a_workbook_name_the_sheet(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "区域"
    sheet.append(["区域编号", "名称"])
    sheet.append([101, "一区"])
    sheet.append(["a b", "二区"])
    workbook.save(tmp_path / "r.xlsx")
    workbook.close()
    (mistake,) = mistakes_of(tmp_path / "r.xlsx")
    assert mistake.startswith("sheet 区域, row 3, column area_id: The id is not valid.")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("r.txt", b"kind"),
        ("r.xlsx", b"no zip"),
        ("r.xlsx", b""),
        ("r.csv", b"\xff\xff\xff"),
        ("missing.csv", None),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, name: str, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableFileError, match=name):
        read_registry(tmp_path / name)


def test_a_failed_export_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "town.csv"
    write_registry(path, small_town())
    before = path.read_bytes()
    broken = replace(small_town(), households=(None,))  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        write_registry(path, broken)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(UnreadableFileError):
        write_registry(tmp_path / "town.ods", small_town())


def test_an_assignment_that_overlaps_is_told(tmp_path: Path) -> None:
    town = small_town()
    first = town.assignments[0]
    second = replace(first, household_id="jx-1-1-102", start=first.start + timedelta(days=1))
    path = tmp_path / "overlap.csv"
    write_registry(path, replace(town, assignments=(first, second)))
    (mistake,) = mistakes_of(path)
    assert "column start: The sensor still measures 'jx-1-1-101' then" in mistake
