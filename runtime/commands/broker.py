"""``nuanliu broker config``: the files of a broker from the registry, and a signal to the broker to read them."""

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from collector.broker_access.files import BrokerFilesError, BrokerPlace
from collector.broker_access.folder import (
    BrokerFolderReport,
    Revocations,
    write_mosquitto_folder,
    write_nats_folder,
)
from collector.broker_access.identities import COLLECTOR_NAME, REPLAY_NAME, room_accounts, service_identities
from collector.broker_access.queues import queue_for
from collector.broker_access.revocations import CertificateAuthority
from config.settings.tree import MqttSettings
from heating.assets import Site
from heating.clock import SystemClock
from runtime.commands.terminal import (
    BAD_CONFIGURATION,
    FAILED,
    ConfigOption,
    complain,
    say,
    with_records,
)

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="The broker of the devices.")

AUTHORITY_PASSWORD = "BROKER_AUTHORITY_PASSWORD"
"""Environment variable with the password of the authority's key."""


class Kind(StrEnum):
    """Brokers whose files can be made."""

    MOSQUITTO = "mosquitto"
    MOSQUITTO_2_1 = "mosquitto-2.1"
    NATS = "nats"


class Proof(StrEnum):
    """How devices prove who they are."""

    CERTIFICATES = "certificates"
    PASSWORDS = "passwords"


@app.callback()
def _overview() -> None:
    """Do nothing: the commands do the work."""


@app.command("config")
def broker_config(
    output: Annotated[Path, typer.Option("--output", help="Folder of the files; the broker reads it.")],
    kind: Annotated[Kind, typer.Option("--broker", help="Which broker.")] = Kind.MOSQUITTO,
    proof: Annotated[
        Proof, typer.Option("--proof", help="Client certificates, or names with passwords.")
    ] = Proof.CERTIFICATES,
    revoke: Annotated[
        list[str] | None,
        typer.Option("--revoke", help="Shut out an identity, for example station.st-001; may be repeated."),
    ] = None,
    restore: Annotated[
        list[str] | None, typer.Option("--restore", help="Let a revoked identity in again; may be repeated.")
    ] = None,
    renew: Annotated[
        list[str] | None,
        typer.Option("--renew", help="Make a new password for an identity; may be repeated."),
    ] = None,
    device_port: Annotated[int, typer.Option(min=1, max=65535, help="TLS port of the devices.")] = 8883,
    service_port: Annotated[int, typer.Option(min=1, max=65535, help="TLS port of our programs.")] = 8884,
    service_host: Annotated[
        str, typer.Option(help="Address for our programs, for example where they run on another machine.")
    ] = "127.0.0.1",
    device_host: Annotated[str, typer.Option(help="Address for the devices.")] = "0.0.0.0",
    user: Annotated[str, typer.Option(help="Account that Mosquitto runs under.")] = "mosquitto",
    authority_key: Annotated[
        Path | None,
        typer.Option(
            "--authority-key",
            help="Key of ca.pem in the folder: signs the list of revoked certificates. "
            f"Its password comes from {AUTHORITY_PASSWORD}.",
        ),
    ] = None,
    certificates: Annotated[
        Path | None,
        typer.Option("--certificates", help="Folder of the issued certificates; with --authority-key."),
    ] = None,
    reload_pid_file: Annotated[
        Path | None,
        typer.Option("--reload-pid-file", help="The broker with this pid file reads the files again."),
    ] = None,
    sqlite_plugin: Annotated[
        Path, typer.Option(help="Where Mosquitto 2.1 keeps its plugin; with --broker mosquitto-2.1.")
    ] = Path("/usr/lib/mosquitto_persist_sqlite.so"),
    config: ConfigOption = None,
) -> None:
    """Make configuration, access list and passwords: each device may publish below its own station or sensor only."""
    place = BrokerPlace(
        folder=output.resolve(),
        device_host=device_host,
        device_port=device_port,
        service_host=service_host,
        service_port=service_port,
        user=user,
        sqlite_plugin=sqlite_plugin if kind is Kind.MOSQUITTO_2_1 else None,
    )
    if renew and proof is not Proof.PASSWORDS:
        complain("--renew makes passwords: it needs --proof passwords")
        raise typer.Exit(BAD_CONFIGURATION)
    if kind is Kind.NATS and proof is Proof.PASSWORDS:
        complain("NATS server's users are made for client certificates only: leave out --proof passwords")
        raise typer.Exit(BAD_CONFIGURATION)
    revocations = _revocations(place, authority_key, certificates)
    with with_records(config) as (settings, records):
        site, now = records.registry.load_site(), SystemClock().now()
        hours = settings.mqtt.away_hours
        place = replace(place, away_hours=hours, queue=queue_for(site, away_hours=hours))
        shut_out = {"revoke": revoke or [], "restore": restore or []}
        try:
            if kind is Kind.NATS:
                services = service_identities(settings.mqtt)
                report = write_nats_folder(place, site, services, now=now, **shut_out)
            else:
                shut_out["renew"] = renew or []
                proofs = _Proofs(proof is Proof.CERTIFICATES, _given_passwords(settings.mqtt), revocations)
                report = _write_mosquitto(place, site, settings.mqtt, proofs, now=now, shut_out=shut_out)
        except BrokerFilesError as error:
            complain(str(error))
            raise typer.Exit(BAD_CONFIGURATION) from error
    say(
        f"written: {place.folder} devices={report.devices} services={report.services} "
        f"new_passwords={report.fresh} revoked={report.revoked} "
        f"revoked_certificates={report.revoked_certificates} queue_messages={place.queue.messages} "
        f"queue_gb={place.queue.memory_bytes / 1e9:.1f}"
    )
    if reload_pid_file is not None:
        _reload(reload_pid_file)


