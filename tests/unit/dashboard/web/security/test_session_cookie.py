"""Which address a request is counted under."""

import pytest
from fastapi import Request

from dashboard.web.security.access import cookie_name
from dashboard.web.security.session_cookie import client_address


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


def test_the_cookie_is_bound_to_host_and_path_where_it_is_tls_only() -> None:
    assert cookie_name(secure=True) == "__Host-nuanliu"
    assert cookie_name(secure=False) == "nuanliu"
