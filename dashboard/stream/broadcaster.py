"""Builds frames once a second and hands them to every stream that may see them.

The reading happens in a worker thread, once for all viewers of the same areas; the handing out in the event loop.
Nothing is read while nobody listens, save the alarm history, whose place must be known.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

import structlog

from dashboard.alarms.counts import AlarmCountSource
from dashboard.alarms.view import AlarmViews
from dashboard.overview.view import OverviewView
from dashboard.residents.view import ResidentViews
from dashboard.site.index import SiteSource
from dashboard.stations.view import StationViews
from dashboard.stream.frames import Frame, alive_event, encode_frame, snapshot_content
from dashboard.stream.subscribers import Subscriber
from dashboard.web.refusals import NotVisibleError
from dashboard.web.security.accounts import Accounts
from dashboard.web.security.viewer import STAFF, Role, Viewer
from heating.clock import Clock
from heating.errors import HeatingError
from heating.protocols import Health, HealthStatus
from storage.records.records import Records

__all__ = ["CHECK_EVERY_S", "HEARTBEAT_S", "TICK_S", "Broadcaster"]

Answer = TypeVar("Answer")

TICK_S = 1.0
"""Time between frames [s]."""
CHECK_EVERY_S = 2.0
"""Time between looks whether sessions still live [s]; streams must end within 5 s."""
HEARTBEAT_S = 10.0
"""Every stream says so often that it lives [s]."""
KEPT_FRAMES = 2000
"""Alarm and ticket frames kept for streams that resume."""
MY_EVERY_TICKS = 10
"""The resident's own page is refreshed every so many ticks."""
_NO_ALARMS = "no alarms"
_SERVICE = Viewer(username="stream", roles=frozenset({Role.WALL}))


