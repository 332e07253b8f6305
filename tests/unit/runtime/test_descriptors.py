"""The descriptors of collector and stores are reserved; what is missing is named."""

import resource

import pytest

from runtime.descriptors import FEWEST_CONNECTIONS, RESERVED, TooFewFilesError, room_for_connections


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The limits of the process, the newest last; setting them sets these."""
    known = [(1024, 1024)]
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: known[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _kind, pair: known.append(pair))
    return known


def test_connections_get_what_the_reserve_leaves(limits: list[tuple[int, int]]) -> None:
    assert room_for_connections(1024) == 1024 - RESERVED
    assert room_for_connections(100) == 100
    assert limits == [(1024, 1024)]


def test_a_soft_limit_is_raised_as_far_as_is_needed(limits: list[tuple[int, int]]) -> None:
    limits[0] = (1024, 524_288)
    assert room_for_connections(1024) == 1024
    assert limits[-1] == (1024 + RESERVED, 524_288)


def test_without_a_limit_nothing_is_counted(limits: list[tuple[int, int]]) -> None:
    limits[0] = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    assert room_for_connections(1024) == 1024


def test_256_files_are_enough_for_a_small_office(limits: list[tuple[int, int]]) -> None:
    limits[0] = (256, 256)
    assert room_for_connections(1024) == 256 - RESERVED >= FEWEST_CONNECTIONS


def test_too_few_files_are_refused_with_what_is_missing(limits: list[tuple[int, int]]) -> None:
    limits[0] = (128, 128)
    with pytest.raises(
        TooFewFilesError, match=rf"128 files and needs {RESERVED + FEWEST_CONNECTIONS} at least.*ulimit -n"
    ):
        room_for_connections(1024)
