"""The guard makes room for newcomers at the cost of who waits longest, and ends what waits too long."""

from typing import Any, cast

import pytest

from runtime.connection_guard import ConnectionGuard, ConnectionLimits, GuardedProtocol, network_of

LIMITS = ConnectionLimits(total=4, per_address=3, head_s=10, body_s=60, idle_s=30, stalled_s=20)


class FakeConnection:
    """A connection as the guard sees it."""

    def __init__(
        self, address: str = "10.0.0.1", *, since_s: float = 0.0, busy: bool = False, answered: bool = False
    ) -> None:
        self.address, self.since_s, self.is_busy, self.answered = address, since_s, busy, answered
        self.fate = "open"

    def drop(self) -> None:
        self.fate = "dropped"

    def refuse(self) -> None:
        self.fate = "refused"


def admit(guard: ConnectionGuard, *connections: FakeConnection) -> None:
    for connection in connections:
        guard.admit(cast(GuardedProtocol, connection))


def test_at_the_limit_of_an_address_its_longest_waiting_connection_goes() -> None:
    guard = ConnectionGuard(LIMITS)
    young, old, kept = FakeConnection(since_s=3), FakeConnection(since_s=1), FakeConnection(since_s=2)
    admit(guard, young, old, kept, newcomer := FakeConnection(since_s=4))
    assert [one.fate for one in (young, old, kept, newcomer)] == ["open", "dropped", "open", "open"]


def test_who_never_had_an_answer_goes_before_who_had_one() -> None:
    guard = ConnectionGuard(LIMITS)
    person = FakeConnection(since_s=0, answered=True)
    silent = [FakeConnection(since_s=5), FakeConnection(since_s=6)]
    admit(guard, person, *silent, FakeConnection(since_s=7))
    assert (person.fate, silent[0].fate) == ("open", "dropped")


def test_a_newcomer_is_refused_only_where_all_others_are_being_answered() -> None:
    guard = ConnectionGuard(LIMITS)
    admit(guard, *[FakeConnection(busy=True) for _ in range(3)], newcomer := FakeConnection())
    assert newcomer.fate == "refused"
    admit(guard, neighbour := FakeConnection("10.0.0.2"))
    assert neighbour.fate == "open" and newcomer.fate != "open"


def test_the_limit_in_all_holds_over_addresses() -> None:
    guard = ConnectionGuard(LIMITS)
    crowd = [FakeConnection(f"10.0.1.{n}", since_s=n) for n in range(5)]
    admit(guard, *crowd)
    assert [one.fate for one in crowd] == ["dropped", "open", "open", "open", "open"]
    assert len(guard) == 4


def test_a_trusted_proxy_may_have_all_connections() -> None:
    guard = ConnectionGuard(LIMITS, trusted=("10.0.0.1",))
    crowd = [FakeConnection() for _ in range(4)]
    admit(guard, *crowd)
    assert {one.fate for one in crowd} == {"open"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2:bbbb::2"),
        ("fe80::1%eth0", "fe80::2%eth0"),
    ],
)
def test_addresses_of_one_household_are_one(one: str, other: str) -> None:
    assert network_of(one) == network_of(other)


def test_other_networks_are_others() -> None:
    assert (
        len({network_of(text) for text in ("10.0.0.1", "10.0.0.2", "2001:db8:1:2::1", "2001:db8:1:3::1")})
        == 4
    )


class FakeTransport:
    closing = False

    def is_closing(self) -> bool:
        return self.closing


class FakeCycle:
    def __init__(self, *, more_body: bool, complete: bool = False) -> None:
        self.more_body, self.response_complete = more_body, complete


def protocol(*, cycle: FakeCycle | None = None, **state: Any) -> GuardedProtocol:
    """A protocol without a loop, in a state."""
    made = GuardedProtocol.__new__(GuardedProtocol)
    values = {"since_s": 0.0, "stalled_since_s": None, "answered": False, "head_begun": False}
    for name, value in {**values, "cycle": cycle, "transport": FakeTransport(), **state}.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("state", "allowed_s"),
    [
        ({}, 10),
        ({"head_begun": True}, 10),
        ({"head_begun": True, "answered": True}, 10),
        ({"answered": True, "cycle": FakeCycle(more_body=False, complete=True)}, 30),
        ({"cycle": FakeCycle(more_body=True)}, 60),
        ({"cycle": FakeCycle(more_body=False), "stalled_since_s": 0.0}, 20),
    ],
    ids=["silent from the start", "half a head", "half a later head", "kept", "half a body", "does not read"],
)
def test_each_kind_of_waiting_has_its_time(state: dict[str, Any], allowed_s: float) -> None:
    assert not protocol(**state).is_overdue(LIMITS, now_s=allowed_s)
    assert protocol(**state).is_overdue(LIMITS, now_s=allowed_s + 0.1)


def test_a_request_that_is_being_answered_may_take_its_time() -> None:
    assert not protocol(cycle=FakeCycle(more_body=False)).is_overdue(LIMITS, now_s=1e6)


def test_a_closed_connection_whose_last_bytes_nobody_takes_is_cut_off() -> None:
    transport = FakeTransport()
    transport.closing = True
    closed = protocol(answered=True, transport=transport, since_s=1e6)
    assert not closed.is_overdue(LIMITS, now_s=100.0)
    assert closed.is_overdue(LIMITS, now_s=121.0)
