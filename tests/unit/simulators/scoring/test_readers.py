"""Truth folders and the product's lists are read with errors that name what is wrong."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from simulators.fault_kinds import FaultType, RootCause
from simulators.scoring.api_client import fetch_product
from simulators.scoring.happenings import Spell
from simulators.scoring.readers import UnreadableError, read_product, read_truth, room_hours_of
from simulators.truth.run_file import RunFacts
from tests.unit.simulators.scoring.made_up import HOMES, START, hour, small_tree

ALARM = {
    "alarm_id": "A1",
    "rule_id": "ST-02",
    "subject_level": "station",
    "subject_id": "st-1",
    "raised_at": "2026-01-01T11:00:00Z",
    "annunciated_at": "2026-01-01T11:01:00Z",
    "cleared_at": None,
    "incident_id": "I1",
    "name": {"zh": "循环中断", "en": "No circulation"},
}
INCIDENT = {
    "incident_id": "I1",
    "rule_id": "ST-02",
    "node_level": "station",
    "node_id": "st-1",
    "opened_at": "2026-01-01T11:00:00Z",
}
TICKET = {
    "ticket_id": "T1",
    "household_id": HOMES[0],
    "opened_at": "2026-01-01T12:00:00Z",
    "incident_id": "I1",
}


def write_lines(path: Path, *rows: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))


@pytest.fixture
def truth_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "truth"
    small_tree().write(folder)
    end = START + timedelta(days=30)
    RunFacts(scenario="x", seed=3, begin=START, origin=START, until=end, paired=True).write(folder)
    times = {"onset": "2026-01-01T10:00:00.000Z", "end": None, "severity": 1.0}
    write_lines(
        folder / "faults.jsonl",
        {"id": "f", "type": "pump_trip", "target": "st-1", "first_observable": None, **times}
        | {"affected_households": [HOMES[0]]},
        {"id": "s", "type": "sensor_silent", "target": f"s/{HOMES[0]}", **times}
        | {"first_observable": "2026-01-01T10:30:00.000Z", "affected_households": []},
    )
    write_lines(
        folder / "confounders.jsonl",
        {"id": "c", "type": "cold_snap", **times, "target": "all"} | {"end": "2026-01-03T10:00:00.000Z"},
        {"id": "h", "type": "holiday", **times, "target": "all"} | {"end": "2026-01-03T10:00:00.000Z"},
    )
    write_lines(
        folder / "tickets.jsonl",
        {"household_id": HOMES[0], "moment": "2026-01-01T12:00:00Z", "reason": "felt_cold", "fault": "f"},
        {"household_id": HOMES[1], "moment": "2026-01-01T13:00:00Z", "reason": "unrelated", "fault": None},
    )
    return folder


def test_a_truth_folder_is_read_with_sensors_taken_for_their_homes(truth_folder: Path) -> None:
    truth = read_truth(truth_folder)
    trip, silent = truth.faults
    assert (trip.fault_type, trip.cause, trip.place) == (
        FaultType.PUMP_TRIP,
        RootCause.STATION,
        ("station", "st-1"),
    )
    assert (trip.onset, trip.end, trip.first_observable) == (hour(10), None, None)
    assert trip.affected == {HOMES[0]}
    assert (silent.cause, silent.place) == (RootCause.SENSOR, ("household", HOMES[0]))
    assert truth.cold_snaps == [Spell(hour(10), hour(58))]
    assert [(call.felt_cold, call.fault_id) for call in truth.calls] == [(True, "f"), (False, None)]
    assert (truth.paired, truth.end - truth.begin) == (True, timedelta(days=30))


def test_a_run_that_goes_on_ends_for_the_score_where_it_is_told(truth_folder: Path) -> None:
    RunFacts(scenario="x", seed=3, begin=START, origin=START).write(truth_folder)
    assert read_truth(truth_folder, until=hour(50)).end == hour(50)
    assert len(read_truth(truth_folder, until=hour(5)).faults) == 0


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match=r"no run\.json or topology\.json"):
        read_truth(tmp_path)


def test_a_broken_line_is_named_by_file_and_number(truth_folder: Path) -> None:
    with (truth_folder / "faults.jsonl").open("ab") as file:
        file.write(b"{broken\n")
    with pytest.raises(UnreadableError, match=r"faults\.jsonl:3: no JSON"):
        read_truth(truth_folder)


def test_exported_lines_are_read_as_the_api_gives_them(tmp_path: Path) -> None:
    write_lines(tmp_path / "alarms.jsonl", ALARM)
    write_lines(
        tmp_path / "incidents.jsonl",
        INCIDENT
        | {"causes": [{"cause": "primary", "node_level": "branch", "node_id": "br-1"}, {"cause": "station"}]},
    )
    product = read_product(tmp_path)
    (alarm,), (incident,) = product.alarms, product.incidents
    assert (alarm.place, alarm.raised_at, alarm.incident_id) == (("station", "st-1"), hour(11), "I1")
    assert [(c.cause, c.place) for c in incident.candidates] == [
        ("primary", ("branch", "br-1")),
        ("station", ("station", "st-1")),
    ]
    assert product.tickets is None


def test_forecasts_beside_the_alarms_are_read_and_ask_for_their_hours(tmp_path: Path) -> None:
    write_lines(tmp_path / "alarms.jsonl", ALARM | {"subject_level": "household", "subject_id": HOMES[1]})
    write_lines(tmp_path / "incidents.jsonl")
    made, wanted = "2026-01-01T01:00:00Z", "2026-01-01T07:00:00Z"
    write_lines(
        tmp_path / "forecasts.jsonl",
        {"household_id": HOMES[0], "made_at": made, "for": wanted, "room_temp_c": 19.5},
    )
    product = read_product(tmp_path)
    assert product.forecasts is not None
    assert [forecast.room_temp_c for forecast in product.forecasts] == [19.5]
    assert room_hours_of(product) == {(HOMES[0], hour(7)), (HOMES[1], hour(11))}


def test_a_missing_export_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match=r"alarms\.jsonl"):
        read_product(tmp_path)


def product_with(
    pages: dict[str, list[list[dict[str, Any]]]], *, forbidden: tuple[str, ...] = ()
) -> httpx.Client:
    """A product that lists in pages and forbids some lists."""

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"] == "Bearer secret"
        name = request.url.path.rpartition("/")[2]
        if name in forbidden:
            return httpx.Response(403)
        place = int(request.url.params.get("cursor", "0"))
        listed = pages.get(name, [[]])
        following = str(place + 1) if place + 1 < len(listed) else None
        return httpx.Response(200, json={"items": listed[place], "next_cursor": following})

    return httpx.Client(
        base_url="http://product",
        headers={"Authorization": "Bearer secret"},
        transport=httpx.MockTransport(answer),
    )


def test_all_pages_of_the_api_are_read() -> None:
    rows = [ALARM | {"alarm_id": f"A{number}"} for number in range(5)]
    pages = {"alarms": [rows[:2], rows[2:4], rows[4:]], "incidents": [[INCIDENT]], "tickets": [[TICKET]]}
    with product_with(pages) as client:
        product = fetch_product("http://product", "secret", client=client)
    assert [alarm.alarm_id for alarm in product.alarms] == ["A0", "A1", "A2", "A3", "A4"]
    assert len(product.incidents) == 1
    assert product.tickets is not None
    assert [ticket.incident_id for ticket in product.tickets] == ["I1"]


def test_tickets_that_a_token_may_not_see_are_left_out() -> None:
    with product_with({}, forbidden=("tickets",)) as client:
        assert fetch_product("http://product", "secret", client=client).tickets is None


def test_a_refusal_of_alarms_is_said() -> None:
    with product_with({}, forbidden=("alarms",)) as client, pytest.raises(UnreadableError, match="403"):
        fetch_product("http://product", "secret", client=client)


def test_an_answer_of_another_shape_is_said() -> None:
    with (
        product_with({"alarms": [[{"id": 1}]]}) as client,
        pytest.raises(UnreadableError, match="another shape"),
    ):
        fetch_product("http://product", "secret", client=client)


def test_a_product_that_is_away_is_said() -> None:
    with pytest.raises(UnreadableError, match=r"http://127\.0\.0\.1:9"):
        fetch_product("http://127.0.0.1:9", "secret")
