"""`Collector`: source → decoders → spool → acknowledgement → sinks, and the forwarder behind the spool.

The order is the promise: a message is acknowledged only after the commit that keeps its rows or its rejection. What
does not live here: the parts themselves; `runtime` builds them.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from time import monotonic

import structlog

from collector.decoders.memory import FileDecoderMemory
from collector.devices.clock_skew import ClockSkewWatch
from collector.devices.device_commands import CommandOutlet
from collector.devices.device_gate import DeviceGate, MessageReader
from collector.devices.throttle import Throttle, ThrottleLimits
from collector.devices.unknown_devices import UnknownDeviceWatch
from collector.intake.batching import gather
from collector.intake.decoder_chain import DecoderChain
from collector.intake.forwarder import Forwarder
from collector.intake.garbage import settle_garbage_collection
from collector.intake.spool.disk_guard import DiskGuard, bytes_to_write
from collector.intake.spool.outcomes import Counts
from collector.intake.spool.spool import Committed, Spool, SpoolError
from collector.messages.arrived_message import payloads_of
from collector.messages.known_objects import KnownObjects
from config.settings.tree import CollectorSettings, MqttSettings
from heating.background import BackgroundLoop
from heating.clock import Clock
from heating.intake_troubles import IntakeTrouble, TroubleKind
from heating.losses import ReadingLoss
from heating.protocols import (
    BatchSink,
    Health,
    HealthStatus,
    MessageSource,
    RawMessage,
    ReadingSink,
)

__all__ = ["Collector", "build_collector", "worst_of"]

IDLE_S = 0.2
"""Longest wait for a first message [s]."""
RETRY_S = 1.0
"""Pause after a commit that failed, and between looks at a full disk [s]."""
WRITER_STOP_S = 15.0
"""Longest wait for the commit at hand when the process ends [s]; SQLite gives up on a busy file after 10 s."""
LONG_QUEUE_MESSAGES = 4_000
"""Most messages of one commit when more than a batch lies ready: fewer, larger commits under load."""
COALESCE_MARGIN_MS = 3
"""A batch ends when nothing came for the coalescing pause and this margin [ms]."""
SENDERS_NAMED = 5
"""Throttled senders that the health names."""

log = structlog.get_logger()


class Collector:
    """The ingest path of one process.

    Parameters
    ----------
    source
        Messages, acknowledged after the commit.
    chain
        Turns messages into rows that may be stored.
    spool
        Keeps them.
    forwarder
        Takes them to the store.
    sinks
        Get the fresh rows of each commit, in order: live states. A sink that raises is counted and logged, never
        waited for.
    disk
        Says whether there is room.
    settings
        Batching.
    max_batch
        Most messages of one commit; at most half the in-flight window of the source.
    on_losses
        Gets what a commit shows to be missing.
    """

    def __init__(
        self,
        *,
        source: MessageSource,
        chain: MessageReader,
        spool: Spool,
        forwarder: Forwarder,
        sinks: Sequence[BatchSink] = (),
        disk: DiskGuard,
        settings: CollectorSettings,
        max_batch: int | None = None,
        on_losses: Callable[[Sequence[ReadingLoss]], None] | None = None,
    ) -> None:
        self._source = source
        self._chain = chain
        self._spool = spool
        self._forwarder = forwarder
        self._sinks = tuple(sinks)
        self._disk = disk
        self._settings = settings
        self._on_losses = on_losses
        self._limit = max(1, min(settings.batch_messages, max_batch or settings.batch_messages))
        self._most = max(self._limit, min(LONG_QUEUE_MESSAGES, max_batch or self._limit))
        self._gap_s = (settings.coalesce_ms + COALESCE_MARGIN_MS) / 1000.0
        self._writer = BackgroundLoop(
            self._step,
            name="collector-writer",
            every_s=RETRY_S,
            on_error=lambda error: self._in_trouble(f"{type(error).__name__}: {error}"),
            stop_timeout_s=WRITER_STOP_S,
        )
        self._held: Sequence[RawMessage] = []
        self._counts = Counts()
        self._trouble = ""
        self._sink_failures = 0
        self._idle = threading.Event()
        self._stopped = False
        self.commits = 0
        """Commits since the start."""
        self.last_commit_s = monotonic()
        """When the last commit ended [s, monotonic]."""

    # --- life -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start forwarding, writing and receiving; settles the garbage collection of the process."""
        settle_garbage_collection()
        self._forwarder.start()
        self._writer.start()
        self._source.start()

    def stop(self, *, drain: bool = True, timeout_s: float = 30.0) -> bool:
        """End in order.

        Parameters
        ----------
        drain
            Take in first what the source has at hand, and wait until the store has all that was committed.
        timeout_s
            Longest time for both [s].

        Returns
        -------
        bool
            Whether everything that was committed is in the store; what is not stays in the spool.
        """
        if self._stopped:
            return self._forwarder.is_drained
        self._stopped = True
        end_s = monotonic() + timeout_s
        if drain and self._writer.is_running:
            self._idle.clear()
            self._wait(lambda: self._idle.is_set() and not self._held, end_s)
        self._writer.stop()
        self._source.stop()
        if drain:
            self._wait(lambda: self._forwarder.is_drained, end_s)
        self._forwarder.stop()
        drained = self._forwarder.is_drained
        self._spool.close()
        if isinstance(self._chain, DeviceGate):
            self._chain.close()
        log.info("collector.stopped", drained=drained, accepted=self._counts.accepted)
        return drained

    def _wait(self, condition: Callable[[], bool], end_s: float) -> None:
        pause = threading.Event()
        while not condition() and monotonic() < end_s:
            pause.wait(0.02)

    # --- figures ----------------------------------------------------------------------------------------------

    def counts(self) -> Counts:
        """Return the counters; accepted = stored + rejected at any time."""
        moved = self._forwarder.emptied_messages
        counts = self._counts
        return Counts(
            accepted=counts.accepted,
            stored=counts.stored - moved,
            rejected=counts.rejected + moved,
            duplicates=counts.duplicates,
            rejections=counts.rejections + self._forwarder.refused_rows,
            rows=counts.rows,
            forwarded_rows=self._forwarder.forwarded_rows,
        )

    def health(self) -> Health:
        """Return the worst state of source, writer, disk and forwarder, with the figures of all."""
        own = {
            "commits": float(self.commits),
            "disk_free_pct": self._disk.free_pct,
            "sink_failures": float(self._sink_failures),
            "decoder_failures": float(self._chain.decoder_failures),
        }
        counts = self.counts()
        own |= {name: float(getattr(counts, name)) for name in Counts.__dataclass_fields__}
        if isinstance(self._chain, DeviceGate):
            own |= self._chain.figures()
        if self._trouble:
            writer = Health(HealthStatus.DOWN, self._trouble, own)
        elif not self._writer.is_running:
            writer = Health(HealthStatus.DOWN, "the writer does not run", own)
        elif self._spool.damaged_files or self._sink_failures or self._chain.decoder_failures:
            writer = Health(HealthStatus.DEGRADED, "damaged spool files, failing sinks or decoders", own)
        elif thrown_back := self._thrown_back():
            writer = Health(HealthStatus.DEGRADED, thrown_back, own)
        elif self._disk.free_pct < self._settings.warn_free_disk_pct:
            rest = f"{self._disk.free_pct:.1f} % of the disk is free"
            stop = f"below {self._settings.min_free_disk_pct:g} % nothing more is taken"
            writer = Health(HealthStatus.DEGRADED, f"{rest}, {stop}", own)
        else:
            writer = Health(HealthStatus.OK, "", own)
        return worst_of({"source": self._source.health(), "": writer, "store": self._forwarder.health()})

    def troubles(self) -> list[IntakeTrouble]:
        """Return what is kept aside at present instead of being stored: of throttled senders, of refused fields."""
        senders = self._senders_above()
        throttled = IntakeTrouble(
            kind=TroubleKind.SENDERS_THROTTLED, number=sum(senders.values()), senders=_loudest(senders)
        )
        return [*([throttled] if senders else []), *self._forwarder.troubles()]

    def _thrown_back(self) -> str:
        """Return which senders are throttled, the loudest first; empty: none."""
        senders = self._senders_above()
        if not senders:
            return ""
        return f"{len(senders)} senders above their share, messages thrown back: {_loudest(senders)}"

    def _senders_above(self) -> Mapping[str, int]:
        return self._chain.thrown_back if isinstance(self._chain, DeviceGate) else {}

    def take_quiet_senders(self, *, now_ms: int) -> Sequence[str]:
        """Return topics that were thrown back and are quiet again, each once."""
        return self._chain.take_quiet(now_ms=now_ms) if isinstance(self._chain, DeviceGate) else ()

    @property
    def is_dead(self) -> bool:
        """Whether the supervisor must restart this process: a thread ended, or the source is dead."""
        if self._writer.has_died:
            return True
        return self._writer.is_running and (self._source.is_dead or not self._forwarder.is_running)

    # --- the writer thread ------------------------------------------------------------------------------------

    def _step(self) -> float:
        """Gather a batch and keep it; return the pause before the next step [s]."""
        if not self._held:
            self._held = gather(
                self._source,
                limit=self._limit,
                wait_s=self._settings.batch_wait_ms / 1000.0,
                gap_s=self._gap_s,
                idle_s=IDLE_S,
                most=self._most,
            )
        if not self._held:
            self._idle.set()
            return 0.0
        self._idle.clear()
        try:
            if self._may_write(bytes_to_write(payloads_of(self._held))):
                self._process(self._held)
                self._held = []
                self._trouble = ""
                return 0.0
        except SpoolError as error:
            self._in_trouble(str(error))
        # A batch is held until it is kept, whatever goes wrong with it: the broker's window is the back-pressure.
        except Exception as error:
            log.exception("collector.writer_failed", messages=len(self._held))
            self._in_trouble(f"{type(error).__name__}: {error}")
        return RETRY_S

    def _may_write(self, batch_bytes: int) -> bool:
        if self._disk.has_room(batch_bytes):
            return True
        self._in_trouble(f"only {self._disk.free_pct:.1f} % of the disk is free: nothing is acknowledged")
        return False

    def _in_trouble(self, reason: str) -> None:
        if reason != self._trouble:
            log.error("collector.not_writing", reason=reason)
        self._trouble = reason

    def _process(self, messages: Sequence[RawMessage]) -> None:
        """Keep a batch, then acknowledge it, then feed the sinks."""
        committed = self._spool.commit(messages, self._chain.read(messages))
        # Only now, after the disk has it: whatever dies before this line leaves the messages unacknowledged, and the
        # broker sends them again. The other order loses what was acknowledged and not yet written.
        self._acknowledge(messages)
        self._counts = self._counts.plus(committed.counts)
        self.commits += 1
        self.last_commit_s = monotonic()
        if committed.losses and self._on_losses is not None:
            self._on_losses(committed.losses)
        self._feed_sinks(committed)

    def _acknowledge(self, messages: Sequence[RawMessage]) -> None:
        """Acknowledge what is kept."""
        self._source.acknowledge(messages)

    def _feed_sinks(self, committed: Committed) -> None:
        if not len(committed.fresh):
            return
        for sink in self._sinks:
            try:
                sink.accept(committed.fresh)
            except Exception:
                self._sink_failures += 1
                log.exception("collector.sink_failed", sink=type(sink).__name__)


