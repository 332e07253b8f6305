"""Choosing a home for a device on the page: by address, from which moment, and what is not told to whom."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from storage.records.device_values import UnknownSighting
from tests.support.dashboard_house import NOW, OWN_HOME, House, open_house

PAGE = "/devices/assign"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        opened.see_new_device("new-1")
        yield opened


def see(house: House, device_id: str, payload: bytes, *, ago: timedelta = timedelta(0)) -> None:
    sighting = UnknownSighting(
        device_id=device_id,
        topic=f"tele/{device_id}/SENSOR",
        family="tasmota",
        kind="room",
        claimed_area="",
        messages=2,
        first_seen=NOW - ago,
        last_seen=NOW,
        last_payload=payload,
    )
    house.records.devices.note_unknown([sighting])


def test_homes_are_found_by_address_and_show_the_sensor_that_is_replaced(house: House) -> None:
    browser, _ = house.signed_in("maintenance")
    page = browser.get(PAGE, params={"device": "new-1", "q": "锦绣 12-3-301"}).text
    assert f'value="{OWN_HOME}" required checked' in page
    assert f"现在由 s-{OWN_HOME} 测量，将被替换" in page
    assert "没有找到住户" in browser.get(PAGE, params={"device": "new-1", "q": "查无此处"}).text


def test_names_and_numbers_of_people_are_neither_shown_nor_searched_for_keepers(house: House) -> None:
    contact = house.records.registry.contact(OWN_HOME)
    assert contact is not None
    keeper, _ = house.signed_in("maintenance")
    admin, _ = house.signed_in("admin")
    for text in (contact.name, contact.phone[-4:]):
        question = {"device": "new-1", "q": text}
        assert f'value="{OWN_HOME}"' not in keeper.get(PAGE, params=question).text
    assert f'value="{OWN_HOME}"' in admin.get(PAGE, params={"device": "new-1", "q": contact.phone[-4:]}).text
    assert contact.name not in admin.get(PAGE, params={"device": "new-1", "q": OWN_HOME}).text


@pytest.mark.parametrize("device", ["nobody", f"s-{OWN_HOME}"])
def test_a_device_that_is_not_there_or_not_theirs_is_not_found(house: House, device: str) -> None:
    browser, _ = house.signed_in("maintenance")
    assert browser.get(PAGE, params={"device": device}).status_code == 404


def test_a_device_may_begin_with_the_minute_of_its_first_message(house: House) -> None:
    see(house, "t-1", b"{}", ago=timedelta(hours=2, seconds=40))
    browser, headers = house.signed_in("admin")
    page = browser.get(PAGE, params={"device": "t-1", "q": OWN_HOME}).text
    assert 'value="first" checked' in page and "第一条消息（09:59）" in page
    form = {"device_id": "t-1", "household_id": OWN_HOME, "begin": "first"}
    assert browser.post(PAGE, data=form, headers=headers).status_code == 303
    assert house.records.registry.assignments_of(OWN_HOME)[-1].start == NOW - timedelta(hours=2, minutes=1)
    again = browser.get(PAGE, params={"device": "t-1", "q": "jx-1-1-101"}).text
    assert 'value="first"' not in again and 'value="now" checked' in again


def test_a_device_heard_for_days_does_not_propose_its_first_message(house: House) -> None:
    see(house, "t-2", b"{}", ago=timedelta(days=3))
    browser, _ = house.signed_in("admin")
    page = browser.get(PAGE, params={"device": "t-2", "q": OWN_HOME}).text
    assert 'value="first">' in page and 'value="now" checked' in page


def test_a_time_that_was_not_given_is_asked_for(house: House) -> None:
    browser, headers = house.signed_in("admin")
    form = {"device_id": "new-1", "household_id": OWN_HOME, "begin": "at", "q": OWN_HOME}
    answer = browser.post(PAGE, data=form, headers=headers)
    assert answer.status_code == 422 and "请填写开始时间" in answer.text
    assert f'value="{OWN_HOME}"' in answer.text
    assert house.records.registry.sensor_of(OWN_HOME, NOW) == f"s-{OWN_HOME}"


def test_another_sensor_may_go_on_measuring(house: House) -> None:
    browser, headers = house.signed_in("admin")
    form = {"device_id": "new-1", "household_id": OWN_HOME, "begin": "now", "keep_other": "true"}
    assert browser.post(PAGE, data=form, headers=headers).status_code == 303
    assert [one.end for one in house.records.registry.assignments_of(OWN_HOME)] == [None, None]


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (b"\x68\x42\x124\xff\x16", "68 42 12 34 ff 16"),
        (b"ab\x00\x01", "61 62 00 01"),
        ("室温 21.5".encode(), "室温 21.5"),
        ("室温".encode()[:-1], "室"),
    ],
)
def test_a_message_is_shown_as_text_or_as_hexadecimal_digits(
    house: House, payload: bytes, shown: str
) -> None:
    see(house, "raw-1", payload)
    items = house.client("admin").get("/api/v1/devices/unknown").json()["items"]
    assert {item["device_id"]: item["last_message"] for item in items}["raw-1"] == shown


def test_the_move_of_a_known_sensor_and_clocks_are_for_who_sees_all_areas(house: House) -> None:
    admin, _ = house.signed_in("admin")
    keeper, _ = house.signed_in("maintenance")
    assert "移动已登记的传感器" in admin.get("/devices").text
    assert "时钟偏差" in admin.get("/devices").text
    own = keeper.get("/devices").text
    assert "移动已登记的传感器" not in own and "时钟偏差" not in own and "其余由管理员分配" in own
    page = admin.get(PAGE, params={"device": f"s-{OWN_HOME}", "q": "jx-1-1-101"}).text
    assert "已登记的传感器" in page and 'value="first"' not in page


@pytest.mark.parametrize("begin", ["", "at"])
def test_a_day_that_the_calendar_does_not_have_assigns_nothing(house: House, begin: str) -> None:
    browser, headers = house.signed_in("maintenance")
    form = {"device_id": "new-1", "household_id": OWN_HOME, "begin": begin, "start": "2026-11-31T10:00"}
    answer = browser.post(PAGE, data=form, headers=headers)
    assert answer.status_code == 422 and "请填写开始时间" in answer.text
    assert house.records.registry.sensor_of(OWN_HOME, NOW) == f"s-{OWN_HOME}"


def test_without_a_home_the_page_asks_for_one(house: House) -> None:
    browser, headers = house.signed_in("maintenance")
    answer = browser.post(PAGE, data={"device_id": "new-1", "household_id": " "}, headers=headers)
    assert answer.status_code == 404 and "没有这个住户编号" in answer.text
