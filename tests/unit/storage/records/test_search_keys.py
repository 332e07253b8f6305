"""Normal forms and the reading of a clerk's query."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records.search_keys import (
    Term,
    building_number,
    door_key,
    normal_text,
    phone_digits,
    pinyin_of,
    pinyin_of_person,
    place_keys_of,
    read_query,
    room_key,
)


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("锦绣花园12号楼3单元301室", [("word", "锦绣花园"), ("door", "12-3-301")]),
        ("jxhy 12-3-301", [("word", "jxhy"), ("door", "12-3-301")]),
        ("jxhy12-3-301", [("word", "jxhy"), ("door", "12-3-301")]),
        ("12栋", [("door", "12-")]),
        ("A12栋3单元", [("door", "a12-3-")]),
        ("138 1234 5678", [("digits", "13812345678")]),
        ("+8613812345678", [("digits", "13812345678")]),
        ("0479-8123456", [("digits", "04798123456")]),
        ("5678", [("digits", "5678")]),
        ("３０１", [("digits", "301")]),
        ("王芳，阳光小区", [("word", "王芳"), ("word", "阳光小区")]),
        ("阳光小区一号楼一单元101", [("word", "阳光小区"), ("door", "1-1-101")]),
        ("阳光小区十二号楼三单元一零一室", [("word", "阳光小区"), ("door", "12-3-101")]),
        ("阳光小区二十一栋两单元一〇二", [("word", "阳光小区"), ("door", "21-2-102")]),
        ("阳光1号楼1门101", [("word", "阳光"), ("door", "1-1-101")]),
        ("阳光小区1#楼1单元101室", [("word", "阳光小区"), ("door", "1-1-101")]),
        ("锡林大街12号阳光小区3号楼", [("word", "锡林大街"), ("word", "阳光小区"), ("door", "3-")]),
        ("阳光1号楼1单元3层301", [("word", "阳光"), ("door", "1-1-301")]),
        ("五一小区", [("word", "五一小区")]),
        ("蓝天苑2期2号楼1单元101", [("word", "蓝天苑2期"), ("door", "2-1-101")]),
        ("蓝天苑二期2-1-101", [("word", "蓝天苑2期"), ("door", "2-1-101")]),
        ("蓝天yuan2qi 2-1-101", [("word", "蓝天yuan2qi"), ("door", "2-1-101")]),
        ("  ", []),
        ("%_'", []),
    ],
)
def test_a_query_is_read_into_terms(query: str, terms: list[tuple[str, str]]) -> None:
    assert read_query(query) == [Term(*term) for term in terms]


@given(st.text(max_size=80))
def test_any_text_can_be_read(query: str) -> None:
    for term in read_query(query):
        assert term.kind in ("word", "digits", "door")
        assert term.text


@given(st.text(max_size=40))
def test_a_normal_form_is_normal(text: str) -> None:
    assert normal_text(normal_text(text)) == normal_text(text)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("12号楼", "12"),
        ("A12栋", "a12"),
        ("蓝天A座", "蓝天a座"),
        ("3期5号楼", "5"),
        ("１２号楼", "12"),
        ("十二号楼", "12"),
        ("一百零二栋", "102"),
    ],
)
def test_the_number_of_a_building(name: str, number: str) -> None:
    assert building_number(name) == number


def test_doors_and_rooms() -> None:
    assert door_key("12号楼", 3, "301室") == "12-3-301"
    assert room_key(3, "301") == "301-3"


def test_pinyin_of_places_and_people() -> None:
    assert pinyin_of("锦绣花园") == ("jinxiuhuayuan", "jxhy")
    assert pinyin_of_person("单雄信") == ("shanxiongxin", "sxx")
    assert pinyin_of_person("") == ("", "")


def test_a_building_that_is_only_a_number_has_no_place_key() -> None:
    assert place_keys_of("12号楼") == set()
    assert place_keys_of("阳光小区", "Sunshine") == {"阳光小区", "yangguangxiaoqu", "ygxq", "sunshine"}


@pytest.mark.parametrize(
    ("written", "digits"),
    [("+86 138-1234-5678", "13812345678"), ("008613812345678", "13812345678"), ("8613", "8613")],
)
def test_the_country_code_is_no_part_of_a_phone(written: str, digits: str) -> None:
    assert phone_digits(written) == digits
