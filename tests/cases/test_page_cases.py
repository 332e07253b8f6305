"""The pages in the hands of a dispatcher: what was reported, with what is right (docs/field-faults.md)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from heating.alarms import Alarm, AlarmEvent, AlarmEventKind, Priority
from heating.heat_tree import Level, Node
from tests.support.dashboard_house import House, open_house

K = AlarmEventKind


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened


def raise_home(
    house: House,
    number: int,
    home: str,
    *,
    incident_id: str | None = None,
    parameters: Mapping[str, object] | None = None,
) -> Alarm:
    """Raise and announce a cold home, later than everything before."""
    at = house.clock.now() + timedelta(seconds=number)
    alarm = Alarm(
        alarm_id=f"home-{number:03d}",
        rule_id="HB-03",
        subject=Node(Level.HOUSEHOLD, home),
        area_id="xilinhot",
        priority=Priority.P2,
        raised_at=at,
    )
    events = [
        AlarmEvent(alarm_id=alarm.alarm_id, kind=K.RAISED, at=at, opening=alarm, parameters=parameters or {}),
        AlarmEvent(alarm_id=alarm.alarm_id, kind=K.ANNUNCIATED, at=at),
    ]
    if incident_id is not None:
        attached = {"incident_id": incident_id}
        events.append(AlarmEvent(alarm_id=alarm.alarm_id, kind=K.ATTACHED, at=at, parameters=attached))
    house.records.alarms.append_events(events)
    return alarm


def homes_of(house: House, number: int) -> list[str]:
    site = house.records.registry.load_site()
    return [home.household_id for home in site.households if home.household_id.startswith("jx-")][:number]


def act(house: House, alarm_id: str, kind: AlarmEventKind) -> None:
    now = house.clock.now()
    until = now + timedelta(hours=1)
    house.records.alarms.append_events(
        [AlarmEvent(alarm_id=alarm_id, kind=kind, at=now, by="wang", until=until)]
    )


def place_station(house: House, **changes: Any) -> None:
    site = house.records.registry.load_site()
    stations = [replace(one, **changes) if one.station_id == "st-east" else one for one in site.stations]
    house.records.registry.apply_site(
        replace(site, stations=tuple(stations)), by="test", now=house.clock.now()
    )


def shown_ids(page: str) -> list[str]:
    ids = re.findall(r'href="/alarms/([\w-]+)"', page)
    return [alarm_id for alarm_id in dict.fromkeys(ids) if alarm_id != "health"]


def test_17_a_p1_is_always_in_sight_whatever_came_after_it(house: House) -> None:
    house.raise_alarm("pump")
    for number, home in enumerate(homes_of(house, 22), start=1):
        raise_home(house, number, home)
    page = house.client("dispatcher").get("/overview").text
    urgent = page[page.index('id="ticker-title"') : page.index('id="worst-title"')]
    assert shown_ids(urgent)[0] == "pump"
    assert "显示 8 / 23" in urgent
    assert shown_ids(house.client("dispatcher").get("/alarms").text)[0] == "pump"


def test_17_the_console_goes_by_priority_then_incident_on_every_page(house: House) -> None:
    house.raise_alarm("pump")
    house.raise_alarm("late", station_id="st-east", rule_id="ST-02", priority=Priority.P2)
    homes = homes_of(house, 120)
    for number, home in enumerate(homes, start=1):
        raise_home(house, number, home, incident_id="i-pump" if number % 2 else None)
    client, seen, address = house.client("dispatcher"), [], "/alarms?tab=active"
    while address:
        page = client.get(address).text
        seen += re.findall(r'<tr class="[^"]*" data-href="/alarms/([\w-]+)"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following.group(1).replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == len(homes) + 2
    assert seen[:2] == ["pump", "late"]
    members = [f"home-{number:03d}" for number in range(1, len(homes) + 1, 2)]
    assert sorted(seen[2 : 2 + len(members)]) == members


def test_27_figures_count_what_the_lists_show(house: House) -> None:
    for number in (1, 2, 3, 4):
        house.raise_alarm(f"a{number}", rule_id=f"ST-0{number}", incident=False)
    act(house, "a1", K.SHELVED)
    act(house, "a2", K.CLEARED)
    hidden = AlarmEvent(alarm_id="a3", kind=K.INHIBITED, at=house.clock.now(), inhibitor="a4")
    house.records.alarms.append_events([hidden])
    client = house.client("dispatcher")
    assert client.get("/api/v1/overview").json()["open_alarms"]["P1"] == 1
    assert shown_ids(client.get("/alarms?tab=active&priority=1").text) == ["a4"]
    assert 'href="/alarms?tab=active&amp;priority=1"' in client.get("/overview").text
    (station,) = client.get("/api/v1/stations").json()["items"]
    assert (station["open_alarms"], station["worst_priority"]) == (1, 1)


def test_27_the_map_paints_a_recovered_station_apart(house: House) -> None:
    place_station(house, longitude_deg=116.1, latitude_deg=43.9)
    house.warm_station()
    alarm = house.raise_alarm(incident=False)
    client = house.client("dispatcher")
    active = client.get("/overview").text
    act(house, alarm.alarm_id, K.CLEARED)
    recovered = client.get("/overview").text
    assert '<rect class="p1"' in active and 'class="recovered"' not in mark_of(active)
    assert '<rect class="p1"' not in mark_of(recovered) and 'class="recovered"' in mark_of(recovered)


def mark_of(page: str) -> str:
    mark = re.search(r'<g [^>]*data-station="st-east">.*?class="hit"', page, re.DOTALL)
    assert mark is not None
    return mark.group()


def test_31_loose_alarms_do_not_look_like_members_of_the_incident_above(house: House) -> None:
    house.raise_alarm("pump")
    raise_home(house, 1, homes_of(house, 1)[0], incident_id="i-pump")
    raise_home(house, 2, homes_of(house, 2)[1])
    page = house.client("dispatcher").get("/alarms?tab=active").text
    bodies = page.split("<tbody>")[1:]
    assert ["group-row loose" in body for body in bodies][-1] and "不属于任何事件" in bodies[-1]
    assert "home-002" in bodies[-1] and "home-001" not in bodies[-1]


@pytest.mark.parametrize("words", ["锦绣", "jxhy", "锦绣12号楼", "st-east", "东", "ST-01", "1-101"])
def test_31_alarms_are_found_by_names_addresses_pinyin_and_rules(house: House, words: str) -> None:
    house.raise_alarm("pump", incident=False)
    raise_home(house, 1, "jx-12-1-101")
    found = set(shown_ids(house.client("dispatcher").get("/alarms", params={"subject": words}).text))
    about_station = words in ("st-east", "东", "ST-01")
    assert found == ({"pump"} if about_station else {"home-001"})


@pytest.mark.parametrize(("words", "found"), [("dongqu", 1), ("dq", 1), ("东区", 1), ("xiqu", 0)])
def test_31_stations_are_found_by_pinyin(house: House, words: str, found: int) -> None:
    place_station(house, name="东区换热站")
    stations = house.client("dispatcher").get("/api/v1/stations", params={"q": words}).json()["items"]
    assert len(stations) == found


def ticket_of(house: House) -> str:
    client = house.client("dispatcher")
    body = {"household_id": "jx-12-1-101", "category": "insufficient"}
    return str(client.post("/api/v1/tickets", json=body).json()["ticket_id"])


def test_21_moving_on_chooses_nothing_for_the_clerk_and_giving_up_comes_last(house: House) -> None:
    page = house.client("dispatcher").get(f"/tickets/{ticket_of(house)}").text
    options = re.findall(r'<option value="(\w*)"( selected)?>', page[page.index('id="move-to"') :])
    assert options[0] == ("", "") and options[-1] == ("cancelled", "")
    assert [value for value, _ in options] == ["", "assigned", "waiting", "resolved", "cancelled"]


def test_21_cancelling_needs_its_reason(house: House) -> None:
    address = f"/api/v1/tickets/{ticket_of(house)}"
    client = house.client("dispatcher")
    assert client.patch(address, json={"state": "cancelled"}).status_code == 422
    assert client.get(address).json()["state"] == "new"
    assert client.patch(address, json={"state": "cancelled", "note": "住户撤回"}).status_code == 200


def test_32_the_crew_reads_tickets_and_changes_none(house: House) -> None:
    ticket_id, crew = ticket_of(house), house.client("maintenance")
    assert ticket_id in crew.get("/tickets").text
    page = crew.get(f"/tickets/{ticket_id}").text
    assert (
        "锦绣花园12号楼1单元101" in page and 'id="move-to"' not in page and "/hotline/households/" not in page
    )
    assert crew.patch(f"/api/v1/tickets/{ticket_id}", json={"note": "x"}).status_code == 403


def test_23_a_cold_home_leads_to_phone_card_building_trend_and_ticket_and_says_then_and_now(
    house: House,
) -> None:
    alarm = raise_home(house, 1, "jx-12-3-301", parameters={"t_room_med30": 10.4})
    house.room("jx-12-3-301", 8.6)
    page = house.client("dispatcher").get(f"/alarms/{alarm.alarm_id}").text
    assert "发生时：近半小时室温中位值 10.4 °C" in page
    assert re.search(r"现在 <span[^>]*>8.6</span>", re.sub(r"\s+", " ", page))
    home = "/hotline/households/jx-12-3-301"
    for way in (f'href="{home}"', f'href="{home}#day"', f'href="{home}#intake"', 'href="/buildings/jx-12"'):
        assert way in page
    assert "138****5678" in page and "13812345678" not in page
    assert "tel:13812345678" in house.client("dispatcher").get(f"{home}/phone").text
    assert [line.action for line in house.records.audit.entries(limit=1)] == ["household.phone_seen"]
    card = house.client("dispatcher").get(home).text
    assert 'id="intake"' in card and f'hx-get="{home}/phone"' in card


def test_23_who_may_not_look_up_homes_sees_no_phone_and_no_card(house: House) -> None:
    alarm = raise_home(house, 1, "jx-12-3-301")
    for role in ("maintenance", "wall"):
        page = house.client(role).get(f"/alarms/{alarm.alarm_id}").text
        assert "138****5678" not in page and "/hotline/households/" not in page
        assert 'href="/buildings/jx-12"' in page
        assert house.client(role).get("/hotline/households/jx-12-3-301/phone").status_code == 403
        assert house.client(role).get(f"/api/v1/alarms/{alarm.alarm_id}").json()["contact"] is None


def test_29_a_heat_sum_of_few_stations_is_no_total(house: House) -> None:
    client = house.client("admin")
    house.warm_station()
    few = client.get("/overview").text
    house.warm_station("st-west")
    whole = client.get("/overview").text
    assert "data-is-partial" in few and "data-is-partial" not in whole
    assert client.get("/api/v1/overview").json()["heat_rate"]["partial"] is False
