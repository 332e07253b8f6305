"""Certificates of revoked identities go on a signed list, and never off it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from collector.broker_access.files import BrokerFilesError, BrokerPlace
from collector.broker_access.folder import Revocations, write_mosquitto_folder
from collector.broker_access.revocations import CRL_FILE, CertificateAuthority, write_revocation_list
from tests.support.certificates import Authority
from tests.support.small_town import small_town

NOW = datetime(2026, 12, 1, tzinfo=UTC)
THIEF = "station.st-east"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


def write(authority: Authority, folder: Path, *, now: datetime = NOW, **changes: tuple[str, ...]) -> int:
    own = CertificateAuthority(certificate=authority.ca, key=authority.ca_key)
    report = write_mosquitto_folder(
        BrokerPlace(folder=folder),
        small_town(),
        [],
        now=now,
        certificates=True,
        revocations=Revocations(authority=own, certificates=authority.folder),
        **changes,  # type: ignore[arg-type]
    )
    return report.revoked_certificates


def listed(folder: Path, authority: Authority) -> set[int]:
    """Return the serial numbers of a list that the authority signed."""
    crl = x509.load_pem_x509_crl((folder / CRL_FILE).read_bytes())
    issuer = x509.load_pem_x509_certificate(authority.ca.read_bytes())
    assert crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    assert crl.next_update_utc is not None and crl.next_update_utc > NOW + timedelta(days=3000)
    return {entry.serial_number for entry in crl}


def serial(path: Path) -> int:
    return x509.load_pem_x509_certificate(path.read_bytes()).serial_number


def test_a_revoked_certificate_stays_on_the_list_when_its_identity_is_let_in_again(
    authority: Authority, tmp_path: Path
) -> None:
    folder = tmp_path / "broker"
    first = serial(authority.sign(THIEF).certificate)
    authority.sign("station.st-west")
    assert write(authority, folder) == 0
    assert listed(folder, authority) == set()
    assert (folder / "mosquitto.conf").read_text().count(f"crlfile {folder / CRL_FILE}") == 2
    assert write(authority, folder, revoke=(THIEF,)) == 1
    assert write(authority, folder) == 1
    second = serial(authority.sign(THIEF).certificate)
    assert write(authority, folder, restore=(THIEF,)) == 1
    assert listed(folder, authority) == {first}
    assert write(authority, folder, now=NOW + timedelta(days=1), revoke=(THIEF,)) == 2
    assert listed(folder, authority) == {first, second}


def test_without_an_authority_there_is_no_list_and_one_from_elsewhere_is_used(tmp_path: Path) -> None:
    def configuration() -> str:
        place = BrokerPlace(folder=tmp_path)
        write_mosquitto_folder(place, small_town(), [], now=NOW, certificates=True)
        return (tmp_path / "mosquitto.conf").read_text()

    assert "crlfile" not in configuration()
    (tmp_path / CRL_FILE).write_text("of the company's own authority")
    assert configuration().count("crlfile") == 2


def test_a_key_of_another_authority_or_none_is_told(authority: Authority, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "stranger")
    for key in (stranger.ca_key, tmp_path / "none", authority.ca):
        with pytest.raises(BrokerFilesError):
            write_revocation_list(tmp_path, CertificateAuthority(certificate=authority.ca, key=key), now=NOW)


def test_a_key_with_a_password_is_opened_by_it(authority: Authority, tmp_path: Path) -> None:
    key = serialization.load_pem_private_key(authority.ca_key.read_bytes(), None)
    locked = tmp_path / "locked.key"
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"word"),
        )
    )
    closed = CertificateAuthority(certificate=authority.ca, key=locked)
    with pytest.raises(BrokerFilesError):
        write_revocation_list(tmp_path, closed, now=NOW)
    opened = CertificateAuthority(certificate=authority.ca, key=locked, password=b"word")
    assert write_revocation_list(tmp_path, opened, now=NOW) == 0
