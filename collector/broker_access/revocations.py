"""Revoked client certificates: which they are, and the revocation list (CRL) by which a broker refuses them.

A revoked certificate stays revoked; an identity that is let in again needs a new certificate. What does not live here:
issuing certificates (the company's own authority), and rights of identities (`collector.broker_access.folder`).
"""

import csv
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import NameOID

from collector.broker_access.files import BrokerFilesError
from config.drafts import write_whole

__all__ = ["CRL_FILE", "CertificateAuthority", "note_revoked_certificates", "write_revocation_list"]

CRL_FILE: Final = "revoked.crl"
"""Revocation list, named by Mosquitto's configuration when it exists."""
REVOKED_CERTIFICATES: Final = "revoked-certificates.csv"
"""Serial number (hex), identity and moment of every revoked certificate; never shortened."""
CRL_LIFE: Final = timedelta(days=3650)
"""A list that runs out shuts everybody out: it is made again with every change, and lasts long in between."""
CLOCK_MARGIN: Final = timedelta(hours=1)
"""A broker whose clock is behind would refuse everybody by a list of the future."""
_SUFFIXES: Final = frozenset({".pem", ".crt", ".cer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateAuthority:
    """The authority that signed the devices."""

    certificate: Path
    key: Path
    password: bytes | None = None
    """Of the key, when it has one."""


def note_revoked_certificates(
    folder: Path, identities: Collection[str], *, certificates: Path, now: datetime
) -> int:
    """Add the certificates of revoked identities to the list of revoked ones; return how many are new.

    Parameters
    ----------
    folder
        Folder of the broker.
    identities
        Names of revoked identities.
    certificates
        Folder of the issued certificates (PEM), searched to any depth by common name.
    now
        Moment of the revocation, aware UTC.
    """
    known = {serial for serial, _name, _at in _revoked(folder)}
    fresh = [
        (f"{certificate.serial_number:x}", name, now.isoformat(timespec="seconds"))
        for name, certificate in _issued(certificates)
        if name in identities and f"{certificate.serial_number:x}" not in known
    ]
    if fresh:
        rows = [*_revoked(folder), *dict.fromkeys(fresh)]
        text = "".join(f"{serial},{name},{at}\n" for serial, name, at in rows)
        write_whole(folder / REVOKED_CERTIFICATES, f"serial,identity,revoked_at\n{text}", private=True)
    return len(set(fresh))


def write_revocation_list(folder: Path, authority: CertificateAuthority, *, now: datetime) -> int:
    """Sign and write the list of all revoked certificates, an empty one too; return how many are on it.

    Raises
    ------
    collector.broker_access.files.BrokerFilesError
        When certificate or key of the authority cannot be read, or do not belong together.
    """
    issuer, key = _authority(authority)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(now - CLOCK_MARGIN)
        .next_update(now + CRL_LIFE)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
    )
    rows = list(_revoked(folder))
    for serial, _name, at in rows:
        entry = x509.RevokedCertificateBuilder().serial_number(int(serial, 16))
        builder = builder.add_revoked_certificate(entry.revocation_date(datetime.fromisoformat(at)).build())
    signed = builder.sign(key, hashes.SHA256())
    write_whole(
        folder / CRL_FILE, signed.public_bytes(serialization.Encoding.PEM).decode("ascii"), private=True
    )
    return len(rows)


def _authority(authority: CertificateAuthority) -> tuple[x509.Certificate, CertificateIssuerPrivateKeyTypes]:
    try:
        issuer = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
        key = serialization.load_pem_private_key(authority.key.read_bytes(), authority.password)
    except (OSError, ValueError, TypeError) as error:
        raise BrokerFilesError(f"the authority cannot be used: {error}") from error
    if issuer.public_key() != key.public_key():
        raise BrokerFilesError(f"{authority.key} is not the key of {authority.certificate}")
    return issuer, key  # type: ignore[return-value]


def _revoked(folder: Path) -> Iterator[tuple[str, str, str]]:
    path = folder / REVOKED_CERTIFICATES
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield row["serial"], row["identity"], row["revoked_at"]


def _issued(folder: Path) -> Iterator[tuple[str, x509.Certificate]]:
    """Yield common name and certificate of every PEM file that holds one."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in _SUFFIXES or not path.is_file():
            continue
        try:
            certificate = x509.load_pem_x509_certificate(path.read_bytes())
        except ValueError:
            continue  # a key or a request beside the certificates
        names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        if names:
            yield str(names[0].value), certificate
