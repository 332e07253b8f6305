"""``nuanliu broker config``: the files of a broker from the registry, and a signal to the broker to read them."""

import os
import signal
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from config.broker_files import BrokerFilesError, BrokerPlace
from config.broker_folder import BrokerFolderReport, write_mosquitto_folder, write_nats_folder
from config.broker_identities import ServiceIdentity
from config.settings import MqttSettings
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

DEFAULT_SERVICE_USER = "nuanliu-collector"
"""Name of our own programs at the broker when the settings name none."""


class Kind(StrEnum):
    """Brokers whose files can be made."""

    MOSQUITTO = "mosquitto"
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
    device_port: Annotated[int, typer.Option(min=1, max=65535, help="TLS port of the devices.")] = 8883,
    service_port: Annotated[int, typer.Option(min=1, max=65535, help="TLS port of our programs.")] = 8884,
    device_host: Annotated[str, typer.Option(help="Address for the devices.")] = "0.0.0.0",
    user: Annotated[str, typer.Option(help="Account that Mosquitto runs under.")] = "mosquitto",
    reload_pid_file: Annotated[
        Path | None,
        typer.Option("--reload-pid-file", help="The broker with this pid file reads the files anew."),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Make configuration, access list and passwords: each device may publish below its own station or sensor only."""
    place = BrokerPlace(
        folder=output.resolve(),
        device_host=device_host,
        device_port=device_port,
        service_port=service_port,
        user=user,
    )
    if kind is Kind.NATS and proof is Proof.PASSWORDS:
        complain("NATS server's users are made for client certificates only: leave out --proof passwords")
        raise typer.Exit(BAD_CONFIGURATION)
    with with_records(config) as (settings, records):
        site = records.registry.load_site()
        try:
            report = _write(place, site, settings.mqtt, kind, proof, revoke or [], restore or [])
        except BrokerFilesError as error:
            complain(str(error))
            raise typer.Exit(BAD_CONFIGURATION) from error
    say(
        f"written: {place.folder} devices={report.devices} services={report.services} "
        f"new_passwords={report.fresh} revoked={report.revoked}"
    )
    if reload_pid_file is not None:
        _reload(reload_pid_file)


def _write(
    place: BrokerPlace,
    site: Site,
    mqtt: MqttSettings,
    kind: Kind,
    proof: Proof,
    revoke: list[str],
    restore: list[str],
) -> BrokerFolderReport:
    name = mqtt.username or DEFAULT_SERVICE_USER
    services = [ServiceIdentity.of_filters(name, (route.filter for route in mqtt.routes))]
    now = SystemClock().now()
    if kind is Kind.NATS:
        return write_nats_folder(place, site, services, now=now, revoke=revoke, restore=restore)
    return write_mosquitto_folder(
        place,
        site,
        services,
        now=now,
        certificates=proof is Proof.CERTIFICATES,
        revoke=revoke,
        restore=restore,
        given={name: mqtt.password.get_secret_value()} if mqtt.password is not None else None,
    )


def _reload(pid_file: Path) -> None:
    """Tell a broker to read its files anew; both brokers do so on SIGHUP."""
    try:
        pid = int(pid_file.read_text(encoding="utf-8").strip())
        os.kill(pid, signal.SIGHUP)
    except (OSError, ValueError) as error:
        complain(f"the broker was not told to read the files: {pid_file}: {error}")
        raise typer.Exit(FAILED) from error
    say(f"told the broker: pid={pid}")
