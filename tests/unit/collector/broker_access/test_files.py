"""Broker files from the registry: who may publish where, passwords, revocation."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.broker_access.files import (
    BrokerFilesError,
    BrokerPlace,
    hash_password,
    make_credentials,
    mosquitto_acl,
    nats_configuration,
    nats_window,
    password_fits,
    read_passwords,
)
from collector.broker_access.folder import write_mosquitto_folder, write_nats_folder
from collector.broker_access.identities import (
    DeviceIdentity,
    ServiceIdentity,
    device_identities,
    service_identities,
)
from collector.messages.known_objects import KnownObjects
from collector.messages.routes import split_native_topic
from config.settings.tree import GatewaySettings, MqttSettings, RouteSettings
from tests.support.small_town import small_town

NOW = datetime(2026, 12, 1, tzinfo=UTC)
COLLECTOR = ServiceIdentity.of_filters("collector", ["heat/#", "$share/g/heat/#"])
SITE = small_town()


def by_name() -> dict[str, DeviceIdentity]:
    return {one.name: one for one in device_identities(SITE, now=NOW)}


def test_a_station_may_publish_below_itself_and_nowhere_else() -> None:
    assert by_name()["station.st-east"].publishes == (
        "heat/xilinhot/station/st-east/telemetry",
        "heat/xilinhot/station/st-east/status",
    )


def test_every_topic_that_an_identity_may_use_is_one_that_the_collector_accepts() -> None:
    known = KnownObjects.from_site(SITE)
    for identity in device_identities(SITE, now=NOW):
        for topic in identity.publishes:
            native = split_native_topic(topic)
            assert native is not None
            assert known.accepts_area(native.ref, native.area), topic


def test_the_gateway_of_a_building_speaks_for_the_sensors_of_its_homes_only() -> None:
    topics = by_name()["building.jx-12"].publishes
    sensors = {topic.split("/")[3] for topic in topics if "/room/" in topic}
    assert sensors
    assert all(sensor.startswith("s-jx-12-") for sensor in sensors)


def test_a_sensor_that_moved_is_spoken_for_by_its_new_building() -> None:
    first = SITE.assignments[0]
    home = next(one for one in SITE.households if one.building_id == "lt-a")
    moved = replace(first, household_id=home.household_id, start=NOW - timedelta(days=1))
    site = replace(SITE, assignments=(replace(first, end=moved.start), moved, *SITE.assignments[1:]))
    found = {one.name: one for one in device_identities(site, now=NOW)}
    assert any(f"/room/{first.sensor_id}/" in topic for topic in found["building.lt-a"].publishes)
    assert not any(f"/room/{first.sensor_id}/" in topic for topic in found["building.jx-1"].publishes)


def test_the_access_list_holds_no_wildcard_for_a_device_and_no_right_to_read() -> None:
    text = mosquitto_acl(device_identities(SITE, now=NOW), [COLLECTOR])
    blocks = [block.splitlines() for block in text.split("\n\n") if block.startswith("user ")]
    assert ["user collector", "topic read heat/#"] in blocks
    devices = [block for block in blocks if block[0] != "user collector"]
    assert len(devices) > 20
    for _user, *rights in devices:
        assert all(
            right.startswith("topic write heat/") and "#" not in right and "+" not in right
            for right in rights
        )


@pytest.mark.parametrize("topic", ["heat/#", "heat/+/station/x", "heat/a\ntopic read #", ""])
def test_a_topic_that_says_more_than_one_place_is_refused(topic: str) -> None:
    with pytest.raises(BrokerFilesError):
        mosquitto_acl([DeviceIdentity("station.x", (topic,))], [])
    with pytest.raises(BrokerFilesError):
        nats_configuration(BrokerPlace(folder=Path("/x")), [DeviceIdentity("station.x", (topic,))], [])


@given(st.text(min_size=1, max_size=60))
def test_a_password_fits_its_own_hash_and_no_other(password: str) -> None:
    text = hash_password(password)
    assert password_fits(password, text)
    assert not password_fits(password + "x", text)
    assert not password_fits(password, "garbage")


def test_passwords_of_users_who_stay_are_kept_and_those_of_users_who_go_are_gone() -> None:
    first = make_credentials(["a", "b"], {})
    assert set(first.fresh) == {"a", "b"}
    second = make_credentials(["b", "c"], first.hashes)
    assert (set(second.fresh), set(second.hashes)) == ({"c"}, {"b", "c"})
    assert second.hashes["b"] == first.hashes["b"]
    given_now = make_credentials(["b"], second.hashes, given={"b": "of the settings"})
    assert password_fits("of the settings", given_now.hashes["b"])
    assert make_credentials(["b"], given_now.hashes, given={"b": "of the settings"}) == given_now


def write(
    folder: Path, *, certificates: bool = False, revoke: tuple[str, ...] = (), restore: tuple[str, ...] = ()
) -> object:
    place = BrokerPlace(folder=folder)
    return write_mosquitto_folder(
        place, SITE, [COLLECTOR], now=NOW, certificates=certificates, revoke=revoke, restore=restore
    )


def test_a_revoked_identity_is_gone_from_every_file_until_it_is_let_in_again(tmp_path: Path) -> None:
    write(tmp_path)
    assert "user station.st-east\n" in (tmp_path / "acl").read_text()
    write(tmp_path, revoke=("station.st-east",))
    write(tmp_path)
    assert "st-east/" not in (tmp_path / "acl").read_text()
    assert "station.st-east" not in read_passwords(tmp_path / "passwords")
    write(tmp_path, restore=("station.st-east",))
    assert "user station.st-east\n" in (tmp_path / "acl").read_text()
    with pytest.raises(BrokerFilesError, match=r"station\.nobody"):
        write(tmp_path, revoke=("station.nobody",))


def test_files_with_secrets_are_for_their_owner_only_and_passwords_are_shown_once(tmp_path: Path) -> None:
    write(tmp_path)
    shown = (tmp_path / "new-credentials.csv").read_text().splitlines()
    assert shown[0] == "user,password"
    user, password = shown[1].split(",")
    assert password_fits(
        password,
        (read_passwords(tmp_path / "passwords") | read_passwords(tmp_path / "passwords-of-services"))[user],
    )
    for name in ("passwords", "passwords-of-services", "new-credentials.csv", "acl", "mosquitto.conf"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0, name
    (tmp_path / "new-credentials.csv").unlink()
    write(tmp_path)
    assert not (tmp_path / "new-credentials.csv").exists()


def test_with_certificates_there_are_no_passwords(tmp_path: Path) -> None:
    write(tmp_path, certificates=True)
    assert not (tmp_path / "passwords").exists()
    assert not (tmp_path / "passwords-of-services").exists()
    text = (tmp_path / "mosquitto.conf").read_text()
    assert text.count("require_certificate true") == 2
    assert "password_file" not in text
    assert "allow_anonymous false" in text
    assert "$" not in text


def test_nats_gets_subjects_and_denies_everything_else(tmp_path: Path) -> None:
    write_nats_folder(BrokerPlace(folder=tmp_path), SITE, [COLLECTOR], now=NOW)
    text = (tmp_path / "nats-server.conf").read_text()
    assert '"heat.xilinhot.station.st-east.telemetry"' in text
    line = next(line for line in text.splitlines() if "CN=station.st-east" in line)
    assert 'subscribe: { deny: ">" }' in line
    assert '"heat.>"' in next(line for line in text.splitlines() if "CN=collector" in line)


def rights(text: str, user: str) -> list[str]:
    """Return the lines of a user in an access list."""
    block = next(block for block in text.split("\n\n") if block.startswith(f"user {user}\n"))
    return block.splitlines()[1:]


def test_the_collector_may_ask_for_rebirths_only_where_there_is_a_route_of_sparkplug() -> None:
    plain = mosquitto_acl([], service_identities(MqttSettings()))
    assert rights(plain, "nuanliu-collector") == ["topic read heat/#"]
    routes = (RouteSettings(filter="heat/#"), RouteSettings(filter="spBv1.0/#", decoder="sparkplug_b"))
    services = service_identities(MqttSettings(routes=routes))
    assert rights(mosquitto_acl([], services), "nuanliu-collector") == [
        "topic read heat/#",
        "topic read spBv1.0/#",
        "topic write spBv1.0/+/NCMD/+",
    ]
    nats = nats_configuration(BrokerPlace(folder=Path("/x")), [], services)
    line = next(line for line in nats.splitlines() if "CN=nuanliu-collector" in line)
    assert 'publish: { allow: ["spBv1//0.*.NCMD.*"] }' in line


def test_replays_publish_what_the_routes_cover_and_hear_nothing() -> None:
    routes = (RouteSettings(filter="$share/g/heat/#"), RouteSettings(filter="zigbee2mqtt/+"))
    services = service_identities(MqttSettings(routes=routes, replay_username="by-hand"))
    assert rights(mosquitto_acl([], services), "by-hand") == [
        "topic write heat/#",
        "topic write zigbee2mqtt/+",
    ]
    nats = nats_configuration(BrokerPlace(folder=Path("/x")), [], services)
    assert 'subscribe: { deny: ">" }' in next(line for line in nats.splitlines() if "by-hand" in line)


def test_a_gateway_of_the_settings_has_its_own_rights_and_can_be_revoked(tmp_path: Path) -> None:
    gateway = GatewaySettings(name="chirpstack", publishes=("application/7/#",), subscribes=("a/down",))
    services = service_identities(MqttSettings(gateways=(gateway,)))

    def acl(**changes: tuple[str, ...]) -> str:
        place = BrokerPlace(folder=tmp_path)
        write_mosquitto_folder(place, SITE, services, now=NOW, certificates=True, **changes)  # type: ignore[arg-type]
        return (tmp_path / "acl").read_text()

    assert rights(acl(), "chirpstack") == ["topic read a/down", "topic write application/7/#"]
    assert "user chirpstack" not in acl(revoke=("chirpstack",))
    assert "user chirpstack" not in acl()
    assert "user chirpstack" in acl(restore=("chirpstack",))


@pytest.mark.parametrize("topic", ["heat/a\ntopic write #", ""])
def test_a_filter_of_a_program_or_gateway_holds_no_line_end(topic: str) -> None:
    with pytest.raises(BrokerFilesError):
        mosquitto_acl([], [ServiceIdentity("x", (), (topic,))])
    with pytest.raises(BrokerFilesError):
        nats_configuration(BrokerPlace(folder=Path("/x")), [], [ServiceIdentity("x", (topic,))])


def test_the_replays_take_their_own_identity_from_the_settings() -> None:
    own = MqttSettings(username="collector", replay_username="by-hand", replay_password="secret").of_replays()
    assert own.username == "by-hand"
    assert own.password is not None and own.password.get_secret_value() == "secret"
    certificate = MqttSettings(
        replay_certificate_file=Path("a.pem"), replay_key_file=Path("a.key")
    ).of_replays()
    assert (certificate.certificate_file, certificate.key_file) == (Path("a.pem"), Path("a.key"))
    assert MqttSettings(username="collector").of_replays().username == "collector"


@pytest.mark.parametrize(
    ("filters", "window"),
    [((), 3_000), (("heat/#",), 3_000), (("heat/#",) * 15, 2_000), (("heat/+/a",) * 30, 2_000)],
)
def test_the_window_of_nats_leaves_room_for_all_filters_of_a_client(
    filters: tuple[str, ...], window: int
) -> None:
    assert nats_window(filters) == window
    services = [
        ServiceIdentity("collector", publishes=(), subscribes=filters),
        ServiceIdentity("replay", (), ()),
    ]
    configuration = nats_configuration(BrokerPlace(folder=Path("/x")), [], services)
    assert f"max_ack_pending: {window}\n" in configuration
