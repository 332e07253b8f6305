"""On how many examples a law is tried: on all in the gate, on a quarter where `./run test` wants an answer soon."""

import os

__all__ = ["FEW", "examples"]

FEW = os.environ.get("TESTS_FEW_EXAMPLES") == "1"
"""Not a name with the prefix of the settings: the program would refuse it."""
FEWEST = 8
"""A law that asks for no more examples than this is always tried on all."""


def examples(number: int) -> int:
    """Return how many of a number of examples are tried; each run draws others."""
    return min(number, max(number // 4, FEWEST)) if FEW else number
