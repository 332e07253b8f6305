"""Which announced alarms call again: active ones that nobody has acknowledged, each after the time of its priority.

The moment of the last call is kept across restarts, so that a restart neither repeats a call nor forgets one. Not
here: acknowledgements that expire (`alerting.alarms.lifecycle`) and how a call is sent (`alerting.notifications.notices`).
"""

from datetime import datetime

from alerting.alarms.book import AlarmBook
from config.rules.reading import RuleDefaults
from heating.alarms import Alarm
from heating.intervals import to_epoch_ms

__all__ = ["Reminders"]


class Reminders:
    """The calls made so far.

    Parameters
    ----------
    defaults : RuleDefaults
        Times by priority.
    called_ms : dict
        Alarm id to the moment of its last repeated call [epoch ms]; kept by the caller across restarts.
    """

    def __init__(self, defaults: RuleDefaults, called_ms: dict[str, int] | None = None) -> None:
        self.called_ms: dict[str, int] = {} if called_ms is None else called_ms
        self._wait_ms = {
            priority: round(wait.total_seconds() * 1000) for priority, wait in defaults.repeat_unacked.items()
        }

    def note_call(self, alarm_id: str, now: datetime) -> None:
        """Note that people were just called in another way: the wait starts again."""
        self.called_ms[alarm_id] = to_epoch_ms(now)

    def due(self, book: AlarmBook, *, now: datetime) -> list[Alarm]:
        """Return the alarms that call again now, by id, and note that they did."""
        now_ms = to_epoch_ms(now)
        calling = {alarm.alarm_id: alarm for alarm in book.calling()}
        for alarm_id in self.called_ms.keys() - calling.keys():
            del self.called_ms[alarm_id]
        due = [alarm for alarm_id, alarm in sorted(calling.items()) if self._is_due(alarm, now_ms)]
        self.called_ms.update((alarm.alarm_id, now_ms) for alarm in due)
        return due

    def _is_due(self, alarm: Alarm, now_ms: int) -> bool:
        wait_ms = self._wait_ms.get(alarm.priority)
        if wait_ms is None or alarm.annunciated_at is None:
            return False
        last_ms = max(to_epoch_ms(alarm.annunciated_at), self.called_ms.get(alarm.alarm_id, 0))
        if last_ms > now_ms:  # the clock went back since: the wait begins again, by the clock of now
            last_ms = self.called_ms[alarm.alarm_id] = min(now_ms, self.called_ms.get(alarm.alarm_id, now_ms))
        return now_ms - last_ms >= wait_ms
