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
from collector.messages.arrived_message import REPLAY_EPOCH, messages_at, topics_of
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
        above = self._above(messages)
        if not above:
            return self._chain.read(messages)
        refused = set(above)
        places = np.array([place for place in range(len(messages)) if place not in refused], np.int32)
        decoded = self._chain.read(messages_at(messages, places.tolist()))
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

    def close(self) -> None:
        """Let go of the outlet of commands; write what decoders learned."""
        if self._memory is not None:
            self._memory.flush(now=True)
        if self._commands is not None:
            self._commands.close()

    def take_commands(self) -> list[DeviceCommand]:
        """Return nothing: commands were handed to the outlet."""
        return []


def send_commands(chain: MessageReader, outlet: CommandOutlet | None) -> None:
    """Hand what decoders want sent to the outlet; without one it is dropped."""
    commands = chain.take_commands()
    if commands and outlet is not None:
        outlet.post(commands)
