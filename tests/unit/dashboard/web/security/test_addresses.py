"""Which address a request is counted under, and which networks hold it."""

import pytest
from fastapi import Request

from dashboard.web.security.addresses import UnfitNetworkError, client_address, is_within, networks_of


def request_from(address: str, forwarded: str = "") -> Request:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    return Request({"type": "http", "headers": headers, "client": (address, 1234), "method": "GET"})


@pytest.mark.parametrize(
    ("address", "forwarded", "trusted", "expected"),
    [
        ("203.0.113.9", "", (), "203.0.113.9"),
        ("203.0.113.9", "10.0.0.1", (), "203.0.113.9"),
        ("10.0.0.2", "203.0.113.9", ("10.0.0.2",), "203.0.113.9"),
        ("10.0.0.2", "1.1.1.1, 203.0.113.9", ("10.0.0.2",), "203.0.113.9"),
        ("10.0.0.2", "203.0.113.9, 10.0.0.3", ("10.0.0.2", "10.0.0.3"), "203.0.113.9"),
        ("10.0.0.2", "", ("10.0.0.2",), "10.0.0.2"),
    ],
)
def test_only_our_own_proxy_may_name_another_address(
    address: str, forwarded: str, trusted: tuple[str, ...], expected: str
) -> None:
    assert client_address(request_from(address, forwarded), trusted_proxies=trusted) == expected


@pytest.mark.parametrize(
    ("address", "held"),
    [
        ("10.0.0.5", True),
        ("10.0.0.6", False),
        ("10.1.0.200", True),
        ("::ffff:10.0.0.5", True),
        ("2001:db8::7", True),
        ("2001:db9::7", False),
        ("unknown", False),
        ("", False),
    ],
)
def test_networks_hold_their_addresses_of_both_families(address: str, held: bool) -> None:
    networks = networks_of("10.0.0.5, 10.1.0.0/24,2001:db8::/32")
    assert networks == ("10.0.0.5/32", "10.1.0.0/24", "2001:db8::/32")
    assert is_within(address, networks) is held


@pytest.mark.parametrize(
    "text", ["", "10.0.0.5,", "10.0.0.300", "10.0.0.5/24", "0.0.0.0/0", "::/0", "wall-pc"]
)
def test_what_is_no_network_or_everywhere_is_refused(text: str) -> None:
    with pytest.raises(UnfitNetworkError):
        networks_of(text)
