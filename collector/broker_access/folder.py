"""A broker's folder: every file that «nuanliu broker config» makes, made from the registry in one go.

Former password hashes and the list of revoked identities live in the folder itself. What does not live here: the
texts (`collector.broker_access.files`) and signals to a broker (`runtime.commands.broker`).
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from collector.broker_access.files import (
    PASSWORDS,
    SERVICE_PASSWORDS,
    BrokerFilesError,
    BrokerPlace,
    make_credentials,
    mosquitto_acl,
    mosquitto_configuration,
    nats_configuration,
    read_passwords,
)
from collector.broker_access.identities import ServiceIdentity, device_identities
from collector.broker_access.revocations import (
    CRL_FILE,
    CertificateAuthority,
    note_revoked_certificates,
    write_revocation_list,
)
from config.drafts import write_whole
from heating.assets import Site

__all__ = ["BrokerFolderReport", "Revocations", "write_mosquitto_folder", "write_nats_folder"]

REVOKED = "revoked.txt"
"""Names of identities that are shut out, one a line."""
FRESH_CREDENTIALS = "new-credentials.csv"
"""Users and passwords that were made and not handed out yet; whoever hands them out deletes the file."""


@dataclass(frozen=True, slots=True)
class BrokerFolderReport:
    """What a run did."""

    devices: int
    services: int
    fresh: int
    """Passwords made."""
    revoked: int
    revoked_certificates: int = 0
    """Certificates on the revocation list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocations:
    """What revokes certificates, beside rights."""

    authority: CertificateAuthority
    """Signs the revocation list."""
    certificates: Path
    """Folder of the issued certificates."""


def write_mosquitto_folder(
    place: BrokerPlace,
    site: Site,
    services: Iterable[ServiceIdentity],
    *,
    now: datetime,
    certificates: bool,
    revoke: Iterable[str] = (),
    restore: Iterable[str] = (),
    renew: Iterable[str] = (),
    given: Mapping[str, str] | None = None,
    revocations: Revocations | None = None,
) -> BrokerFolderReport:
    """Write configuration, access list and password file, with certificates and an authority the revocation list.

    Parameters
    ----------
    certificates
        Identities are proven by client certificates; else by passwords.
    revoke, restore
        Names of identities to shut out from now on, and to let in again.
    renew
        Names of identities that get a new password.
    given
        Passwords that are set elsewhere, by user.
    revocations
        Authority and issued certificates; None leaves a revocation list as it is.

    Raises
    ------
    BrokerFilesError
        When an identity to be revoked or renewed does not exist, or the authority cannot sign.
    """
    everybody = tuple(services)
    revoked = _renew_revoked(place, site, everybody, now=now, revoke=revoke, restore=restore)
    programs = tuple(one for one in everybody if one.name not in revoked)
    devices = device_identities(site, now=now, revoked=revoked)
    folder = place.folder
    (folder / "data").mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh: Mapping[str, str] = {}
    if not certificates:
        of_programs = frozenset(one.name for one in programs if not one.is_outside)
        of_devices = frozenset(one.name for one in devices) - of_programs
        of_devices |= frozenset(one.name for one in programs if one.is_outside)
        names = [*of_programs, *of_devices]
        # Older versions kept all of them in one file.
        kept_hashes = read_passwords(folder / PASSWORDS) | read_passwords(folder / SERVICE_PASSWORDS)
        former = _without_renewed(kept_hashes, names, renew, given=given or {})
        credentials = make_credentials(names, former, given=given)
        fresh = credentials.fresh
        write_whole(folder / PASSWORDS, credentials.password_file(of_devices), private=True)
        write_whole(folder / SERVICE_PASSWORDS, credentials.password_file(of_programs), private=True)
        if fresh:
            # Those of a run before may not have been handed out yet, and no other copy of them exists.
            kept = _read_csv(folder / FRESH_CREDENTIALS)
            write_whole(folder / FRESH_CREDENTIALS, _as_csv({**kept, **fresh}), private=True)
    write_whole(folder / "acl", mosquitto_acl(devices, programs), private=True)
    shut_out = _revoke_certificates(folder, revocations, revoked, now) if revocations else 0
    crl_file = CRL_FILE if certificates and (folder / CRL_FILE).exists() else ""
    text = mosquitto_configuration(place, certificates=certificates, crl_file=crl_file)
    write_whole(folder / "mosquitto.conf", text, private=True)
    return BrokerFolderReport(len(devices), len(programs), len(fresh), len(revoked), shut_out)


def _revoke_certificates(
    folder: Path, revocations: Revocations, revoked: frozenset[str], now: datetime
) -> int:
    note_revoked_certificates(folder, revoked, certificates=revocations.certificates, now=now)
    return write_revocation_list(folder, revocations.authority, now=now)


def write_nats_folder(
    place: BrokerPlace,
    site: Site,
    services: Iterable[ServiceIdentity],
    *,
    now: datetime,
    revoke: Iterable[str] = (),
    restore: Iterable[str] = (),
) -> BrokerFolderReport:
    """Write the configuration of NATS server; identities are proven by client certificates.

    Raises
    ------
    BrokerFilesError
        When an identity to be revoked does not exist.
    """
    everybody = tuple(services)
    revoked = _renew_revoked(place, site, everybody, now=now, revoke=revoke, restore=restore)
    programs = tuple(one for one in everybody if one.name not in revoked)
    devices = device_identities(site, now=now, revoked=revoked)
    (place.folder / "data").mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(place.folder / "nats-server.conf", nats_configuration(place, devices, programs), private=True)
    return BrokerFolderReport(len(devices), len(programs), 0, len(revoked))


def _renew_revoked(
    place: BrokerPlace,
    site: Site,
    services: Iterable[ServiceIdentity],
    *,
    now: datetime,
    revoke: Iterable[str],
    restore: Iterable[str],
) -> frozenset[str]:
    path = place.folder / REVOKED
    place.folder.mkdir(parents=True, exist_ok=True)
    former = set(path.read_text(encoding="utf-8").split()) if path.exists() else set()
    wanted = set(revoke)
    devices = {one.name for one in device_identities(site, now=now)} if wanted else set()
    known = devices | {one.name for one in services}
    if unknown := sorted(wanted - known - former):
        raise BrokerFilesError(
            f"no identity {', '.join(map(repr, unknown))}; they are named like station.st-001 or room.rs-000001"
        )
    revoked = frozenset((former | wanted) - set(restore))
    if revoked or path.exists():
        write_whole(path, "".join(f"{name}\n" for name in sorted(revoked)), private=True)
    return revoked


def _without_renewed(
    former: Mapping[str, str], names: Iterable[str], renew: Iterable[str], *, given: Mapping[str, str]
) -> dict[str, str]:
    wanted = set(renew)
    if unknown := sorted(wanted - set(names)):
        raise BrokerFilesError(f"no identity {', '.join(map(repr, unknown))} has a password to be renewed")
    if elsewhere := sorted(wanted & set(given)):
        raise BrokerFilesError(
            f"the password of {', '.join(elsewhere)} is set in the settings: change it there"
        )
    return {name: text for name, text in former.items() if name not in wanted}


def _read_csv(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    return {row[0]: row[1] for row in rows[1:] if len(row) == 2}


def _as_csv(fresh: Mapping[str, str]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["user", "password"])
    writer.writerows(sorted(fresh.items()))
    return text.getvalue()
