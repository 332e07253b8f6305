"""`LiveGate`: the decoders of a live feed, with the order of arrival and without what the broker had kept."""

from collections.abc import Sequence

from collector.devices.device_commands import CommandOutlet
from collector.devices.device_gate import MessageReader, send_commands
from collector.intake.spool.untimed_memory import UntimedMemory
from collector.messages.arrived_message import has_retained
from collector.messages.decoded import Decoded, DeviceCommand
from heating.protocols import RawMessage

__all__ = ["LiveGate"]


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
        self._order = UntimedMemory()
        self.retained = 0
        """Retained readings left out so far."""

    @property
    def decoder_failures(self) -> int:
        """Messages on which a decoder broke its promise and raised."""
        return self._chain.decoder_failures

    def read(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows in the order of arrival, without retained readings and known link states."""
        fresh = messages
        if has_retained(messages):
            fresh = [message for message in messages if not _is_retained_reading(message)]
            self.retained += len(messages) - len(fresh)
        settled = self._order.settle(fresh, self._chain.read(fresh))
        self._order.forget_changes()
        send_commands(self._chain, self._commands)
        return settled.decoded.where(~settled.repeated) if settled.repeated.any() else settled.decoded

    def take_commands(self) -> list[DeviceCommand]:
        """Return nothing: commands were handed to the outlet."""
        return []


def _is_retained_reading(message: RawMessage) -> bool:
    """Return whether a message was kept by the broker and is no link state."""
    return message.retained and not message.topic.endswith("/status")
