"""The files of a broker: Mosquitto's configuration, access list and password file; NATS server's configuration.

What lives here: texts made from identities, and their writing. What does not: who may do what
(`collector.broker_access.identities`), and running a broker. What the shipped configurations keep over a crash is measured, see
``collector/broker_access/defaults/README.md``.
"""

import base64
import hashlib
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from collector.broker_access.identities import DeviceIdentity, ServiceIdentity
from collector.broker_access.queues import QueueSize, queue_for
from heating.assets import Site
from heating.errors import HeatingError

__all__ = [
    "PASSWORDS",
    "SERVICE_PASSWORDS",
    "BrokerFilesError",
    "BrokerPlace",
    "Credentials",
    "hash_password",
    "make_credentials",
    "mosquitto_acl",
    "mosquitto_configuration",
    "nats_configuration",
    "nats_window",
    "password_fits",
    "read_passwords",
]

PASSWORDS = "passwords"
"""File of the devices' hashes."""
SERVICE_PASSWORDS = "passwords-of-services"
"""File of our programs' hashes."""
DEFAULTS = Path(__file__).parent / "defaults"
"""Where the shipped templates lie."""
_ITERATIONS = 101
"""Mosquitto's default. Our passwords are 256 random bits: stretching would only slow down a storm of reconnects."""
_SALT_BYTES = 12
_AUTOSAVE = """\
persistence true
persistence_location {folder}/data/
persistence_file mosquitto.db
# Every change is written at once. Debian's default (every 30 minutes) loses what was acknowledged since then.
autosave_on_changes true
autosave_interval 1"""
_SQLITE = """\
# Every message is on the disk before it is acknowledged; the plugin and «persistence true» exclude one another.
persistence_location {folder}/data/
global_plugin {plugin}
plugin_opt_flush_period 0
plugin_opt_sync full"""
_MOST_PENDING_OF_CLIENT = 60_000
"""NATS server refuses every further filter when all consumers of a client together may have more than 65,535 messages
pending; some are left for another filter."""
_MOST_PENDING = 3_000
"""Messages that NATS server sends before it waits for acknowledgements. It sends all of them again every 3 s (``ack_wait``)
while commits take longer, so there must be few against what a busy machine takes in meanwhile."""


class BrokerFilesError(HeatingError):
    """A broker file cannot be made from what was given; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerPlace:
    """Where a broker listens and where its files are."""

    folder: Path
    """Folder of the generated files, as the broker sees it."""
    device_host: str = "0.0.0.0"
    """All addresses: devices come from outside, TLS and an identity are needed there."""
    device_port: int = 8883
    """Port of the devices: TLS only."""
    service_host: str = "127.0.0.1"
    service_port: int = 8884
    """Port of our own programs: TLS as well, on loopback unless said otherwise."""
    ca_file: Path = Path("ca.pem")
    """Authority that signs devices, programs and the broker; relative to `folder` like the next two."""
    service_ca_file: Path = Path("services-ca.pem")
    """Authority that signs our programs alone; where there is no such file, `ca_file` does, and a device that reaches the
    port of our programs can take a program's client id there."""
    certificate_file: Path = Path("server.pem")
    key_file: Path = Path("server.key")
    user: str = "mosquitto"
    """Account that the broker runs under."""
    away_hours: float = 12.0
    """How long a collector may be away without a loss [h]; the queues are sized for it."""
    queue: QueueSize = field(default_factory=lambda: queue_for(Site(), away_hours=12.0))
    """For the registry's load over `away_hours`."""
    sqlite_plugin: Path | None = None
    """Mosquitto 2.1 or newer: its plugin persist-sqlite; None: the older way to keep queues."""

    @property
    def has_service_authority(self) -> bool:
        """Whether our programs have an authority of their own."""
        return (self.folder / self.service_ca_file).exists()


@dataclass(frozen=True, slots=True)
class Credentials:
    """Password hashes by user, and the passwords that were made just now."""

    hashes: Mapping[str, str]
    fresh: Mapping[str, str] = field(default_factory=dict)
    """Shown once: they are kept nowhere."""

    def password_file(self, users: Collection[str]) -> str:
        """Return the text of Mosquitto's password file for some users."""
        return "".join(f"{user}:{text}\n" for user, text in sorted(self.hashes.items()) if user in users)


