"""The address a request comes from, and the networks a token may be bound to."""

import ipaddress

from fastapi import Request

__all__ = ["UnfitNetworkError", "client_address", "is_within", "networks_of"]


class UnfitNetworkError(ValueError):
    """A text that names no network, or all of them."""


def client_address(request: Request, *, trusted_proxies: tuple[str, ...]) -> str:
    """Return the address that a request comes from.

    ``X-Forwarded-For`` is believed only where our own proxy sent it: from the right, the first address that is no
    trusted proxy.
    """
    address = request.client.host if request.client is not None else "unknown"
    hops = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",") if hop.strip()]
    while address in trusted_proxies and hops:
        address = hops.pop()
    return address[:64]


def networks_of(text: str) -> tuple[str, ...]:
    """Return the networks of a list with commas, ``10.0.0.5,10.1.0.0/24``, each in its plain form.

    Raises
    ------
    UnfitNetworkError
        One is no address or network, has bits beyond its mask, or holds every address.
    """
    found = []
    for part in text.split(","):
        try:
            network = ipaddress.ip_network(part.strip())
        except ValueError as error:
            raise UnfitNetworkError(str(error)) from error
        if network.prefixlen == 0:
            raise UnfitNetworkError(f"{network} holds every address")
        found.append(str(network))
    return tuple(found)


def is_within(address: str, networks: tuple[str, ...]) -> bool:
    """Return whether an address lies in one of the networks; what is no address lies in none."""
    try:
        one = ipaddress.ip_address(address)
    except ValueError:
        return False
    # A socket that serves both families names an IPv4 client ``::ffff:10.0.0.5``.
    mapped = one.ipv4_mapped if isinstance(one, ipaddress.IPv6Address) else None
    return any((mapped or one) in ipaddress.ip_network(network) for network in networks)