class Broadcaster:
    """Event streams of one process.

    Parameters
    ----------
    sites, overview, stations, alarms, counts, homes
        What snapshots and rows are made from.
    records : Records
        The alarm history, followed by its sequence.
    accounts : Accounts
        Whether a session still lives.
    clock : Clock
        The time data are judged by; heartbeats carry it.
    real_clock : Clock
        Start of the sequence numbers, so that they rise over restarts.
    tick_s, check_every_s, heartbeat_s : float
        Pace [s]; shorter in tests.
    """

    def __init__(
        self,
        *,
        sites: SiteSource,
        overview: OverviewView,
        stations: StationViews,
        alarms: AlarmViews,
        counts: AlarmCountSource,
        residents: ResidentViews,
        records: Records,
        accounts: Accounts,
        clock: Clock,
        real_clock: Clock,
        tick_s: float = TICK_S,
        check_every_s: float = CHECK_EVERY_S,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._sites, self._overview, self._stations = sites, overview, stations
        self._alarms, self._counts, self._residents = alarms, counts, residents
        self._history = records.alarms
        self._accounts = accounts
        self._clock = clock
        self._tick_s, self._check_every_s, self._heartbeat_s = tick_s, check_every_s, heartbeat_s
        self._sequence = real_clock.now_ms()
        self._first_sequence = self._sequence
        self._previous: dict[str, int] = {}
        self._lock = threading.Lock()
        self._kept: deque[Frame] = deque(maxlen=KEPT_FRAMES)
        self._outside: deque[Frame] = deque()
        self._subscribers: set[Subscriber] = set()
        self._last_event = 0
        self._ticks = 0
        self._failures = 0
        self._closing = False
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="streams")

    @property
    def sequence(self) -> int:
        """Number of the newest frame."""
        return self._sequence

    def health(self) -> Health:
        """Return how many listen, and what was lost to slow clients."""
        subscribers = list(self._subscribers)
        figures = {
            "streams": float(len(subscribers)),
            "stream_frames_dropped": float(sum(item.dropped for item in subscribers)),
            "stream_failures_total": float(self._failures),
            "stream_sequence": float(self._sequence),
        }
        return Health(HealthStatus.OK, figures=figures)

    def announce_ticket(self, ticket_id: str, *, area_id: str, state: str) -> None:
        """Tell clerks that a ticket is new or changed; from any thread, goes out with the next tick."""
        frame = self._frame("tickets", "ticket", {"ticket_id": ticket_id, "state": state}, area_id=area_id)
        with self._lock:
            self._kept.append(frame)
            self._outside.append(frame)

    async def run(self) -> None:
        """Build and hand out frames until cancelled; a failed tick is logged and the next one tries again."""
        self._closing = False  # a web server that died starts the same application again
        self._last_event = await self._in_thread(self._history.last_sequence)
        checks = asyncio.create_task(self._repeat(self._end_signed_out, self._check_every_s))
        try:
            await self._repeat(self._tick, self._tick_s)
        finally:
            checks.cancel()

    async def _repeat(self, step: Callable[[], Awaitable[None]], every_s: float) -> None:
        """Repeat a step; one that fails is logged and the next one tries again."""
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            try:
                await step()
            except HeatingError as error:
                self._failures += 1
                structlog.get_logger().warning("stream.tick_failed", error=type(error).__name__)
            await asyncio.sleep(max(0.0, every_s - (loop.time() - started)))

    def close(self) -> None:
        """End every stream; called in the event loop when the application stops."""
        self._closing = True
        for subscriber in list(self._subscribers):
            subscriber.close()

    def streams_of(self, username: str) -> int:
        """Return how many streams an account has open."""
        return sum(one.viewer.username == username for one in self._subscribers)

    async def stream(
        self, viewer: Viewer, topics: frozenset[str], *, last_event_id: int | None
    ) -> AsyncIterator[bytes]:
        """Yield the bytes of one stream: what was missed, then what comes, until closed.

        A client that names a frame we still know is given the alarm and ticket frames since; any other gets
        ``reset``: it fetches the snapshot again.
        """
        subscriber = Subscriber(viewer=viewer, topics=topics)
        self._subscribers.add(subscriber)
        try:
            yield b"retry: 2000\n" + self._hello(last_event_id)
            missed = self._missed(subscriber, last_event_id)
            subscriber.replayed_to = missed[-1].sequence if missed else 0
            for frame in missed:
                yield frame.payload
            while not (subscriber.closed or self._closing):
                yield b"".join(await subscriber.take())
        finally:
            self._subscribers.discard(subscriber)

    def _hello(self, last_event_id: int | None) -> bytes:
        known = last_event_id is not None and self._knows(last_event_id)
        content: dict[str, object] = {"reset": not known}
        return encode_frame(
            sequence=self._sequence, previous=self._sequence, topic="hello", event="hello", content=content
        ).payload

    def _knows(self, last_event_id: int) -> bool:
        with self._lock:
            full = len(self._kept) == KEPT_FRAMES
            oldest = self._kept[0].sequence if full else self._first_sequence
        return oldest <= last_event_id <= self._sequence

    def _missed(self, subscriber: Subscriber, last_event_id: int | None) -> list[Frame]:
        if last_event_id is None or not self._knows(last_event_id):
            return []
        with self._lock:
            kept = [frame for frame in self._kept if frame.sequence > last_event_id]
        return [frame for frame in kept if self._may_have(subscriber, frame)]

    async def _in_thread(self, read: Callable[..., Answer], *given: object) -> Answer:
        """Read in threads of the streams' own: sessions must be found over while routes hold all of the others."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, read, *given)

    async def _tick(self) -> None:
        self._ticks += 1
        subscribers = list(self._subscribers)
        frames = await self._in_thread(self._shared_frames)
        for subscriber in subscribers:
            for frame in frames:
                if frame.sequence > subscriber.replayed_to and self._may_have(subscriber, frame):
                    subscriber.push(frame.payload)
        for subscriber, payload in await self._in_thread(self._pulses, subscribers):
            subscriber.push(payload)
        personal = await self._in_thread(self._bound_frames, subscribers)
        for subscriber, frame in personal:
            subscriber.push(frame.payload)

    def _pulses(self, subscribers: Iterable[Subscriber]) -> list[tuple[Subscriber, bytes]]:
        """Return the heartbeat for everybody it is due for: at first, then every `heartbeat_s`."""
        due = self._ticks % max(1, round(self._heartbeat_s / self._tick_s)) == 0
        made: dict[object, bytes] = {}
        out: list[tuple[Subscriber, bytes]] = []
        for subscriber in subscribers:
            if due or not subscriber.greeted:
                viewer = subscriber.viewer
                key = viewer.area_ids if viewer.has(*STAFF) else _NO_ALARMS
                if key not in made:
                    made[key] = self._pulse(viewer)
                out.append((subscriber, made[key]))
        return out

    def _pulse(self, viewer: Viewer) -> bytes:
        content: dict[str, object] = {"t": self._clock.now()}
        if viewer.has(*STAFF):
            counts = self._counts.current(viewer.area_ids)
            content |= {"open_alarms": counts.open_by_priority, "unacknowledged": counts.unacknowledged}
        return alive_event(content)

    def _shared_frames(self) -> list[Frame]:
        with self._lock:
            frames = list(self._outside)
            self._outside.clear()
        events = self._history.events_since(self._last_event, limit=500)
        for event in events:
            self._last_event = event.sequence or self._last_event
            try:
                row = replace(self._alarms.detail(_SERVICE, event.alarm_id).row, actions=())
            except NotVisibleError:
                continue
            content: dict[str, object] = {"kind": event.kind.value, "by": event.by, "alarm": row}
            frame = self._frame("alarms", "alarm", content, area_id=row.area_id)
            frames.append(frame)
            with self._lock:
                self._kept.append(frame)
        return frames

    def _bound_frames(self, subscribers: Iterable[Subscriber]) -> list[tuple[Subscriber, Frame]]:
        made: dict[object, Frame | None] = {}
        out: list[tuple[Subscriber, Frame]] = []
        for subscriber in subscribers:
            for topic in subscriber.topics:
                key = self._sharing_key(subscriber, topic)
                if key is None:
                    continue
                if key not in made:
                    made[key] = self._build(subscriber.viewer, topic, key)
                frame = made[key]
                if frame is not None:
                    out.append((subscriber, frame))
            subscriber.greeted = True
        return out

    def _sharing_key(self, subscriber: Subscriber, topic: str) -> tuple[object, ...] | None:
        viewer = subscriber.viewer
        due = not subscriber.greeted or self._ticks % MY_EVERY_TICKS == 0
        if topic == "snapshot" and viewer.has(*STAFF):
            return (topic, viewer.area_ids)
        if topic.startswith("station:") and viewer.has(*STAFF):
            return (topic, viewer.area_ids)
        if topic == "my" and viewer.has(Role.RESIDENT) and due:
            return (topic, viewer.household_id)
        return None

    def _build(self, viewer: Viewer, topic: str, key: tuple[object, ...]) -> Frame | None:
        group = repr(key)
        try:
            match topic.partition(":")[0]:
                case "snapshot":
                    content = snapshot_content(*self._overview.snapshot(viewer))
                    return self._frame(topic, "snapshot", content, group=group)
                case "station":
                    shown = self._stations.detail(viewer, topic.partition(":")[2])
                    points: dict[str, object] = {
                        "station_id": shown.row.station_id,
                        "row": shown.row,
                        "points": shown.points,
                        "circuits": {one.row.circuit_id: one.points for one in shown.circuits},
                    }
                    return self._frame(topic, "station", points, group=group)
                case _:
                    home = self._residents.home(viewer)
                    own: dict[str, object] = {
                        "temperature": home.temperature,
                        "verdict": home.verdict,
                        "incident": home.incident,
                    }
                    return self._frame(topic, "my", own, group=group)
        except NotVisibleError:
            return None

    def _frame(
        self,
        topic: str,
        event: str,
        content: dict[str, object],
        *,
        area_id: str | None = None,
        group: str | None = None,
    ) -> Frame:
        chain = group or topic
        with self._lock:
            self._sequence += 1
            sequence, previous = self._sequence, self._previous.get(chain, 0)
            self._previous[chain] = sequence
        return encode_frame(
            sequence=sequence,
            previous=previous,
            topic=topic,
            event=event,
            content=content,
            area_id=area_id,
        )

    def _may_have(self, subscriber: Subscriber, frame: Frame) -> bool:
        if frame.topic not in subscriber.topics:
            return False
        return frame.area_id is None or self._sites.current().sees(subscriber.viewer, frame.area_id)

    async def _end_signed_out(self) -> None:
        subscribers = list(self._subscribers)
        viewers = {item.viewer for item in subscribers}
        alive = await self._in_thread(
            lambda: {viewer for viewer in viewers if self._accounts.still_signed_in(viewer)}
        )
        for subscriber in subscribers:
            if subscriber.viewer not in alive:
                subscriber.close()
