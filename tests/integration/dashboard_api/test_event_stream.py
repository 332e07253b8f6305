"""Event streams over a real server: snapshots, alarms, resuming, and the end with the session."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.dashboard_house import OWN_HOME, House, open_house
from tests.support.event_stream import EventStream
from tests.support.waiting import wait_until

LONGEST_AFTER_END_S = 5.0
"""An open stream ends within this after its user is shut out (reliability.md)."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        opened.warm_station()
        yield opened


def test_snapshots_come_every_second_chained_and_uncompressed(house: House) -> None:
    with EventStream(house.client("dispatcher"), "snapshot") as stream:
        wait_until(lambda: len(stream.of("snapshot")) >= 3, 10.0)
    first, second, third = stream.of("snapshot")[:3]
    assert first.data["stations"]["ids"] == ["st-east"]
    assert second.data["previous"] == first.sequence
    assert third.data["previous"] == second.sequence
    assert stream.headers is not None
    assert "content-encoding" not in stream.headers
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert stream.headers["cache-control"] == "no-store"


def test_every_stream_says_at_once_that_it_lives_without_moving_a_resuming_client(house: House) -> None:
    house.raise_alarm("a1")
    with (
        EventStream(house.client("dispatcher"), "alarms") as desk,
        EventStream(house.client("resident"), "my") as phone,
    ):
        wait_until(lambda: desk.of("alive") and phone.of("alive"), 10.0)
    pulse = desk.of("alive")[0]
    assert pulse.sequence == -1
    assert pulse.data["open_alarms"]["P1"] == 1
    assert pulse.data["unacknowledged"] == 1
    assert pulse.data["t"] == house.clock.now().isoformat().replace("+00:00", "Z")
    assert set(phone.of("alive")[0].data) == {"t"}


def test_viewers_of_the_same_areas_share_one_frame(house: House) -> None:
    with (
        EventStream(house.client("dispatcher"), "snapshot") as one,
        EventStream(house.client("wall"), "snapshot") as other,
        EventStream(house.client("admin"), "snapshot") as whole,
    ):
        wait_until(lambda: min(len(s.of("snapshot")) for s in (one, other, whole)) >= 3, 10.0)
    shared = {event.sequence for event in one.of("snapshot")} & {
        event.sequence for event in other.of("snapshot")
    }
    assert len(shared) >= 2
    assert not shared & {event.sequence for event in whole.of("snapshot")}
    assert whole.of("snapshot")[0].data["stations"]["ids"] == ["st-east", "st-west"]


def test_an_alarm_arrives_within_three_seconds_and_not_in_foreign_areas(house: House) -> None:
    with (
        EventStream(house.client("dispatcher"), "alarms") as own,
        EventStream(house.client("admin"), "alarms") as whole,
    ):
        wait_until(lambda: own.of("hello") and whole.of("hello"))
        started = time.monotonic()
        house.raise_alarm("a-west", station_id="st-west", area_id="abag", incident=False)
        house.raise_alarm("a1")
        wait_until(lambda: own.of("alarm"), 5.0)
        assert time.monotonic() - started < 3.0
        wait_until(lambda: len(whole.of("alarm")) >= 4, 5.0)
    assert {event.data["alarm"]["alarm_id"] for event in own.of("alarm")} == {"a1"}
    assert {event.data["alarm"]["alarm_id"] for event in whole.of("alarm")} == {"a1", "a-west"}
    assert own.of("alarm")[0].data["kind"] == "raised"


def test_a_stream_that_resumes_gets_what_it_missed_once(house: House) -> None:
    with EventStream(house.client("dispatcher"), "alarms") as before:
        wait_until(lambda: before.of("hello"))
        house.raise_alarm("a1")
        wait_until(lambda: len(before.of("alarm")) == 2, 5.0)
    last_seen = before.of("alarm")[0].sequence
    with EventStream(house.client("dispatcher"), "alarms", last_event_id=last_seen) as after:
        wait_until(lambda: after.of("alarm"), 5.0)
        house.raise_alarm("a2", rule_id="ST-02", incident=False)
        wait_until(lambda: len(after.of("alarm")) >= 3, 5.0)
    assert after.of("hello")[0].data["reset"] is False
    sequences = [event.sequence for event in after.of("alarm")]
    assert sequences == sorted(set(sequences))
    assert sequences[0] == before.of("alarm")[1].sequence


