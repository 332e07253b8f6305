"""The rule about missing servers: skip with a printed reason, or fail where every server must be there."""

import os
from collections.abc import Callable
from typing import NoReturn, TypeVar

import pytest

from tests.support.servers.child_process import ServerMissing

Server = TypeVar("Server")


def missing(reason: str) -> NoReturn:
    """End the test: failed with ``CI=true``, skipped otherwise; the reason is printed either way."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"{reason}; with CI=true no server may be missing", pytrace=False)
    pytest.skip(reason)


def started_or_missing(start: Callable[[], Server]) -> Server:
    """The started server, or the end of the test when its program is not installed."""
    try:
        return start()
    except ServerMissing as error:
        missing(str(error))
