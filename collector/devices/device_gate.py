"""`DeviceGate`: what stands around the decoders: throttle, and the watches over devices.

It reads a batch as `DecoderChain` does. The same batch read again (a commit that failed is tried again) costs nobody
tokens twice.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from collector.decoders.memory import FileDecoderMemory
from collector.devices.clock_skew import ClockSkewWatch
from collector.devices.device_commands import CommandOutlet
from collector.devices.throttle import Throttle
from collector.devices.unknown_devices import UnknownDeviceWatch
from collector.messages.arrived_message import REPLAY_EPOCH, ArrivedMessages, has_retained, topics_of
from collector.messages.decoded import Decoded, DeviceCommand, Reason, Rejection
from heating.protocols import RawMessage

__all__ = ["DeviceGate", "MessageReader", "send_commands"]


class MessageReader(Protocol):
    """What turns messages into rows."""

    @property
    def decoder_failures(self) -> int:
        """Messages on which a decoder broke its promise and raised."""
        ...

    def read(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows that may be stored; never raises on bad input."""
        ...

    def take_commands(self) -> list[DeviceCommand]:
        """Return what decoders want sent to devices since the last call."""
        ...


class DeviceGate:
    """Stands before the decoders of a collector.

    Parameters
    ----------
    chain
        Reads what passes.
    throttle
        Says what is above a sender's share.
    unknown, clocks
        Watches that see what was refused.
    memory
        What decoders keep over restarts; written now and then, and at the end.
    commands
        Sends what decoders want sent; None drops it.
    """

    def __init__(
        self,
        *,
        chain: MessageReader,
        throttle: Throttle,
        unknown: UnknownDeviceWatch | None = None,
        clocks: ClockSkewWatch | None = None,
        commands: CommandOutlet | None = None,
        memory: FileDecoderMemory | None = None,
    ) -> None:
        self._chain = chain
        self._memory = memory
        self._commands = commands
        self._throttle = throttle
        self._unknown = unknown
        self._clocks = clocks
        self._last: tuple[Sequence[RawMessage], Decoded] | None = None

    @property
    def decoder_failures(self) -> int:
        """Messages on which a decoder broke its promise and raised."""
        return self._chain.decoder_failures

    def figures(self) -> dict[str, float]:
        """Return counters for /metrics."""
        return {
            "throttled": float(self._throttle.throttled),
            "throttled_senders": float(self._throttle.watched),
            "unknown_overflow": float(self._unknown.overflow if self._unknown else 0),
            **(self._commands.figures() if self._commands else {}),
        }

    def read(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows that may be stored; what is above a sender's share is rejected, with its reason."""
        if self._memory is not None:
            self._memory.flush()
        if self._last is not None and self._last[0] is messages:
            return self._last[1]
        decoded = self._read(messages)
        self._last = (messages, decoded)
        send_commands(self._chain, self._commands)
        live = messages
        if self._unknown is not None and decoded.rejections:
            new = [item for item in decoded.rejections if live[item.message].epoch != REPLAY_EPOCH]
            self._unknown.note(live, new)
            if self._clocks is not None:
                self._clocks.note_quarantined(live, new)
        return decoded

    def _read(self, messages: Sequence[RawMessage]) -> Decoded:
        decoded = self._chain.read(messages)
        # By the times that were decoded: a backlog arrives fast and is no abuse.
        above = self._above(messages, decoded)
        return _without(decoded, above) if above else decoded

    def _above(self, messages: Sequence[RawMessage], decoded: Decoded) -> list[int]:
        # What we give to ourselves again is nobody's excess, nor is a kept copy: the broker sends it because we
        # subscribe. Columns come from the broker alone.
        columns = isinstance(messages, ArrivedMessages)
        replayed = not columns and any(message.epoch == REPLAY_EPOCH for message in messages)
        if not replayed and not has_retained(messages):
            fresh: Sequence[int] = range(len(messages))
        else:
            fresh = [
                place
                for place, message in enumerate(messages)
                if message.epoch != REPLAY_EPOCH and not message.retained
            ]
        if not fresh:
            return []
        topics = topics_of(messages)

        def own(places: Sequence[int]) -> dict[int, dict[str, int]]:
            times = _own_times(decoded, [fresh[place] for place in places])
            return {place: times.get(fresh[place], {}) for place in places}

        above = self._throttle.excess(
            topics if len(fresh) == len(messages) else [topics[place] for place in fresh],
            now_ms=max(messages[0].received_ms, messages[-1].received_ms),
            own=own,
        )
        return [fresh[place] for place in above]

    def take_quiet(self, *, now_ms: int) -> list[str]:
        """Return topics that were thrown back and are quiet again, each once."""
        return self._throttle.take_quiet(now_ms=now_ms)

    @property
    def thrown_back(self) -> dict[str, int]:
        """Topics of senders that were above their share lately, with how many messages."""
        return self._throttle.thrown_back()

    def close(self) -> None:
        """Let go of the outlet of commands; write what decoders learned."""
        if self._memory is not None:
            self._memory.flush(now=True)
        if self._commands is not None:
            self._commands.close()

    def take_commands(self) -> list[DeviceCommand]:
        """Return nothing: commands were handed to the outlet."""
        return []


def _own_times(decoded: Decoded, places: Sequence[int]) -> dict[int, dict[str, int]]:
    """Return the newest own time of each device in some messages [epoch ms]; arrival times are nobody's own."""
    samples = decoded.samples
    new = np.ones(len(decoded.reading), np.bool_)
    new[1:] = decoded.reading[1:] != decoded.reading[:-1]
    timed = np.ones(len(new), np.bool_) if decoded.untimed is None else ~decoded.untimed
    rows = np.flatnonzero(new & timed & np.isin(decoded.message, places))
    found: dict[int, dict[str, int]] = {}
    columns = (decoded.message[rows], samples.object_index[rows], samples.measured_ms[rows])
    for message, place, measured_ms in zip(*(column.tolist() for column in columns), strict=True):
        ref = samples.objects[place]
        times = found.setdefault(message, {})
        name = f"{ref.measurement}/{ref.object_id}"
        times[name] = max(times.get(name, measured_ms), measured_ms)
    return found


def _without(decoded: Decoded, above: Sequence[int]) -> Decoded:
    """Return what was decoded without some messages, which are rejected as a whole."""
    refused = frozenset(above)
    left = ~np.isin(decoded.message, above)
    rejections = [item for item in decoded.rejections if item.message not in refused]
    rejections += [Rejection(place, Reason.THROTTLED, "above the share of its sender") for place in above]
    rejections.sort(key=lambda item: item.message)
    return replace(
        decoded.where(left),
        rejections=rejections,
        extras=[item for item in decoded.extras if item.message not in refused],
    )


def send_commands(chain: MessageReader, outlet: CommandOutlet | None) -> None:
    """Hand what decoders want sent to the outlet; without one it is dropped."""
    commands = chain.take_commands()
    if commands and outlet is not None:
        outlet.post(commands)
