"""New devices by page and by interface: listed within areas, assigned, refused in words; clocks."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from heating.points import Measurement
from heating.samples import ObjectRef
from storage.records.device_values import DeviceClock
from tests.support.dashboard_house import NOW, OWN_HOME, House, open_house

FOREIGN_HOME = "lt-a-2-202"
ASSIGN = "/api/v1/devices/unknown/assign"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        opened.see_new_device("new-1")
        opened.see_new_device("far-1", area_id="abag")
        yield opened


def listed(house: House, role: str, query: str = "") -> list[str]:
    items = house.client(role).get(f"/api/v1/devices/unknown{query}").json()["items"]
    return sorted(item["device_id"] for item in items)


def test_new_devices_are_listed_with_their_last_message_within_the_own_areas(house: House) -> None:
    assert listed(house, "admin") == ["far-1", "new-1"]
    assert listed(house, "maintenance") == ["new-1"]
    (item,) = house.client("maintenance").get("/api/v1/devices/unknown").json()["items"]
    assert (item["kind"], item["messages"], item["last_message"]) == ("room", 1, '{"v":{"room_temp_c":21.5}}')


def test_an_assigned_device_measures_the_home_and_its_former_sensor_ends(house: House) -> None:
    answer = house.client("maintenance").post(ASSIGN, json={"device_id": "new-1", "household_id": OWN_HOME})
    assert answer.status_code == 200, answer.text
    assert answer.json()["start"] == "2026-12-01T04:00:00Z"
    assert house.records.registry.sensor_of(OWN_HOME, NOW) == "new-1"
    assert house.records.registry.sensor_of(OWN_HOME, NOW - timedelta(seconds=1)) == f"s-{OWN_HOME}"
    assert listed(house, "maintenance") == []
    assert listed(house, "maintenance", "?assigned=true") == ["new-1"]
    (entry,) = house.records.audit.entries(action="device.assigned")
    assert (entry.who, entry.subject) == ("maintenance", "new-1")


@pytest.mark.parametrize(
    ("device_id", "household_id"),
    [
        ("new-1", FOREIGN_HOME),
        ("far-1", OWN_HOME),
        ("nobody", OWN_HOME),
        ("new-1", "nowhere"),
        ("a b", OWN_HOME),
    ],
)
def test_what_lies_elsewhere_does_not_exist(house: House, device_id: str, household_id: str) -> None:
    body = {"device_id": device_id, "household_id": household_id}
    answer = house.client("maintenance").post(ASSIGN, json=body)
    assert answer.status_code == 404
    assert household_id not in answer.json()["detail"]


def test_the_past_cannot_be_rewritten(house: House) -> None:
    body = {"device_id": "new-1", "household_id": OWN_HOME, "start": "2026-01-01T00:00:00Z"}
    answer = house.client("admin").post(ASSIGN, json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "assignment_conflict")
    assert (
        house.client("admin").post(ASSIGN, json={**body, "start": "2026-01-01T00:00:00"}).status_code == 422
    )


def test_the_trend_of_a_home_joins_its_sensors_at_the_moment_of_the_change(house: House) -> None:
    house.series.asked.clear()
    change = NOW - timedelta(hours=6)
    body = {"device_id": "new-1", "household_id": OWN_HOME, "start": change.isoformat()}
    assert house.client("admin").post(ASSIGN, json=body).status_code == 200
    answer = house.client("hotline").get(f"/api/v1/households/{OWN_HOME}/trend")
    assert answer.status_code == 200
    windows = {
        ref.object_id: window
        for ref, _points, window in house.series.asked
        if ref.measurement is Measurement.ROOM
    }
    assert windows[f"s-{OWN_HOME}"].end == change
    assert windows["new-1"].start == change


def test_clocks_are_shown_worst_first_and_only_to_who_sees_all_areas(house: House) -> None:
    clocks = [
        DeviceClock(ref=ObjectRef(Measurement.ROOM, name), skew_ms=skew_ms, readings=9, updated_at=NOW)
        for name, skew_ms in (("a", 90_000), ("b", -28_800_000), ("c", 5_000))
    ]
    house.records.devices.note_clocks(clocks)
    items = house.client("admin").get("/api/v1/devices/clocks").json()["items"]
    assert [(item["object_id"], item["skew_s"]) for item in items] == [("b", -28_800.0), ("a", 90.0)]
    assert house.client("maintenance").get("/api/v1/devices/clocks").json()["items"] == []


def test_the_page_lists_assigns_and_says_what_is_wrong(house: House) -> None:
    browser, headers = house.signed_in("maintenance")
    page = browser.get("/devices").text
    assert "new-1" in page and "far-1" not in page and "房间" not in page
    assert "&#34;room_temp_c&#34;:21.5" in page
    wrong = browser.post("/devices/assign", data={"device_id": "new-1", "household_id": "x"}, headers=headers)
    assert wrong.status_code == 404 and "没有这个住户编号" in wrong.text
    form = {"device_id": "new-1", "household_id": OWN_HOME, "start": "2026-12-01T11:30"}
    done = browser.post("/devices/assign", data=form, headers=headers)
    assert done.status_code == 303
    shown = browser.get(done.headers["location"]).text
    assert "new-1 现在测量" in shown and "保留的消息将在几秒内入库" in shown and "等待入库" in shown
    assert house.records.registry.assignments_of(OWN_HOME)[-1].start == NOW - timedelta(minutes=30)


def test_a_moved_sensor_shows_no_reading_of_its_former_home(house: House) -> None:
    house.room(OWN_HOME, 23.5, age_s=1200)
    former = f"s-{OWN_HOME}"
    change = (NOW - timedelta(minutes=10)).isoformat()
    body = {"device_id": former, "household_id": "jx-1-1-101", "start": change}
    before = house.client("hotline").get("/api/v1/households/jx-1-1-101/card").json()
    assert before["sensor_id"] != former
    assert house.client("admin").post(ASSIGN, json=body).status_code == 200
    card = house.client("hotline").get("/api/v1/households/jx-1-1-101/card").json()
    assert (card["sensor_id"], card["room_now"]["value"]) == (former, None)
    cells = house.client("dispatcher").get("/api/v1/buildings/jx-1/facade").json()["cells"]
    (cell,) = [cell for cell in cells if cell["household_id"] == "jx-1-1-101"]
    assert (cell["state"], cell["temperature_c"]) == ("stale", None)
    house.live.put(Measurement.ROOM, former, house.clock.now_ms() - 60_000, quality=0, room_temp_c=19.5)
    card = house.client("hotline").get("/api/v1/households/jx-1-1-101/card").json()
    assert card["room_now"]["value"] == 19.5