@dataclass(frozen=True, slots=True)
class _Proofs:
    """How identities are proven and shut out."""

    certificates: bool
    given: Mapping[str, str]
    revocations: Revocations | None


def _write_mosquitto(
    place: BrokerPlace,
    site: Site,
    mqtt: MqttSettings,
    proofs: _Proofs,
    *,
    now: datetime,
    shut_out: Mapping[str, list[str]],
) -> BrokerFolderReport:
    return write_mosquitto_folder(
        place,
        site,
        service_identities(mqtt, counters=True),
        now=now,
        certificates=proofs.certificates,
        given=proofs.given,
        revocations=proofs.revocations,
        revoke=shut_out["revoke"],
        restore=shut_out["restore"],
        renew=shut_out["renew"],
    )


def _revocations(
    place: BrokerPlace, authority_key: Path | None, certificates: Path | None
) -> Revocations | None:
    """Return what revokes certificates; None when it was not asked for.

    Raises
    ------
    typer.Exit
        When one of the two options is missing, or no folder.
    """
    if authority_key is None and certificates is None:
        return None
    if authority_key is None or certificates is None or not certificates.is_dir():
        complain("--authority-key FILE and --certificates DIR (a folder that exists) belong together")
        raise typer.Exit(BAD_CONFIGURATION)
    password = os.environ.get(AUTHORITY_PASSWORD)
    authority = CertificateAuthority(
        certificate=place.folder / place.ca_file,
        key=authority_key,
        password=password.encode() if password else None,
    )
    return Revocations(authority=authority, certificates=certificates)


def _given_passwords(mqtt: MqttSettings) -> dict[str, str]:
    """Return the passwords that the settings hold, by user."""
    passwords = (
        (mqtt.username or COLLECTOR_NAME, mqtt.password),
        (mqtt.replay_username or REPLAY_NAME, mqtt.replay_password),
        *((name, getattr(mqtt.rooms, room).password) for room, name in room_accounts(mqtt).items()),
    )
    return {name: password.get_secret_value() for name, password in passwords if password is not None}


def _reload(pid_file: Path) -> None:
    """Have a broker read its files again; both brokers do so on SIGHUP."""
    try:
        pid = int(pid_file.read_text(encoding="utf-8").strip())
        os.kill(pid, signal.SIGHUP)
    except (OSError, ValueError) as error:
        complain(
            "the broker could not be asked to read the files again: {file}: {error}",
            file=pid_file,
            error=error,
        )
        raise typer.Exit(FAILED) from error
    say("the broker reads its files again: pid={pid}", pid=pid)
