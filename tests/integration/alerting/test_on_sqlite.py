"""The service on the real records: the transaction of a tick, a restart, the outbox."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerting.judging.live_state import LiveState
from alerting.serving.service import AlertingService
from config.rules.reading import load_rules
from config.settings.tree import RulesSettings, Settings
from heating.clock import ManualClock
from heating.heat_tree import build_heat_tree
from heating.points import Measurement
from heating.samples import ObjectRef, Sample, SampleBatch
from storage.records.records import Records, open_records
from tests.support.small_site import small_site

T0 = datetime(2026, 1, 10, tzinfo=UTC)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    url = f"sqlite:///{tmp_path / 'records.sqlite3'}"
    opened = open_records(url)
    opened.registry.apply_site(small_site(), by="test", now=T0)
    yield opened
    opened.close()


def test_an_alarm_survives_a_restart_and_is_announced_once(records: Records) -> None:
    site = records.registry.load_site()
    clock = ManualClock(T0)
    live = LiveState(site, build_heat_tree(site), now=T0)
    settings = Settings(rules=RulesSettings(start_grace_s=0.0))
    rules = load_rules(settings.rules)
    delivered = 0
    for _ in range(3):  # three processes, one after another
        service = AlertingService(
            live_state=live,
            rules=rules,
            alarms=records.alarms,
            outbox=records.outbox,
            registry=records.registry,
            clock=clock,
            settings=settings,
        )
        for _ in range(2):
            clock.advance(30)
            reading = Sample(ObjectRef(Measurement.STATION, "S1"), "mains_power_ok", clock.now_ms(), 0)
            live.accept(SampleBatch.from_samples([reading]))
            service.tick()
            delivered += service.dispatch().delivered
        service.stop()
    (alarm,) = records.alarms.open_alarms()
    kinds = [event.kind.value for event in records.alarms.history_of(alarm.alarm_id)]
    assert alarm.rule_id == "ST-01"
    assert kinds == ["raised", "attached", "annunciated"]
    assert delivered == 1
    assert [i.rule_id for i in records.alarms.open_incidents()] == ["ST-01"]
