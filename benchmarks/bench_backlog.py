"""A backlog of ten minutes at the nominal load of a league, drained into the store while the load goes on.

The store was away for ten minutes: the spool holds 1,063,200 messages with 12.9 million values, kept by the collector's
own commits. Then the collector starts on an empty embedded store and on a broker with the nominal load. Measured are
the seconds until the store has the whole backlog, and how long the messages published meanwhile take to the sinks of
the live state. ``./run bench backlog --minutes N`` takes another length; the limit on the time follows it.
"""

import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.harness import BenchmarkUnavailable, Goal, Reference, Result, wanted_minutes
from benchmarks.league_load import NOMINAL_PER_S, Delays, League, nominal_sender, registered_league
from collector.intake.decoder_chain import DecoderChain
from collector.intake.mqtt.source import MqttSource
from collector.intake.pipeline import build_collector
from collector.intake.spool.spool import Spool
from collector.messages.arrived_message import ArrivedMessages
from collector.messages.known_objects import KnownObjects
from config.settings.tree import CollectorSettings, MqttSettings, TimeSeriesSettings
from heating.clock import SystemClock
from runtime.child_process import ChildFailedError
from runtime.embedded_broker import EmbeddedBroker
from storage.readings.opening import open_time_series_store

MINUTES = 10.0
LIMIT_S = 60.0
"""Longest time for ten minutes of backlog [s]."""
LOAD_S = 60.0
"""The load goes on for so long at least [s]."""
PATIENCE_S = 600.0
COMMIT = 2_000


def fill_spool(folder: Path, league: League, known: KnownObjects, minutes: float) -> int:
    """Keep a backlog in the spool, as a collector does whose store is away; return how many messages."""
    clock = SystemClock()
    chain = DecoderChain.from_settings(mqtt=MqttSettings(), collector=CollectorSettings(), known=known)
    spool = Spool(folder, clock=clock)
    total = int(minutes * 60 * NOMINAL_PER_S)
    start_ms = clock.now_ms() - int(minutes * 60_000) - 1_000
    try:
        for first in range(0, total, COMMIT):
            numbers = range(first, min(total, first + COMMIT))
            made = [league.message(n, start_ms + n * 1000 // NOMINAL_PER_S) for n in numbers]
            messages = ArrivedMessages(
                topics=[topic for topic, _payload in made],
                payloads=[payload for _topic, payload in made],
                received_ms=[clock.now_ms()] * len(made),
                packet_ids=[1] * len(made),
                epochs=[1] * len(made),
                flags=[2] * len(made),
            )
            committed = spool.commit(messages, chain.read(messages))
            if committed.counts.stored != len(made):
                raise AssertionError(f"the backlog is not what it should be: {committed.counts}")
    finally:
        spool.close()
    return total


def drain(folder: Path, league: League, known: KnownObjects, backlog: int) -> tuple[float, Delays]:
    """Return how long the store took for the backlog [s], and the delays of what was published meanwhile.

    Raises
    ------
    AssertionError
        When a message or a value was lost, or the backlog is not drained in the end.
    """
    clock = SystemClock()
    load_messages = int(LOAD_S * NOMINAL_PER_S)
    delays = Delays(since_ms=clock.now_ms())
    with ExitStack() as stack:
        load = stack.enter_context(nominal_sender(league))
        broker = EmbeddedBroker(host="127.0.0.1", port=0, data_dir=folder / "broker")
        try:
            broker.start()
        except ChildFailedError as error:
            raise BenchmarkUnavailable(str(error)) from error
        stack.callback(broker.stop)
        store = open_time_series_store(TimeSeriesSettings(url=f"duckdb:///{folder / 'store'}"))
        stack.callback(store.close)
        mqtt = MqttSettings(port=broker.port, protocol="3.1.1")
        collector = build_collector(
            mqtt=mqtt,
            settings=CollectorSettings(spool_dir=folder / "spool", min_free_disk_pct=0.0),
            source=MqttSource(settings=mqtt, clock=clock),
            store=store,
            known=known,
            clock=clock,
            sinks=(delays,),
        )
        pause, start_s = threading.Event(), time.monotonic()
        collector.start()
        load.send((broker.port, load_messages))
        values = league.values_of(backlog)
        while collector.counts().forwarded_rows < values and time.monotonic() < start_s + PATIENCE_S:
            pause.wait(0.1)
        drained_s = time.monotonic() - start_s
        while collector.counts().accepted < load_messages and time.monotonic() < start_s + PATIENCE_S:
            pause.wait(0.1)
        drained = collector.stop(drain=True, timeout_s=PATIENCE_S)
        counts = collector.counts()
    whole = values + league.values_of(load_messages)
    if not drained or counts.stored != load_messages or counts.forwarded_rows != whole:
        raise AssertionError(f"{backlog} + {load_messages} messages of {whole} values: {counts}")
    return drained_s, delays


def run() -> list[Result]:
    """Measure; about three minutes."""
    minutes = wanted_minutes(MINUTES)
    league = registered_league()
    known = KnownObjects.from_site(league.site)
    with tempfile.TemporaryDirectory() as name:
        start_s = time.monotonic()
        backlog = fill_spool(Path(name) / "spool", league, known, minutes)
        filled_s = time.monotonic() - start_s
        drained_s, delays = drain(Path(name), league, known, backlog)
    return [
        Result(
            name="backlog.drained",
            value=drained_s,
            unit="s",
            reference=Reference(name="the time it took to arise", value=minutes * 60),
            goal=Goal(at_most=LIMIT_S * minutes / MINUTES, ratio_at_most=LIMIT_S / 60 / MINUTES),
        ),
        Result(name="backlog.messages_per_second", value=backlog / drained_s, unit="messages/s"),
        Result(name="backlog.spooled_per_second", value=backlog / filled_s, unit="messages/s"),
        Result(
            name="backlog.live_delay_p99", value=delays.percentile_s(99), unit="s", goal=Goal(at_most=5.0)
        ),
        Result(
            name="backlog.live_delay_max", value=delays.percentile_s(100), unit="s", goal=Goal(at_most=5.0)
        ),
    ]
