"""Calls to the hotline as a clerk would type them: topics, words in Chinese, and a key for their translation.

What lives here: the call and its words. What does not: who calls when (`simulators.people.complaints`), where calls
go (`simulators.people.hotline`).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = ["CALL_WORDS", "Call", "CallReason", "CallTopic", "CallTruth", "words_for"]


class CallTopic(StrEnum):
    """What people call about; the words of the product's ticket categories."""

    NO_HEAT = "no_heat"
    INSUFFICIENT = "insufficient"
    LEAK = "leak"
    NOISE = "noise"
    OTHER = "other"


class CallReason(StrEnum):
    """Why somebody really called."""

    FELT_COLD = "felt_cold"
    UNRELATED = "unrelated"
    """Nothing to do with the temperature of the home at the time."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call, with all that a clerk hears."""

    household_id: str
    moment: datetime
    """Aware UTC."""
    topic: CallTopic
    text: str
    """Chinese."""
    text_key: str
    """The same in English; stable, to translate and to count by."""


@dataclass(frozen=True, slots=True)
class CallTruth:
    """What the simulator knows of a call; never leaves it but in truth files."""

    call: Call
    home: int
    """Place of the home in the registry."""
    reason: CallReason
    room_temp_c: float
    """True room temperature at the beginning of the hour [°C]."""
    chance_feels_cold: float
    """Of a person in that room, 0 to 1."""
    days_cold: float
    """How long the room has been below 18 °C [d]."""
    cause: str | None = None
    """Root cause, filled in by who writes the truth; None where nobody has looked yet."""


CALL_WORDS: dict[CallTopic, tuple[tuple[str, str], ...]] = {
    CallTopic.NO_HEAT: (
        ("家里不热", "No heat at home"),
        ("暖气片冰凉，一点都不热", "The radiators are stone cold"),
        ("暖气停了，家里有老人孩子", "The heating has stopped; there are old people and children here"),
        ("整个单元都没暖气", "The whole stairway has no heat"),
    ),
    CallTopic.INSUFFICIENT: (
        ("家里温度不够", "It is not warm enough at home"),
        ("屋里有点冷，要求上门测温", "The rooms are rather cold; please come and measure"),
        ("暖气温乎不热", "The radiators are lukewarm"),
        ("卧室冷，客厅还行", "The bedroom is cold, the living room will do"),
        ("晚上特别冷", "It is very cold at night"),
    ),
    CallTopic.LEAK: (
        ("暖气漏水", "A radiator leaks"),
        ("楼道管道滴水", "A pipe in the stairway drips"),
        ("分水器接头渗水", "A joint of the manifold seeps"),
    ),
    CallTopic.NOISE: (
        ("暖气管有响声", "The heating pipes make a noise"),
        ("管道里有流水声，影响休息", "Water gurgles in the pipes and keeps us awake"),
    ),
    CallTopic.OTHER: (
        ("咨询采暖费", "A question about the heating fee"),
        ("询问报停手续", "How to suspend heating"),
        ("要求开具发票", "Asks for an invoice"),
        ("咨询什么时候停暖", "Asks when the season ends"),
    ),
}
"""What clerks type, with the key in English."""


def words_for(topic: CallTopic, chance: float) -> tuple[str, str]:
    """Return text and key for a number in [0, 1)."""
    choices = CALL_WORDS[topic]
    return choices[int(chance * len(choices))]
