"""The webhook channel: a signed JSON POST.

The host is resolved once a delivery, every address is checked, and the connection goes to the checked address: a name
that changes its answer in between gains nothing. Redirects are not followed, proxies of the environment are not used.
Signature: ``X-Nuanliu-Signature: t=<epoch s>,v1=<hex HMAC-SHA256 of "t.body">``.
"""

import hashlib
import hmac
import ipaddress
import json
import socket
from collections.abc import Callable, Sequence

import httpx

from alerting.notifications.rendering import notice_text
from config.rules.reading import RuleSet
from config.settings.tree import WebhookSettings
from heating.protocols import Delivery, OutboxMessage

__all__ = ["WebhookChannel", "is_public_address", "resolve", "signature_of"]

_RETRYABLE = frozenset({408, 425, 429})
_TIMEOUT_S = 10.0
_WRAPPED_IPV4 = tuple(map(ipaddress.ip_network, ("::/96", "64:ff9b::/96")))
"""Forms that hold an IPv4 address in their last 32 bits: IPv4-compatible (RFC 4291) and NAT64 (RFC 6052)."""
_RETIRED = tuple(map(ipaddress.ip_network, ("fec0::/10", "192.88.99.0/24", "64:ff9b:1::/48")))
"""Site-local (RFC 3879), the anycast of 6to4 (RFC 7526), local NAT64 (RFC 8215): inside networks where they exist."""


def is_public_address(address: str) -> bool:
    """Return whether an address is on the open internet: not private, loopback, link-local, shared or reserved."""
    parsed: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address.split("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        parsed = _inner_address(parsed)
    if any(parsed in network for network in _RETIRED):
        return False
    return parsed.is_global and not parsed.is_multicast


def _inner_address(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the IPv4 address that an IPv6 address leads to by its form, otherwise itself."""
    if any(address in network for network in _WRAPPED_IPV4):
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host.

    Raises
    ------
    OSError
        When the name cannot be resolved.
    """
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def signature_of(secret: str, body: bytes, *, epoch_s: int) -> str:
    """Return the value of the signature header."""
    digest = hmac.new(secret.encode(), f"{epoch_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={epoch_s},v1={digest}"


class WebhookChannel:
    """Posts notices to one address.

    Parameters
    ----------
    settings : WebhookSettings
        Address, secret, language.
    rules : RuleSet
        Texts of the rules.
    resolver : callable, optional
        Resolves host and port to addresses; replaced in tests.
    """

    def __init__(
        self,
        settings: WebhookSettings,
        *,
        rules: RuleSet,
        resolver: Callable[[str, int], Sequence[str]] = resolve,
    ) -> None:
        self.name = settings.name
        self._settings, self._rules, self._resolve = settings, rules, resolver
        self._url = httpx.URL(settings.url)
        self._client = httpx.Client(timeout=_TIMEOUT_S, follow_redirects=False, trust_env=False)

    def deliver(self, message: OutboxMessage) -> Delivery:
        """Try once; never raises."""
        if self._url.scheme not in ("http", "https") or not self._url.host:
            return Delivery(ok=False, retryable=False, reason="the address is not http or https")
        port = self._url.port or (443 if self._url.scheme == "https" else 80)
        try:
            addresses = self._resolve(self._url.host, port)
        except OSError as error:
            return Delivery(ok=False, reason=f"{self._url.host}: {error}")
        refused = [a for a in addresses if not self._settings.allow_private and not is_public_address(a)]
        if refused or not addresses:
            reason = f"{self._url.host} is {', '.join(refused) or 'nowhere'}: private addresses are refused"
            return Delivery(ok=False, retryable=False, reason=reason)
        return self._post(message, addresses[0])

    def _post(self, message: OutboxMessage, address: str) -> Delivery:
        content = dict(message.body)
        content["text"] = notice_text(message.body, self._rules, self._settings.locale)
        content["key"] = message.key
        body = json.dumps(content, ensure_ascii=False, default=str).encode()
        headers = {
            "Host": self._url.netloc.decode("ascii"),
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": message.key,
        }
        if self._settings.secret is not None:
            epoch_s = int(message.due_at.timestamp())
            secret = self._settings.secret.get_secret_value()
            headers["X-Nuanliu-Signature"] = signature_of(secret, body, epoch_s=epoch_s)
        try:
            answer = self._client.post(
                self._url.copy_with(host=address),
                content=body,
                headers=headers,
                extensions={"sni_hostname": self._url.host},
            )
        except httpx.HTTPError as error:
            return Delivery(ok=False, reason=f"{type(error).__name__}: {error}")
        if answer.is_success:
            return Delivery(ok=True)
        retryable = answer.status_code >= 500 or answer.status_code in _RETRYABLE
        return Delivery(ok=False, retryable=retryable, reason=f"HTTP {answer.status_code}")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
