"""The open alarms in memory, with the look-ups that judging needs; the records are the truth, this is their image."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from heating.alarms import Alarm, AlarmEvent, AlarmEventKind, AlarmState, apply_event
from heating.heat_tree import HeatTree

__all__ = ["AlarmBook"]


class AlarmBook:
    """Open alarms by id, by fingerprint and by node.

    Parameters
    ----------
    tree : HeatTree
        Alarms at subjects that are not in it are kept and never judged.
    alarms : iterable of Alarm
        What is open.
    """

    def __init__(self, tree: HeatTree, alarms: Iterable[Alarm] = ()) -> None:
        self.tree = tree
        self._by_id: dict[str, Alarm] = {}
        self._by_fingerprint: dict[str, dict[str, Alarm]] = {}
        self._active_at: dict[int, dict[str, Alarm]] = {}
        self._inhibited_by: dict[str, set[str]] = {}
        self._timed: set[str] = set()
        self._calling: set[str] = set()
        self._sorted: list[int] | None = None
        for alarm in alarms:
            self._put(alarm)

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Alarm]:
        return iter(list(self._by_id.values()))

    def get(self, alarm_id: str) -> Alarm | None:
        """Return an open alarm, None when it is closed or unknown."""
        return self._by_id.get(alarm_id)

    def number_of(self, alarm: Alarm) -> int | None:
        """Return the node number of an alarm's subject, None when it left the registry."""
        return self.tree.get(alarm.subject.level, alarm.subject.object_id)

    def with_fingerprint(self, fingerprint: str) -> tuple[Alarm, ...]:
        """Return the open alarms of one rule and subject; at most one of them is active."""
        return tuple(self._by_fingerprint.get(fingerprint, {}).values())

    def active_at(self, number: int) -> tuple[Alarm, ...]:
        """Return the active alarms at a node."""
        return tuple(self._active_at.get(number, {}).values())

    def active_below(self, number: int) -> Iterator[Alarm]:
        """Yield the active alarms at a node and in its subtree."""
        if self._sorted is None:
            self._sorted = sorted(self._active_at)
        place = bisect_left(self._sorted, number)
        end = int(self.tree.subtree_end[number])
        while place < len(self._sorted) and self._sorted[place] < end:
            yield from self._active_at[self._sorted[place]].values()
            place += 1

    def inhibited_by(self, alarm_id: str) -> tuple[Alarm, ...]:
        """Return the open alarms that an alarm inhibits."""
        return tuple(self._by_id[target] for target in self._inhibited_by.get(alarm_id, ()))

    def timed(self) -> tuple[Alarm, ...]:
        """Return the alarms with an acknowledgement or a shelving that ends."""
        return tuple(self._by_id[alarm_id] for alarm_id in sorted(self._timed))

    def calling(self) -> tuple[Alarm, ...]:
        """Return the announced alarms that are active and wait for somebody to acknowledge them."""
        return tuple(self._by_id[alarm_id] for alarm_id in self._calling)

    def apply(self, event: AlarmEvent) -> Alarm | None:
        """Follow an event; returns the alarm after it. A comment on a closed alarm changes nothing.

        Raises
        ------
        heating.alarms.ForbiddenTransitionError
            When the event does not fit.
        """
        before = self._by_id.get(event.alarm_id)
        if before is None and event.kind is AlarmEventKind.COMMENTED:
            return None
        after = apply_event(before, event)
        if before is not None:
            self._remove(before)
        if after.is_open:
            self._put(after)
        return after

    def _put(self, alarm: Alarm) -> None:
        self._by_id[alarm.alarm_id] = alarm
        self._by_fingerprint.setdefault(alarm.fingerprint, {})[alarm.alarm_id] = alarm
        number = self.number_of(alarm)
        if alarm.is_active and number is not None:
            if number not in self._active_at:
                self._sorted = None
            self._active_at.setdefault(number, {})[alarm.alarm_id] = alarm
        if alarm.inhibited_by is not None:
            self._inhibited_by.setdefault(alarm.inhibited_by, set()).add(alarm.alarm_id)
        if alarm.shelved_until is not None or alarm.acknowledge_until is not None:
            self._timed.add(alarm.alarm_id)
        if alarm.annunciated_at is not None and alarm.state is AlarmState.UNACK_ACTIVE:
            self._calling.add(alarm.alarm_id)

    def _remove(self, alarm: Alarm) -> None:
        del self._by_id[alarm.alarm_id]
        same = self._by_fingerprint[alarm.fingerprint]
        del same[alarm.alarm_id]
        if not same:
            del self._by_fingerprint[alarm.fingerprint]
        number = self.number_of(alarm)
        here = self._active_at.get(number) if number is not None else None
        if here is not None and number is not None:
            here.pop(alarm.alarm_id, None)
            if not here:
                del self._active_at[number]
                self._sorted = None
        if alarm.inhibited_by is not None:
            self._inhibited_by[alarm.inhibited_by].discard(alarm.alarm_id)
        self._timed.discard(alarm.alarm_id)
        self._calling.discard(alarm.alarm_id)
