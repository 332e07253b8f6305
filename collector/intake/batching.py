"""Gathering messages into batches: full, or old enough, or nothing more is coming.

The last rule matters with a small in-flight window: a broker that waits for acknowledgements sends nothing more, so
waiting for a full batch would only lose time, and with a window below the batch size for ever.
"""

from collections.abc import Sequence
from time import monotonic

from collector.messages.arrived_message import concatenated
from heating.protocols import MessageSource, RawMessage

__all__ = ["gather"]


def gather(
    source: MessageSource, *, limit: int, wait_s: float, gap_s: float, idle_s: float, most: int = 0
) -> Sequence[RawMessage]:
    """Return the next batch, empty when nothing came.

    A full batch takes along what else lies ready, without waiting, up to `most`: a long queue is worked off in few
    large commits.

    Parameters
    ----------
    source
        Where messages come from.
    limit
        Most messages of a batch; at most half the in-flight window.
    wait_s
        Longest time from the first message to the return [s].
    gap_s
        A pause without messages this long ends the batch [s].
    idle_s
        Longest wait for the first message [s].
    most
        Most messages of a batch when the queue is long; 0: `limit`. At most half the in-flight window.
    """
    messages = source.take(limit=limit, timeout_s=idle_s)
    if not messages:
        return messages
    parts, count = [messages], len(messages)
    end_s = monotonic() + wait_s
    while (room := limit - count) > 0 and (left_s := end_s - monotonic()) > 0:
        more = source.take(limit=room, timeout_s=min(gap_s, left_s))
        if not more:
            break
        parts.append(more)
        count += len(more)
    if count >= limit and most > count:
        parts.append(source.take(limit=most - count, timeout_s=0.0))
    return concatenated([part for part in parts if part])