@pytest.mark.parametrize("last_event_id", [1, 99_999_999_999_999])
def test_a_stream_that_resumes_from_an_unknown_place_is_told_to_start_anew(
    house: House, last_event_id: int
) -> None:
    with EventStream(house.client("dispatcher"), "alarms", last_event_id=last_event_id) as stream:
        wait_until(lambda: stream.of("hello"))
    assert stream.of("hello")[0].data["reset"] is True


def test_a_new_ticket_reaches_clerks_of_its_area(house: House) -> None:
    with EventStream(house.client("hotline"), "tickets") as stream:
        wait_until(lambda: stream.of("hello"))
        made = house.client("resident").post("/api/v1/my/tickets", json={}).json()
        wait_until(lambda: stream.of("ticket"), 5.0)
    assert stream.of("ticket")[0].data["ticket_id"] == made["ticket_id"]


def test_one_station_and_the_own_home_have_topics_of_their_own(house: House) -> None:
    house.room(OWN_HOME, 17.5)
    with (
        EventStream(house.client("dispatcher"), "station:st-east,station:st-west") as desk,
        EventStream(house.client("resident"), "my") as phone,
    ):
        wait_until(lambda: desk.of("station"), 10.0)
        wait_until(lambda: phone.of("my"), 15.0)
    assert {event.data["station_id"] for event in desk.of("station")} == {"st-east"}
    assert phone.of("my")[0].data["temperature"]["value"] == 17.5


@pytest.mark.parametrize("way", ["disabled", "logged out", "idle too long"])
def test_a_stream_ends_within_five_seconds_of_its_session(house: House, way: str) -> None:
    client, token = house.signed_in("dispatcher")
    with EventStream(client, "snapshot") as stream:
        wait_until(lambda: stream.of("snapshot"), 10.0)
        started = time.monotonic()
        match way:
            case "disabled":
                house.records.people.set_disabled("dispatcher", True)
            case "logged out":
                house.browser().post(
                    "/api/v1/logout",
                    headers=token | {"cookie": f"nuanliu={client.cookies['nuanliu']}"},
                )
            case _:
                house.real_clock.advance(house.settings.web.session_idle_s + 1)
        wait_until(stream.ended.is_set, LONGEST_AFTER_END_S + 1.0)
        assert time.monotonic() - started <= LONGEST_AFTER_END_S


def test_open_streams_are_counted_in_the_metrics(house: House) -> None:
    with EventStream(house.client("dispatcher"), "alarms") as stream:
        wait_until(lambda: stream.of("hello"))
        metrics = house.client().get("/metrics").text
    assert "nuanliu_dashboard_streams 1" in metrics
    assert 'nuanliu_part_up{part="store"} 1' in metrics
    assert "nuanliu_store_rows_total 3" in metrics


def test_an_account_opens_only_so_many_streams(tmp_path: Path) -> None:
    with open_house(tmp_path, web={"streams_per_user": 2}) as house:
        desk, wall = house.client("dispatcher"), house.client("wall")
        with EventStream(desk, "alarms") as one, EventStream(desk, "alarms") as two:
            wait_until(lambda: one.of("hello") and two.of("hello"), 10.0)
            refused = desk.get("/api/v1/stream?topics=alarms")
            assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")
            with EventStream(wall, "alarms") as other:
                wait_until(lambda: other.of("hello"), 10.0)


@pytest.mark.parametrize("last_event_id", ["9" * 4300, "-1", "１２３", "a"])
def test_an_impossible_last_event_id_is_an_unknown_one(house: House, last_event_id: str) -> None:
    headers = {"Last-Event-ID": last_event_id.encode()}
    with house.client("dispatcher").stream("GET", "/api/v1/stream?topics=alarms", headers=headers) as answer:
        assert answer.status_code == 200
        assert b'"reset":true' in next(answer.iter_bytes())