def hash_password(password: str, *, salt: bytes | None = None, iterations: int = _ITERATIONS) -> str:
    """Return a password as Mosquitto keeps it: PBKDF2 with HMAC-SHA512, ``$7$iterations$salt$hash``."""
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations)
    return f"$7${iterations}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def password_fits(password: str, text: str) -> bool:
    """Return whether a password is the one behind a kept hash."""
    try:
        _, kind, iterations, salt, _digest = text.split("$")
        again = hash_password(password, salt=base64.b64decode(salt), iterations=int(iterations))
    except ValueError:
        return False
    return kind == "7" and secrets.compare_digest(again, text)


def read_passwords(path: Path) -> dict[str, str]:
    """Return the hashes of a password file by user; none when there is no file."""
    if not path.exists():
        return {}
    lines = (line.partition(":") for line in path.read_text(encoding="utf-8").splitlines() if ":" in line)
    return {user: text for user, _, text in lines}


def make_credentials(
    names: Iterable[str], former: Mapping[str, str], *, given: Mapping[str, str] | None = None
) -> Credentials:
    """Keep the hashes of users that stay, make passwords for new ones, leave out who is gone.

    Parameters
    ----------
    former
        Hashes of the present password file.
    given
        Passwords that are set elsewhere (the collector's, in its settings) by user.
    """
    hashes: dict[str, str] = {}
    fresh: dict[str, str] = {}
    for name in names:
        wanted = (given or {}).get(name)
        if wanted is not None:
            kept = former.get(name, "")
            hashes[name] = kept if password_fits(wanted, kept) else hash_password(wanted)
        elif name in former:
            hashes[name] = former[name]
        else:
            fresh[name] = secrets.token_urlsafe(32)
            hashes[name] = hash_password(fresh[name])
    return Credentials(hashes, fresh)


def mosquitto_acl(devices: Sequence[DeviceIdentity], services: Sequence[ServiceIdentity]) -> str:
    """Return Mosquitto's access list. What it does not name is forbidden; nobody without a name may do anything."""
    lines = ["# Made by «nuanliu broker config» from the registry: changes by hand are lost.", ""]
    for service in services:
        _refuse_line_ends(service)
        lines += [f"user {service.name}", *(f"topic read {item}" for item in service.subscribes)]
        lines += [*(f"topic write {item}" for item in service.publishes), ""]
    for device in devices:
        _refuse_wildcards(device)
        lines += [f"user {device.name}", *(f"topic write {item}" for item in device.publishes), ""]
    return "\n".join(lines)


def _refuse_wildcards(device: DeviceIdentity) -> None:
    for topic in device.publishes:
        if any(sign in topic for sign in "+#\n\r\x00") or not topic:
            raise BrokerFilesError(f"{device.name}: the topic {topic!r} holds a wildcard or a line end")


def _refuse_line_ends(service: ServiceIdentity) -> None:
    for item in (service.name, *service.subscribes, *service.publishes):
        if not item or any(sign in item for sign in "\n\r\x00"):
            raise BrokerFilesError(f"{service.name!r}: {item!r} is empty or holds a line end")


