"""A small house that judges: two stations with four homes each, records in memory, a listener, a clock."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from time import monotonic

from alerting.judging.live_state import LiveState
from alerting.serving.service import AlertingService
from config.rules.reading import RuleSet, load_rules
from config.settings.tree import RulesSettings, Settings
from heating.alarms import AlarmState
from heating.clock import ManualClock
from heating.heat_tree import build_heat_tree
from heating.intake_troubles import IntakeTrouble
from heating.losses import ReadingLoss
from heating.points import Measurement
from heating.protocols import Delivery, Health, OutboxMessage
from heating.samples import ObjectRef, Sample, SampleBatch
from tests.support.fake_records import FakeRecords
from tests.support.small_site import small_site

__all__ = ["RULES", "SETTINGS", "T0", "World"]

T0 = datetime(2026, 1, 10, tzinfo=UTC)
SETTINGS = Settings(rules=RulesSettings(start_grace_s=0.0))
RULES = load_rules(SETTINGS.rules)


class Listener:
    name = "console"

    def __init__(self) -> None:
        self.heard: list[OutboxMessage] = []

    def deliver(self, message: OutboxMessage) -> Delivery:
        self.heard.append(message)
        return Delivery(ok=True)

    def close(self) -> None:
        self.heard = []


class World:
    """Two stations with four homes each, ticking once a minute."""

    def __init__(self, rules: RuleSet = RULES) -> None:
        self.rules = rules
        self.watch: Callable[[], Health] | None = None
        self.losses: Callable[[int], Sequence[ReadingLoss]] | None = None
        self.troubles: Callable[[int], Sequence[IntakeTrouble]] | None = None
        self.judged_before: Callable[[], datetime | None] | None = None
        self.uptime_s: Callable[[], float] = monotonic
        self.records = FakeRecords(small_site())
        self.clock = ManualClock(T0)
        self.live = LiveState(self.records.site, build_heat_tree(self.records.site), now=T0)
        self.listener = Listener()
        self.cold_homes = 0
        """Homes of the first station that stand at 10 °C."""
        self.service = self.fresh_service()

    def fresh_service(self) -> AlertingService:
        self.service = AlertingService(
            live_state=self.live,
            rules=self.rules,
            alarms=self.records,
            outbox=self.records,
            registry=self.records,
            clock=self.clock,
            settings=SETTINGS,
            channels=[self.listener],
            watch=self.watch,
            losses=self.losses,
            troubles=self.troubles,
            judged_before=self.judged_before,
            uptime_s=self.uptime_s,
        )
        return self.service

    def send(self, *, pump: float, room_c: float, silent: bool = False) -> None:
        ms = self.clock.now_ms()
        samples: list[Sample] = []
        for number in (1, 2):
            broken = number == 1
            station = ObjectRef(Measurement.STATION, f"S{number}")
            on = pump if broken else 1.0
            if not (broken and silent):
                samples += [
                    Sample(station, "circulation_pump_1_running", ms, on),
                    Sample(station, "secondary_flow_m3_per_h", ms, 180.0 * on),
                    Sample(station, "mains_power_ok", ms, 1.0),
                ]
            samples += [
                Sample(
                    ObjectRef(Measurement.ROOM, f"R{number}-{m}"),
                    "room_temp_c",
                    ms,
                    10.0 if broken and m <= self.cold_homes else room_c if broken else 20.0,
                )
                for m in range(1, 5)
            ]
        self.live.accept(SampleBatch.from_samples(samples))

    def run(self, minutes: int, *, pump: float = 1.0, room_c: float = 20.0, silent: bool = False) -> None:
        for _ in range(minutes):
            self.clock.advance(60)
            self.send(pump=pump, room_c=room_c, silent=silent)
            self.service.tick()

    def states(self, rule_id: str) -> list[AlarmState]:
        return [a.state for a in self.records.alarms.values() if a.rule_id == rule_id]

    def heard(self, reason: str) -> list[object]:
        return [
            message.body["rule_id"] for message in self.listener.heard if message.body["reason"] == reason
        ]

    def kinds(self) -> list[tuple[str, str]]:
        alarms = self.records.alarms
        return [(event.kind.value, alarms[event.alarm_id].fingerprint) for event in self.records.history]
