"""`DeviceGate`: what stands around the decoders: throttle, retained messages, and the watches over devices.

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
from collector.devices.retained_messages import RetainedMemory, is_retained_reading
from collector.devices.throttle import Throttle
from collector.devices.unknown_devices import UnknownDeviceWatch
from collector.messages.arrived_message import has_retained, messages_at, topics_of
from collector.messages.decoded import Decoded, DeviceCommand, Reason, Rejection
from heating.protocols import RawMessage

__all__ = ["REPLAY_EPOCH", "DeviceGate", "LiveGate", "MessageReader"]

REPLAY_EPOCH = -1
"""Epoch of messages that we give to ourselves again; they are nobody's excess and no new sighting."""


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
    retained
        Remembers retained messages; None lets them pass as they are.
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
        retained: RetainedMemory | None = None,
        unknown: UnknownDeviceWatch | None = None,
        clocks: ClockSkewWatch | None = None,
        commands: CommandOutlet | None = None,
        memory: FileDecoderMemory | None = None,
    ) -> None:
        self._chain = chain
        self._memory = memory
        self._commands = commands
        self._throttle = throttle
        self._retained = retained
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
            "retained_repeats": float(self._retained.repeats if self._retained else 0),
            "unknown_overflow": float(self._unknown.overflow if self._unknown else 0),
            **(self._commands.figures() if self._commands else {}),
        }

    def read(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows that may be stored; what is above a sender's share is rejected, with its reason.

        Raises
        ------
        collector.devices.retained_messages.RetainedMemoryError
            When the disk refuses; nothing is lost, the batch is tried again.
        """
        if self._memory is not None:
            self._memory.flush()
        if self._last is not None and self._last[0] is messages:
            return self._last[1]
        decoded = self._read(messages)
        self._last = (messages, decoded)
        _send_commands(self._chain, self._commands)
        live = messages
        if self._unknown is not None and decoded.rejections:
            new = [item for item in decoded.rejections if live[item.message].epoch != REPLAY_EPOCH]
            self._unknown.note(live, new)
            if self._clocks is not None:
                self._clocks.note_quarantined(live, new)
        return decoded

    def _read(self, messages: Sequence[RawMessage]) -> Decoded:
        above = self._above(messages)
        passing = self._with_first_arrivals(messages)
        if not above:
            return self._chain.read(passing)
        refused = set(above)
        places = np.array([place for place in range(len(passing)) if place not in refused], np.int32)
        decoded = self._chain.read(messages_at(passing, places.tolist()))
        moved = [replace(item, message=int(places[item.message])) for item in decoded.rejections]
        moved += [Rejection(place, Reason.THROTTLED, "above the share of its sender") for place in above]
        extras = [replace(item, message=int(places[item.message])) for item in decoded.extras]
        message = places[decoded.message] if len(places) else decoded.message
        moved.sort(key=lambda item: item.message)
        return replace(decoded, message=message, rejections=moved, extras=extras)

    def _above(self, messages: Sequence[RawMessage]) -> list[int]:
        if not messages:
            return []
        above = self._throttle.excess(
            topics_of(messages),
            now_ms=max(messages[0].received_ms, messages[-1].received_ms),
        )
        return [place for place in above if messages[place].epoch != REPLAY_EPOCH]

    def _with_first_arrivals(self, messages: Sequence[RawMessage]) -> Sequence[RawMessage]:
        memory = self._retained
        if memory is None or not has_retained(messages):
            return messages
        return [memory.first(message) if is_retained_reading(message) else message for message in messages]

    def close(self) -> None:
        """Let go of the memory of retained messages and of the outlet of commands; write what decoders learned."""
        if self._memory is not None:
            self._memory.flush(now=True)
        if self._retained is not None:
            self._retained.close()
        if self._commands is not None:
            self._commands.close()

    def take_commands(self) -> list[DeviceCommand]:
        """Return nothing: commands were handed to the outlet."""
        return []


class LiveGate:
    """Stands before the decoders of a live feed: readings that the broker kept are no news to a live state.

    A live state starts warm from the store; a retained reading of unknown age would look fresh. It has decoders of its
    own, which must see births as the collector's do: so it asks for them too.

    Parameters
    ----------
    chain
        Reads what passes.
    commands
        Sends what decoders want sent; None drops it.
    """

    def __init__(self, chain: MessageReader, *, commands: CommandOutlet | None = None) -> None:
        self._chain = chain
        self._commands = commands
        self.retained = 0
        """Retained readings left out so far."""

    @property
    def decoder_failures(self) -> int:
        """Messages on which a decoder broke its promise and raised."""
        return self._chain.decoder_failures

    def read(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows, without retained readings."""
        fresh = messages
        if has_retained(messages):
            fresh = [message for message in messages if not is_retained_reading(message)]
            self.retained += len(messages) - len(fresh)
        decoded = self._chain.read(fresh)
        _send_commands(self._chain, self._commands)
        return decoded

    def take_commands(self) -> list[DeviceCommand]:
        """Return nothing: commands were handed to the outlet."""
        return []


def _send_commands(chain: MessageReader, outlet: CommandOutlet | None) -> None:
    commands = chain.take_commands()
    if commands and outlet is not None:
        outlet.post(commands)
