#!/usr/bin/python3
"""A stand-in for systemctl where there is no systemd: it starts what the unit says, as the account it names.

Copied into the rehearsal's Debian. It knows start, stop, restart, reload, enable, disable, ``--now``, daemon-reload,
drop-ins, and of a unit User=, Group=, Environment=, EnvironmentFile=, WorkingDirectory=, ExecStartPre=, ExecStart=,
ExecReload=. Hardening and limits are not tried here.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

FOLDERS = tuple(map(Path, ("/etc/systemd/system", "/usr/local/lib/systemd/system", "/lib/systemd/system")))
RUNNING = Path("/run/stand-in")


def unit(name: str) -> dict[str, list[str]]:
    """Return the settings of a unit and its drop-ins; an empty value forgets what stood before."""
    found = next(path for folder in FOLDERS if (path := folder / f"{name}.service").exists())
    files = [found, *sorted(Path(f"/etc/systemd/system/{name}.service.d").glob("*.conf"))]
    settings: dict[str, list[str]] = {}
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            if match := re.match(r"([A-Za-z]+)=(.*)", line):
                values = settings.setdefault(match[1], [])
                values.append(match[2]) if match[2] else values.clear()
    return settings


def environment(settings: dict[str, list[str]]) -> dict[str, str]:
    """Return the environment of a unit: nothing of the shell that calls this."""
    pairs = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
    for words in settings.get("Environment", []):
        pairs.update(word.split("=", 1) for word in shlex.split(words))
    for name in settings.get("EnvironmentFile", []):
        path = Path(name.removeprefix("-"))
        if name.startswith("-") and not path.exists():
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        pairs.update(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return pairs


def pid_of(name: str) -> int | None:
    """Return the process of a unit, while it runs."""
    path = RUNNING / f"{name}.pid"
    if not path.exists():
        return None
    pid = int(path.read_text())
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # One that has ended and that nobody has waited for is a zombie.
    return None if state.rsplit(")", 1)[1].split()[0] == "Z" else pid


def start(name: str) -> None:
    """Start a unit that does not run."""
    if name == "postgresql":  # its unit is a template of Debian's for clusters
        for cluster in Path("/etc/postgresql").glob("*/*"):
            subprocess.run(["pg_ctlcluster", cluster.parent.name, cluster.name, "start"], check=True)
        return
    if pid_of(name):
        return
    settings = unit(name)
    for before in settings.get("ExecStartPre", []):
        subprocess.run(shlex.split(before), check=True)
    RUNNING.mkdir(exist_ok=True)
    given = environment(settings)
    words = [word for word in shlex.split(settings["ExecStart"][-1]) if not word.startswith("$")]
    with (RUNNING / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            words,
            env=given,
            user=(settings.get("User") or ["root"])[-1],
            group=(settings.get("Group") or settings.get("User") or ["root"])[-1],
            extra_groups=[],
            cwd=(settings.get("WorkingDirectory") or ["/"])[-1],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (RUNNING / f"{name}.pid").write_text(str(process.pid))


def stop(name: str) -> None:
    """End a unit as systemd does: a signal, a while, a kill."""
    pid = pid_of(name)
    if pid is None:
        return
    os.kill(pid, signal.SIGTERM)
    for _ in range(900):
        if pid_of(name) is None:
            return
        time.sleep(0.1)
    sys.exit(f"{name} did not end within 90 s")


def main() -> None:
    """Do what systemctl would."""
    options = [word for word in sys.argv[1:] if word.startswith("-")]
    verb, *names = [word for word in sys.argv[1:] if not word.startswith("-")]
    for name in (one.removesuffix(".service") for one in names):
        if name != "postgresql":
            unit(name)  # one that does not exist is refused whatever is wanted
        if verb in ("stop", "restart") or (verb == "disable" and "--now" in options):
            stop(name)
        if verb in ("start", "restart") or (verb == "enable" and "--now" in options):
            start(name)
        if verb == "reload" and (pid := pid_of(name)):
            os.kill(pid, signal.SIGHUP)


if __name__ == "__main__":
    main()
