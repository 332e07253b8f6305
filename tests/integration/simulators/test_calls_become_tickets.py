"""Calls of the simulator reach the hotline of the product through its real API, with no word of their cause."""

from datetime import UTC, datetime
from pathlib import Path

from simulators.people.call_words import Call, CallTopic
from simulators.people.hotline import HotlineApi
from tests.support.dashboard_house import OWN_HOME, open_house, token_of
from tests.support.waiting import wait_until

MOMENT = datetime(2026, 12, 1, 4, tzinfo=UTC)
TOPICS = tuple(CallTopic)


def test_every_topic_becomes_a_ticket_of_its_category(tmp_path: Path) -> None:
    with open_house(tmp_path) as house:
        desk = HotlineApi(house.url, token_of("hotline"))
        desk.take(Call(OWN_HOME, MOMENT, topic, f"来电 {topic.value}", "a call") for topic in TOPICS)
        desk.take([Call("h-unknown", MOMENT, CallTopic.OTHER, "打错了", "wrong number")])
        wait_until(lambda: desk.posted + desk.failed == len(TOPICS) + 1, timeout_s=20)
        desk.close()
        tickets = house.client("hotline").get("/api/v1/tickets").json()["items"]
    assert (desk.posted, desk.failed) == (len(TOPICS), 1)
    assert {ticket["category"]: ticket["description"] for ticket in tickets} == {
        topic.value: f"来电 {topic.value}" for topic in TOPICS
    }


def test_a_token_without_the_role_opens_nothing(tmp_path: Path) -> None:
    with open_house(tmp_path) as house:
        desk = HotlineApi(house.url, "not-a-token")
        desk.take([Call(OWN_HOME, MOMENT, CallTopic.LEAK, "漏水", "a leak")])
        wait_until(lambda: desk.failed == 1, timeout_s=20)
        desk.close()
        assert house.client("hotline").get("/api/v1/tickets").json()["items"] == []
