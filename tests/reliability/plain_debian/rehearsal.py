"""Do what docs/installation.md says, as written, in a fresh Debian 12, and end with 0 when the three rooms are well.

The Debian is made by debootstrap and entered by chroot, in namespaces of its own: nothing listens on the machine's
ports, and every process ends with the rehearsal. It has no systemd: `systemctl` is a stand-in that starts what the units
say. What needs the network (packages, the program) comes first; the rest runs without one.

    sudo python -m tests.reliability.plain_debian.rehearsal --folder /var/tmp/plain-debian
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.reliability.plain_debian.page import PAGE, blocks

PROJECT = Path(__file__).parents[3]
HERE = Path(__file__).parent
WITH_NETWORK = ("Packages", "The program")
SERVICES = (
    "The registry",
    "Certificates",
    "PostgreSQL",
    "InfluxDB",
    "Mosquitto",
    "Start",
    "Look whether all is well",
)
AGAIN = ("Upgrade", "Look whether all is well", "Uninstall")
MIRROR = "http://deb.debian.org/debian"
NETWORK_FILES = ("/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt")
"""How this machine reaches the network is how the rehearsal does."""
WHEELS = "/var/cache/nuanliu-wheels"
TAKE_WHEELS = f"/opt/nuanliu/current/bin/pip download --quiet --require-hashes --only-binary=:all: -d {WHEELS} -r requirements.lock\n"
"""The upgrade installs its packages from there: by then there is no network."""
NEXT_VERSION = """\
echo '# The next version.' >>heating/__init__.py
export PIP_NO_INDEX=1 PIP_FIND_LINKS=/var/cache/nuanliu-wheels
before=$(readlink /opt/nuanliu/current)
"""
UPGRADED = '[ "$(readlink /opt/nuanliu/current)" != "$before" ] && [ -d "/opt/nuanliu/$before" ]\n'
LOGS = "trap 'mkdir -p /var/log/rehearsal; cp /run/stand-in/*.log /var/log/rehearsal/' EXIT\n"
POLICY = "#!/bin/sh\nexit 101\n"


def make_debian(folder: Path, mirror: str) -> None:
    """Make a fresh Debian, once; later rehearsals begin with a copy of it."""
    base = folder / "base"
    if not (base / "etc/debian_version").exists():
        subprocess.run(["debootstrap", "--variant=minbase", "bookworm", str(base), mirror], check=True)
    machine = folder / "machine"
    if machine.exists():
        shutil.rmtree(machine)
    subprocess.run(["cp", "-a", str(base), str(machine)], check=True)
    for name in NETWORK_FILES:
        target = machine / name.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(name, target)
    write(machine / "usr/sbin/policy-rc.d", POLICY)  # packages shall not start services outside the stand-in
    stand_in = machine / "usr/local/sbin/systemctl"
    write(stand_in, (HERE / "systemctl.py").read_text(encoding="utf-8"))


def write(path: Path, text: str) -> None:
    """Write a program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def copy_source(machine: Path, revision: str) -> None:
    """Put the files of a revision where the page wants the source."""
    target = machine / "usr/local/src/nuanliu"
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    archive = subprocess.run(
        ["git", "-C", str(PROJECT), "archive", revision], check=True, stdout=subprocess.PIPE
    ).stdout
    subprocess.run(["tar", "-x", "-C", str(target)], input=archive, check=True)


def script(parts: dict[str, str], names: tuple[str, ...]) -> str:
    """Return one shell script of the blocks under these headings, each command shown before it is run."""
    lines = ["set -eu", "cd /usr/local/src/nuanliu 2>/dev/null || cd /"]
    for name in names:
        lines += [f"echo '=== {name}' >&2", "set -x", parts[name].rstrip(), "{ set +x; } 2>/dev/null"]
    return "\n".join(lines) + "\n"


def inside(machine: Path, text: str, *, network: bool) -> int:
    """Run a script in the Debian and return its exit code; its processes end with it."""
    (machine / "usr/local/sbin/rehearsal.sh").write_text(text, encoding="utf-8")
    enter = (
        f"mount -t proc proc {machine}/proc && mount --rbind /dev {machine}/dev && "
        f"mount -t tmpfs tmpfs {machine}/run && mkdir -p {machine}/run/lock && "
        + ("" if network else "ip link set lo up && ")
        + f"exec chroot {machine} /bin/bash /usr/local/sbin/rehearsal.sh"
    )
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("PIP_") and name != "PIP_FIND_LINKS"
    }
    environment = kept | {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
    }
    words = ["unshare", "--mount", "--pid", "--fork", "--kill-child", *(() if network else ("--net",))]
    return subprocess.run([*words, "sh", "-c", enter], env=environment, check=False).returncode


def show_logs(machine: Path) -> None:
    """Show the ends of the services' logs; they are below /var/log because /run is gone with the processes."""
    for path in sorted((machine / "var/log/rehearsal").glob("*.log")):
        print(f"--- {path.name}", path.read_text(encoding="utf-8", errors="replace")[-3000:], sep="\n")


def main() -> int:
    """Rehearse, and return the exit code."""
    wanted = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    wanted.add_argument("--folder", type=Path, required=True, help="where the Debian is made; 3 GB")
    wanted.add_argument("--mirror", default=MIRROR)
    wanted.add_argument("--revision", default="HEAD", help="of the program")
    wanted.add_argument("--page", type=Path, default=PAGE)
    given = wanted.parse_args()
    parts = blocks(given.page)
    make_debian(given.folder, given.mirror)
    machine = given.folder / "machine"
    copy_source(machine, given.revision)
    code = inside(machine, script(parts, WITH_NETWORK) + TAKE_WHEELS, network=True)
    if code == 0:
        upgrade = NEXT_VERSION + script(parts, AGAIN[:-1]) + UPGRADED + script(parts, AGAIN[-1:])
        code = inside(machine, LOGS + script(parts, SERVICES) + upgrade, network=False)
    if code:
        show_logs(machine)
    print(f"rehearsal of {given.page.name}: {'all rooms are well' if code == 0 else f'ended with {code}'}")
    return code


if __name__ == "__main__":
    sys.exit(main())