def mosquitto_configuration(place: BrokerPlace, *, certificates: bool, crl_file: str = "") -> str:
    """Return Mosquitto's configuration.

    Parameters
    ----------
    certificates
        Devices and programs show a client certificate, its common name is their identity; otherwise they give a
        name and a password.
    crl_file
        Name of the list of revoked certificates in the folder; empty: there is none.
    """
    folder = place.folder
    own_authority = certificates and place.has_service_authority
    proof = service_proof = "require_certificate false"
    if certificates:
        proof = service_proof = "require_certificate true\nuse_identity_as_username true"
        revoked = f"\ncrlfile {folder / crl_file}" if crl_file else ""
        # The list is of the devices' authority; a listener of another one would refuse everybody with it.
        proof, service_proof = proof + revoked, service_proof + ("" if own_authority else revoked)
    plugin = place.sqlite_plugin
    kept = _AUTOSAVE.format(folder=folder) if plugin is None else _SQLITE.format(folder=folder, plugin=plugin)
    return _filled(
        "mosquitto.conf",
        version="2.0" if plugin is None else "2.1",
        persistence=kept,
        queue_note=_queue_note(place),
        queue_messages=str(place.queue.messages),
        # Mosquitto reads a 32-bit number; 0 leaves the bound to the number of messages.
        queue_bytes=str(place.queue.bytes if place.queue.bytes < 2**31 else 0),
        folder=str(folder),
        user=place.user,
        device_passwords="" if certificates else f"password_file {folder / PASSWORDS}",
        service_passwords="" if certificates else f"password_file {folder / SERVICE_PASSWORDS}",
        device_proof=proof,
        service_proof=service_proof,
        service_ca_file=str(folder / (place.service_ca_file if own_authority else place.ca_file)),
        device_host=place.device_host,
        device_port=str(place.device_port),
        service_host=place.service_host,
        service_port=str(place.service_port),
        ca_file=str(folder / place.ca_file),
        certificate_file=str(folder / place.certificate_file),
        key_file=str(folder / place.key_file),
    )


def _queue_note(place: BrokerPlace) -> str:
    queue = place.queue
    return (
        f"{place.away_hours:g} h at {queue.messages_per_s:.1f} messages/s; "
        f"a full queue takes {queue.memory_bytes / 1e9:.1f} GB"
    )


def nats_window(filters: Iterable[str]) -> int:
    """Return ``max_ack_pending`` for a client of NATS server with these topic filters.

    So many messages are sent on one filter before acknowledgements are waited for; `mqtt.receive_maximum` must not be
    above it. A filter that ends in ``#`` is served by two consumers, any other by one.
    """
    consumers = sum(2 if topic_filter.endswith("#") else 1 for topic_filter in filters)
    return min(_MOST_PENDING, _MOST_PENDING_OF_CLIENT // max(consumers, 1))


def nats_configuration(
    place: BrokerPlace, devices: Sequence[DeviceIdentity], services: Sequence[ServiceIdentity]
) -> str:
    """Return NATS server's configuration; identities are common names of client certificates."""
    users = []
    for one in services:
        _refuse_line_ends(one)
        publish = map(_subject, one.publishes)
        listening = _listening(one.subscribes) if one.subscribes else ()
        users.append(_nats_user(one.name, publish=publish, subscribe=listening))
    for device in devices:
        _refuse_wildcards(device)
        users.append(_nats_user(device.name, publish=map(_subject, device.publishes), subscribe=()))
    return _filled(
        "nats-server.conf",
        window=str(min((nats_window(one.subscribes) for one in services), default=nats_window(()))),
        queue_note=_queue_note(place),
        disk_gb=str(place.queue.disk_gb),
        folder=str(place.folder),
        users="\n".join(users),
        device_host=place.device_host,
        device_port=str(place.device_port),
        ca_file=str(place.folder / place.ca_file),
        certificate_file=str(place.folder / place.certificate_file),
        key_file=str(place.folder / place.key_file),
    )


def _nats_user(name: str, *, publish: Iterable[str], subscribe: Iterable[str]) -> str:
    def listed(subjects: Iterable[str]) -> str:
        quoted = ", ".join(f'"{subject}"' for subject in subjects)
        return f"allow: [{quoted}]" if quoted else 'deny: ">"'

    rights = f"publish: {{ {listed(publish)} }}, subscribe: {{ {listed(subscribe)} }}"
    return f'    {{ user: "CN={name}", permissions: {{ {rights} }} }}'


def _listening(filters: Iterable[str]) -> list[str]:
    """Subjects of filters, and those by which the server delivers QoS 1 messages to a client."""
    subjects = [_subject(item) for item in filters]
    subjects += [item.removesuffix(".>") for item in subjects if item.endswith(".>")]
    return [*subjects, "$MQTT.sub.>"]


def _subject(topic: str) -> str:
    """Return the subject under which NATS server knows an MQTT topic or filter."""
    words = {"#": ">", "+": "*"}
    return ".".join(words.get(level, level.replace(".", "//")) for level in topic.split("/"))


def _filled(template: str, **values: str) -> str:
    return Template((DEFAULTS / template).read_text(encoding="utf-8")).substitute(values)