def _loudest(senders: Mapping[str, int]) -> str:
    loudest = sorted(senders.items(), key=lambda item: -item[1])[:SENDERS_NAMED]
    return ", ".join(f"{topic[:100]} ({messages})" for topic, messages in loudest)


def worst_of(parts: dict[str, Health]) -> Health:
    """Return the worst state of named parts, reasons joined, figures prefixed by the part's name."""
    order = [HealthStatus.OK, HealthStatus.DEGRADED, HealthStatus.DOWN]
    status = max((part.status for part in parts.values()), key=order.index)
    reasons = [part.reason for part in parts.values() if part.reason]
    figures = {
        f"{name}_{key}" if name else key: value
        for name, part in parts.items()
        for key, value in part.figures.items()
    }
    return Health(status, "; ".join(reasons), figures)


def build_collector(
    *,
    mqtt: MqttSettings,
    settings: CollectorSettings,
    source: MessageSource,
    store: ReadingSink,
    known: KnownObjects,
    clock: Clock,
    sinks: Sequence[BatchSink] = (),
    unknown: UnknownDeviceWatch | None = None,
    clocks: ClockSkewWatch | None = None,
    zone: str = "Asia/Shanghai",
    commands: CommandOutlet | None = None,
    on_losses: Callable[[Sequence[ReadingLoss]], None] | None = None,
) -> Collector:
    """Build a collector on a source and a store, as the settings say.

    `zone` is the site's time zone; `commands` sends what decoders want sent to devices.

    Raises
    ------
    collector.intake.spool.spool_files.SpoolError
        When the spool folder is in use or cannot be opened.
    collector.decoders.families.UnknownFamilyError, collector.messages.routes.FilterError
        When the routes are wrong.
    """
    memory = FileDecoderMemory(settings.spool_dir)
    chain = DecoderChain.from_settings(mqtt=mqtt, collector=settings, known=known, zone=zone, memory=memory)
    spool = Spool(
        settings.spool_dir,
        clock=clock,
        future_tolerance_ms=int(settings.future_tolerance_s * 1000),
        hears_all=not mqtt.share_group,  # a member of a group hears a part of each device
    )
    gate = DeviceGate(
        chain=chain,
        throttle=Throttle(ThrottleLimits(settings.device_rate_per_s, settings.device_burst)),
        unknown=unknown,
        clocks=clocks,
        commands=commands,
        memory=memory,
    )
    return Collector(
        source=source,
        chain=gate,
        spool=spool,
        forwarder=Forwarder(spool=spool, store=store, slot=mqtt.client_id, settings=settings),
        sinks=sinks if clocks is None else (*sinks, clocks),
        disk=DiskGuard(folder=settings.spool_dir, min_free_pct=settings.min_free_disk_pct),
        settings=settings,
        # Never more than half the window: a broker whose window is full sends nothing, so a batch that waited for more
        # would wait for ever. With half of it unacknowledged the other half keeps coming.
        max_batch=mqtt.receive_maximum // 2,
        on_losses=on_losses,
    )
