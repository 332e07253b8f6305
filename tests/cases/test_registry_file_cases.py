"""Registry files as offices keep them: their usual forms are read, what is no data is named, what is lost is a mistake."""

import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from storage.registry_files.cells import with_quote, without_quote
from storage.registry_files.columns import COLUMNS
from storage.registry_files.office_forms import UnreadableCellError
from storage.registry_files.reading import (
    RegistryFile,
    RegistryFileError,
    UnreadableFileError,
    read_registry,
)

READ = {column.header: column.read for column in COLUMNS}
BASIS: dict[str, Sequence[Sequence[object]]] = {
    "区域": [["区域编号", "名称"], ["qu", "一区"]],
    "热源": [["热源编号", "名称", "区域编号"], ["P1", "热电厂", "qu"]],
    "管线": [["管线编号", "名称", "热源编号"], ["N1", "东线", "P1"]],
    "换热站": [
        ["换热站编号", "名称", "区域编号", "管线编号", "供热面积m2"],
        ["S1", "一号站", "qu", "N1", "47,400"],
    ],
    "小区": [["小区编号", "名称", "区域编号"], ["C1", "锦绣花园", "qu"]],
    "楼栋": [["楼栋编号", "名称", "小区编号", "换热站编号"], ["B1", "1号楼", "C1", "S1"]],
}
HOMES = ["楼栋编号", "住户编号", "单元", "楼层", "门牌号", "建筑面积m2", "联系人", "电话"]


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("start", "2026/10/15", datetime(2026, 10, 14, 16, tzinfo=UTC)),
        ("start", "2026年10月15日", datetime(2026, 10, 14, 16, tzinfo=UTC)),
        ("start", "2026.10.15", datetime(2026, 10, 14, 16, tzinfo=UTC)),
        ("start", "2026/10/15 8:30", datetime(2026, 10, 15, 0, 30, tzinfo=UTC)),
        ("start", "2026-10-15T08:30:00+08:00", datetime(2026, 10, 15, 0, 30, tzinfo=UTC)),
        ("heated_area_m2", "47,400", 47400.0),
        ("heated_area_m2", "1,234,567.5", 1234567.5),
        ("area_m2", "90㎡", 90.0),
        ("area_m2", "９０．５ 平方米", 90.5),
        ("static_head_mpa", "0.35 MPa", 0.35),
        ("floor", "3层", 3),
        ("phone", "13812345678/13998765432", "13812345678"),
        ("phone", "138 1234 5678、0479-8212345", "13812345678"),
        ("phone", "１３８１２３４５６７８", "13812345678"),
        ("phone", "+86 138-1234-5678", "13812345678"),
        ("phone", "0479-8212345", "04798212345"),
        ("sensor_id", "８６０１２３４５６７８９０１２", "860123456789012"),
        ("sensor_id", "8601 2345 6789 012", "860123456789012"),
        ("household_id", "H–1", "H-1"),
        ("contract", "供暖", READ["contract"]("heating")),
    ],
)
def test_the_usual_forms_are_read(column: str, cell: str, value: object) -> None:
    assert READ[column](cell) == value


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        # A comma that parts no thousands may be a decimal one: nobody knows.
        ("heated_area_m2", "47,4"),
        ("heated_area_m2", "4,7400"),
        ("static_head_mpa", "350 kPa"),
        ("area_m2", "90 m"),
        ("start", "15.10.2026"),
        ("start", "2026/13/01"),
        ("sensor_id", "8.60123E+17"),
        ("phone", "1.38123E+10"),
    ],
)
def test_what_cannot_be_meant_is_refused(column: str, cell: str) -> None:
    with pytest.raises(UnreadableCellError):
        READ[column](cell)


def workbook(path: Path, homes: Sequence[Sequence[object]], *, merge: str = "", empty: bool = False) -> Path:
    """Write a workbook with a sheet a kind."""
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "Sheet1"
    for title, rows in {**BASIS, "住户": [HOMES, *homes]}.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
        if title == "住户" and merge:
            sheet.merge_cells(merge)
    if not empty:
        del book["Sheet1"]
    book.save(path)
    book.close()
    return path


def read(path: Path) -> RegistryFile:
    return read_registry(path)


def mistakes(path: Path) -> list[str]:
    with pytest.raises(RegistryFileError) as caught:
        read_registry(path)
    return [str(one) for one in caught.value.mistakes]


def test_sums_empty_sheets_and_second_phones_are_named_and_left_out(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "r.xlsx",
        [
            ["B1", "H1", 1, 1, "101", "90㎡", "王", "13812345678/13998765432"],
            ["合计", None, None, None, None, 90, None, None],
        ],
        empty=True,
    )
    found = read(path)
    assert [one.household_id for one in found.site.households] == ["H1"]
    assert found.site.households[0].area_m2 == 90.0
    assert found.site.stations[0].heated_area_m2 == 47400.0
    assert [one.phone for one in found.contacts] == ["13812345678"]
    assert found.skipped == (
        "sheet Sheet1, row 1: the sheet is empty",
        "sheet 住户, row 2: a home has one phone: the first was taken",
        "sheet 住户, row 3: '合计' is a sum and no object",
    )
    assert found.site.weather_sites == ()


def test_a_merged_building_holds_for_every_home_in_it(tmp_path: Path) -> None:
    rows = [["B1", "H1", 1, 1, "101"], [None, "H2", 1, 1, "102"], [None, "H3", 1, 2, "201"]]
    path = workbook(tmp_path / "r.xlsx", rows, merge="A2:A4")
    assert [one.building_id for one in read(path).site.households] == ["B1", "B1", "B1"]
    # Not merged, an empty cell is an empty cell.
    assert len(mistakes(workbook(tmp_path / "plain.xlsx", rows))) == 2


def test_digits_that_the_spreadsheet_lost_are_a_mistake_with_the_remedy(tmp_path: Path) -> None:
    for number in (860123456789012345, 8.60123456789012e17):
        (found,) = mistakes(workbook(tmp_path / "r.xlsx", [["B1", number, 1, 1, "101"]]))
        assert "sheet 住户, row 2, column household_id" in found
        assert "Format the column as text" in found
    kept = workbook(tmp_path / "ok.xlsx", [["B1", 860123456789012, 1, 1, 101]])
    assert read(kept).site.households[0].household_id == "860123456789012"


def test_a_formula_without_a_result_is_no_default(tmp_path: Path) -> None:
    (found,) = mistakes(workbook(tmp_path / "r.xlsx", [["B1", "H1", 1, 1, "101", "=45*2"]]))
    assert "row 2, column area_m2: The formula has no result in the file." in found


def test_one_far_cell_costs_nothing(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(workbook(tmp_path / "r.xlsx", [["B1", "H1", 1, 1, "101"]]))
    book["住户"]["XFD1048576"] = "x"
    book.save(tmp_path / "far.xlsx")
    assert len(read(tmp_path / "far.xlsx").site.households) == 1


def test_a_part_that_unfolds_to_a_thousand_times_its_size_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "r.xlsx", [["B1", "H1", 1, 1, "101"]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", b"<a/>" * 10_000_000)
    with pytest.raises(UnreadableFileError, match="unfolds to 40000000"):
        read(path)


@pytest.mark.parametrize("sign", ["=", "＝", "＋", "－", "＠", "@", "+", "-"])
def test_what_a_spreadsheet_would_compute_is_quoted_and_comes_back(sign: str) -> None:
    text = f"{sign}1+cmd|' /C calc'!A0"
    assert with_quote(text) == "'" + text
    assert without_quote(with_quote(text)) == text
