"""Texts of the files that an installation makes: units of systemd, and the command that people type.

What lives here: text. Where it is put is `runtime.installing.plan`.
"""

from dataclasses import dataclass

__all__ = ["COMMAND", "ROOMS", "Room", "target", "unit", "unit_name"]


@dataclass(frozen=True, slots=True)
class Room:
    """One process of the three, and what it may take of the machine."""

    name: str
    """As the command of ``nuanliu`` calls it."""
    description: str
    """What systemd shows."""
    stop_s: int
    """Longest wait for its end [s]."""
    memory_high: str
    """Above this its pages are taken back first, a size or a share of the machine."""
    memory_max: str
    """Above this it is ended and started again."""
    descriptors: int
    """Files and connections that it may have open."""


ROOMS = (
    # It takes in what the broker has handed over and waits until the store has it, 30 s at the most; then its threads
    # end, each with a limit of its own. Killed earlier it would lose nothing, but the next start would do the work again.
    Room("collector", "Nuanliu collector: from the broker to the store", 90, "50%", "60%", 4096),
    Room("alerting", "Nuanliu alerting: rules, alarms, notices", 60, "50%", "60%", 4096),
    # A connection is a descriptor: web.max_connections may be 65,536.
    Room("dashboard", "Nuanliu dashboard: pages and API", 30, "30%", "40%", 70000),
)

_TARGET = """\
# Made by «nuanliu install»; changes here are lost.
[Unit]
Description=Nuanliu, all rooms
Wants={units}

[Install]
WantedBy=multi-user.target
"""

_UNIT = """\
# Made by «nuanliu install»; changes here are lost. Yours go into «systemctl edit {unit}».
[Unit]
Description={description}
After=network-online.target time-sync.target mosquitto.service influxdb.service postgresql.service
Wants=network-online.target
PartOf=nuanliu.target
# A start that fails is tried again for ever: the store or the records may be away for hours.
StartLimitIntervalSec=0

[Service]
Type=exec
User=nuanliu
Group=nuanliu
Environment=NUANLIU_CONFIG=/etc/nuanliu/nuanliu.yaml
EnvironmentFile=/etc/nuanliu/secrets.env
WorkingDirectory=/var/lib/nuanliu
ExecStart=/opt/nuanliu/current/bin/nuanliu {room}
Restart=always
RestartSec=2
# Exit code 2 is a mistake in the settings: no start mends it.
RestartPreventExitStatus=2
TimeoutStopSec={stop_s}
KillMode=mixed

StateDirectory=nuanliu
StateDirectoryMode=0750
UMask=0027
LimitNOFILE={descriptors}
MemoryHigh={memory_high}
MemoryMax={memory_max}
TasksMax=512
OOMPolicy=stop

NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
ProtectProc=invisible
ProcSubset=all
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target nuanliu.target
"""

COMMAND = """\
#!/bin/sh
# Made by «nuanliu install»; changes here are lost.
# Runs the installed program with the settings and secrets of this machine, by root as the account of the services:
# files of the spool that root makes could not be read by the collector.
set -eu
: "${NUANLIU_CONFIG:=/etc/nuanliu/nuanliu.yaml}"
export NUANLIU_CONFIG
secrets=/etc/nuanliu/secrets.env
if [ -r "$secrets" ]; then
    # Read line by line, never run: a password may hold any sign. What is in the environment already stays.
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
            NUANLIU_*=* | BROKER_*=* | METER_*=*) ;;
            *) continue ;;
        esac
        name=${line%%=*}
        value=${line#*=}
        case $name in *[!A-Za-z0-9_]*) continue ;; esac
        case $value in
            \\"*\\") value=${value#?} && value=${value%?} ;;
            \\'*\\') value=${value#?} && value=${value%?} ;;
        esac
        if ! printenv "$name" >/dev/null; then export "$name=$value"; fi
    done <"$secrets"
fi
case "${1:-} ${2:-}" in
    # These read or write what only root may.
    "broker "* | "install "* | "store prepare") ;;
    *)
        if [ "$(id -u)" = 0 ]; then
            HOME=/var/lib/nuanliu exec setpriv --reuid=nuanliu --regid=nuanliu --init-groups --no-new-privs \\
                /opt/nuanliu/current/bin/nuanliu "$@"
        fi
        ;;
esac
exec /opt/nuanliu/current/bin/nuanliu "$@"
"""


def unit_name(room: Room) -> str:
    """Return the name of a room's unit."""
    return f"nuanliu-{room.name}.service"


def unit(room: Room) -> str:
    """Return the text of a room's unit."""
    return _UNIT.format(
        unit=unit_name(room),
        room=room.name,
        description=room.description,
        stop_s=room.stop_s,
        descriptors=room.descriptors,
        memory_high=room.memory_high,
        memory_max=room.memory_max,
    )


def target() -> str:
    """Return the text of the target that stands for all rooms."""
    return _TARGET.format(units=" ".join(map(unit_name, ROOMS)))
