"""The settings tree: one frozen pydantic model, filled from one YAML file and the environment.

Environment: ``NUANLIU_SECTION__KEY`` overrides the file; ``NUANLIU_CONFIG`` names the file. Secrets belong in the
environment or in files named by ``*_file`` keys, never in arguments. Loading and error reporting live in
`config.settings.reading`.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from config.settings.own_json import OwnJsonSettings
from config.settings.privacy import PrivacySettings
from config.settings.retired import without_retired

__all__ = [
    "CollectorSettings",
    "GatewaySettings",
    "HealthSettings",
    "LogSettings",
    "MqttSettings",
    "NotificationSettings",
    "OwnJsonSettings",
    "PoliciesSettings",
    "PrivacySettings",
    "RecordsSettings",
    "RoomAccountSettings",
    "RoomAccountsSettings",
    "RouteSettings",
    "RulesSettings",
    "Settings",
    "SimulatorSettings",
    "SiteSettings",
    "TimeSeriesSettings",
    "WebSettings",
    "WebhookSettings",
]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class RouteSettings(_Section):
    """One route: which messages go to which decoder."""

    filter: str
    """MQTT topic filter, for example ``heat/#``."""
    decoder: str = "native"
    """Name of the payload family."""
    device_map: Path | None = None
    """File that joins foreign device ids to sensors and station points."""
    own_json: OwnJsonSettings = OwnJsonSettings()
    """Where JSON of one's own keeps its readings, for ``modbus_json``."""


class GatewaySettings(_Section):
    """A gateway or platform of a foreign payload family, for the access list that `broker config` makes."""

    name: str = Field(pattern=r"^[\w.:-]{1,64}$")
    """User name, or common name of its certificate."""
    publishes: tuple[str, ...] = ()
    """Topic filters that it may publish on, for example ``application/7/#``."""
    subscribes: tuple[str, ...] = ()
    """Topic filters that it may listen to, for example ``spBv1.0/league/NCMD/gw1``."""


class RoomAccountSettings(_Section):
    """Account of a room that listens besides the collector; empty: that of the collector."""

    username: str | None = None
    """User name at the broker."""
    password: SecretStr | None = None
    """Password at the broker; set it in the environment."""
    certificate_file: Path | None = None
    """Client certificate for mutual TLS."""
    key_file: Path | None = None
    """Key of the client certificate."""


class RoomAccountsSettings(_Section):
    """Accounts of rooms that run as processes of their own: where a broker takes the name for the client id, two on one
    account would push each other out."""

    alerting: RoomAccountSettings = RoomAccountSettings()
    """Account of ``nuanliu alerting``."""
    dashboard: RoomAccountSettings = RoomAccountSettings()
    """Account of ``nuanliu dashboard``."""


class MqttSettings(_Section):
    """The broker and how the collector listens to it."""

    host: str = "127.0.0.1"
    """Host name or address of the broker."""
    port: int = Field(1883, ge=1, le=65535)
    """TCP port of the broker."""
    client_id: str = "nuanliu-collector-0"
    """Fixed id of this collector slot: the broker keeps the session under it."""
    username: str | None = None
    """User name at the broker."""
    password: SecretStr | None = None
    """Password at the broker; set it in the environment."""
    tls: bool = False
    """Whether to speak TLS."""
    ca_file: Path | None = None
    """Certificate authority that signs the broker; the system's when empty."""
    certificate_file: Path | None = None
    """Client certificate for mutual TLS."""
    key_file: Path | None = None
    """Key of the client certificate."""
    replay_username: str | None = None
    """User name of `replay-messages` and `spool replay-rejected`: they publish, which the collector's may not."""
    replay_password: SecretStr | None = None
    """Password of that user; set it in the environment."""
    replay_certificate_file: Path | None = None
    """Client certificate of the replays for mutual TLS."""
    replay_key_file: Path | None = None
    """Key of that certificate."""
    rooms: RoomAccountsSettings = RoomAccountsSettings()
    """Accounts of alerting and dashboard where they are processes of their own."""
    protocol: Literal["5", "3.1.1"] = "5"
    """MQTT version; the embedded broker speaks 3.1.1."""
    keepalive_s: int = Field(30, ge=5, le=3600)
    """Keep-alive [s]; no packet for twice this long ends the process for the supervisor."""
    session_expiry_s: int = Field(7 * 86400, ge=0)
    """How long the broker keeps the session of an absent collector [s]; MQTT 5 only."""
    resend_wait_s: float | None = Field(None, ge=0, le=300)
    """Pause after a connection that ended before the next one [s]: NATS server sends what was left open only after its
    ``ack_wait`` (3 s in our files), and what is new meanwhile. Empty: 5 for MQTT 3.1.1, 0 for MQTT 5."""
    receive_maximum: int = Field(20000, ge=20, le=65535)
    """Unacknowledged messages in flight; the back-pressure window."""
    max_payload_bytes: int = Field(262_144, ge=1024, le=16_777_216)
    """Larger payloads go to rejections as too_big [bytes]."""
    max_packet_bytes: int = Field(33_554_432, ge=65_536)
    """Longer messages are never held: the broker is asked to keep them to itself (MQTT 5), or their head and hash become a
    rejection (MQTT 3.1.1) [bytes]."""
    routes: tuple[RouteSettings, ...] = (RouteSettings(filter="heat/#"),)
    """Topic filters with their decoders, first match wins."""
    gateways: tuple[GatewaySettings, ...] = ()
    """Senders of foreign families: `broker config` gives rights to these and to what is in the registry, nobody else."""
    broker_counters: bool = True
    """Whether to read the broker's count of messages it threw away (``$SYS``)."""
    away_hours: float = Field(12.0, gt=0, le=168)
    """How long a collector may be away without a loss [h]: `broker config` sizes the broker's queues for it."""
    share_group: str | None = Field(None, pattern=r"^[^/+#]{1,64}$")
    """Name shared by several collectors, each with its own client id and spool: the broker deals the messages out
    among them (shared subscriptions, MQTT 5). Empty: this collector gets all of them."""

    def pause_before_connecting_s(self) -> float:
        """Return how long the broker needs to put what was left open before what is new [s]."""
        if self.resend_wait_s is not None:
            return self.resend_wait_s
        return 0.0 if self.protocol == "5" else 5.0

    def of_replays(self) -> "MqttSettings":
        """Return the settings with the identity of the replays; without one of their own it stays the collector's."""
        changes: dict[str, object] = {}
        if self.replay_username is not None:
            changes |= {"username": self.replay_username, "password": self.replay_password}
        if self.replay_certificate_file is not None:
            changes |= {
                "certificate_file": self.replay_certificate_file,
                "key_file": self.replay_key_file,
            }
        return self.model_copy(update=changes)

    def of_room(self, room: Literal["alerting", "dashboard"]) -> "MqttSettings":
        """Return the settings with the identity of a room that listens on its own; without one the collector's."""
        account: RoomAccountSettings = getattr(self.rooms, room)
        if account.username is None and account.certificate_file is None:
            return self
        return self.model_copy(update=dict(account))


class CollectorSettings(_Section):
    """Batching, durable spool and limits of the collector."""

    spool_dir: Path = Path("nuanliu-data/spool")
    """Folder of the durable spool; on a local disk."""
    batch_messages: int = Field(500, ge=1, le=20_000)
    """Messages in one durable commit at the most."""
    batch_wait_ms: int = Field(200, ge=1, le=2000)
    """Longest wait for a batch to fill [ms]."""
    coalesce_ms: int = Field(30, ge=0, le=200)
    """Pause before reading the socket so that messages come in bulk [ms]; 5 for a broker that sends few at a time."""
    future_tolerance_s: float = Field(300.0, gt=0)
    """A measured time further ahead than this is quarantined [s]."""
    late_limit_s: float = Field(7 * 86400.0, gt=0)
    """A measured time older than this is rejected as too_late [s]."""
    spool_keep_s: float = Field(86400.0, gt=0)
    """Forwarded spool files are kept this long [s]."""
    device_rate_per_s: float = Field(20.0, gt=0)
    """Messages a second that one sender may publish in the long run [1/s], by the times that it measured, else a topic by
    arrival; more is rejected as throttled."""
    device_burst: int = Field(20_000, ge=1)
    """Messages that one sender may publish at once, for example the backlog of a gateway that was cut off."""
    rejections_max_rows: int = Field(1_000_000, ge=1000)
    """Rejections kept; the oldest beyond it are counted and deleted."""
    min_free_disk_pct: float = Field(5.0, ge=0, lt=100)
    """Below this share of free disk the collector stops acknowledging [%]."""
    warn_free_disk_pct: float = Field(20.0, ge=0, lt=100)
    """Below this share of free disk health says so, long before anything stops [%]."""
    meter_keys_file: Path | None = None
    """File with the AES keys of meters, lines ``number, 32 hex digits``; empty: the file ``METER_KEYS_FILE`` names."""
    point_maps_dir: Path | None = None
    """Folder of own point maps beside the shipped ones; empty: the folder ``POINT_MAPS_DIR`` names."""


class TimeSeriesSettings(_Section):
    """The store of readings."""

    url: str = "duckdb:///nuanliu-data/timeseries"
    """``duckdb:///folder`` (one process) or ``influxdb://host:port``, ``influxdbs://host:port``."""
    token: SecretStr | None = None
    """Token of InfluxDB 2 or 3, or ``user:password`` for 1.x."""
    database: str = "nuanliu"
    """Database (1.x, 3.x) or bucket (2.x)."""
    org: str = "nuanliu"
    """Organisation of InfluxDB 2."""
    flavour: Literal["auto", "v1", "v2", "v3"] = "auto"
    """Which InfluxDB it is; auto asks ``/ping``."""
    timeout_s: float = Field(10.0, gt=0)
    """Longest wait for one request [s]."""
    retention_raw_days: int = Field(400, ge=1)
    """How long raw readings are kept [d]."""
    retention_rollup_days: int = Field(1826, ge=1)
    """How long roll-ups are kept [d]."""
    query_hours: float | None = Field(None, ge=1)
    """Longest window of one query to InfluxDB [h], longer ones are read in pieces. Empty: 70 h in 3.x, whose Core reads
    432 files of 10 min at once, any length in others."""


class RecordsSettings(_Section):
    """The database of registry, alarms, tickets, users."""

    url: str = "sqlite:///nuanliu-data/records.sqlite3"
    """SQLAlchemy URL: ``sqlite:///path`` or ``postgresql+psycopg://user@host/db``."""
    password_file: Path | None = None
    """File with the database password, put into the URL when it has none."""


class SiteSettings(_Section):
    """The case."""

    name: str = "锡林浩特供热"
    """Name of the company in titles."""
    name_en: str = "Xilinhot Heating"
    """English name of the company."""
    time_zone: str = "Asia/Shanghai"
    """Zone in which times are shown."""
    indoor_standard_c: float = Field(18.0, ge=10, le=26)
    """Indoor standard of the area [°C]; GB/T 33833-2017 5.1."""
    registry_file: Path | None = None
    """CSV or XLSX imported at first start into an empty registry."""
    map_file: Path | None = None
    """GeoJSON of the areas; the shipped one when empty."""


class RulesSettings(_Section):
    """Alert rules."""

    dir: Path | None = None
    """Folder of rule files used instead of the shipped ones."""
    overrides: dict[str, dict[str, str | int | float | bool]] = Field(default_factory=dict)
    """Changes to shipped rules by id, for example ``{ST-02: {on_delay: 30s}}``."""
    tick_s: float = Field(1.0, ge=0.1, le=60)
    """Time between evaluations [s]."""
    start_grace_s: float = Field(30.0, ge=0)
    """After a start, data-quality rules wait this long for the first messages [s]."""
    incident_hold_s: float = Field(60.0, ge=0)
    """Household notices of a group wait this long for an inhibitor [s]."""


class PoliciesSettings(_Section):
    """Service promises and limits that are local."""

    first_response_s: float = Field(7200.0, gt=0)
    """Promise: first response to a ticket [s]."""
    close_s: float = Field(172800.0, gt=0)
    """Promise: closing of a ticket [s]."""
    duplicate_window_s: float = Field(21600.0, gt=0)
    """Tickets of one home within this time are duplicates [s]."""


class WebhookSettings(_Section):
    """One webhook."""

    name: str
    """Name of the channel."""
    url: str
    """Address; private and link-local targets are refused unless allowed below."""
    secret: SecretStr | None = None
    """Key of the HMAC signature header."""
    allow_private: bool = False
    """Allow a private or loopback target (a gateway inside the company)."""
    priorities: tuple[Literal["P1", "P2", "P3"], ...] = ("P1", "P2")
    """Priorities that it announces."""
    locale: Literal["zh_CN", "en"] = "zh_CN"
    """Language of the text in the body."""


class NotificationSettings(_Section):
    """Channels that announce alarms."""

    console: bool = True
    """Write each announced alarm as one log line."""
    webhooks: tuple[WebhookSettings, ...] = ()
    """Webhooks."""


class WebSettings(_Section):
    """The dashboard."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(8080, ge=0, le=65535)
    """Port to listen on; 0 picks a free one."""
    secret: SecretStr | None = None
    """Key that signs cross-site tokens; at least 32 characters; needed outside the demo."""
    cookie_secure: bool = True
    """Send the session cookie over TLS only (``__Host-`` prefix); off only for loopback demos."""
    session_idle_s: float = Field(8 * 3600.0, gt=0)
    """A session ends after this long without a request [s]."""
    session_absolute_s: float = Field(7 * 86400.0, gt=0)
    """A session ends after this long in any case [s]."""
    login_attempts_per_minute: int = Field(10, ge=1)
    """Log-in tries a minute, per account and per address."""
    default_locale: Literal["zh_CN", "en"] = "zh_CN"
    """Language before a person chooses."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses of reverse proxies whose forwarding headers are believed."""
    max_connections: int = Field(1024, ge=32, le=65_536)
    """Connections in all; the limit of open files of the process may allow fewer."""
    max_connections_per_address: int = Field(256, ge=8)
    """Connections of one address; trusted proxies may have them all."""
    head_timeout_s: float = Field(10.0, ge=1, le=300)
    """Longest wait for the head of a request [s]."""
    body_timeout_s: float = Field(60.0, ge=1, le=3600)
    """Longest wait for the body of a request [s]."""
    keep_alive_s: float = Field(30.0, ge=1, le=3600)
    """A connection without a request is kept this long [s]."""
    stalled_timeout_s: float = Field(30.0, ge=1, le=3600)
    """A client that does not read its answer is cut off after this long [s]."""
    streams_per_user: int = Field(32, ge=1, le=1000)
    """Event streams that one account may have open."""


class HealthSettings(_Section):
    """Health of rooms that run as processes of their own; the dashboard answers on its own address."""

    host: str = "127.0.0.1"
    """Address on which collector and alerting answer ``/healthz``, ``/readyz`` and ``/metrics``."""
    collector_port: int | None = Field(8081, ge=0, le=65535)
    """Port of the collector's answers; 0 picks a free one, null: none. A taken port stops nothing, health says so."""
    alerting_port: int | None = Field(8082, ge=0, le=65535)
    """Port of the answers of alerting, likewise."""


class SimulatorSettings(_Section):
    """Has no keys: the simulator takes options (`nuanliu simulate --help`)."""


class LogSettings(_Section):
    """Logging."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Lowest level written."""
    format: Literal["json", "console"] = "json"
    """One JSON object a line, or readable lines."""


class _LivingEnvironment(EnvSettingsSource):
    """The environment without variables of keys that are no longer read."""

    def __call__(self) -> dict[str, Any]:
        return without_retired(super().__call__())


class Settings(BaseSettings):
    """The whole tree. Made with keyword arguments (the file); the environment overrides them key by key."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="NUANLIU_",
        env_nested_delimiter="__",
        validate_default=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources, strongest first: the environment, then the file."""
        return _LivingEnvironment(settings_cls), init_settings

    mqtt: MqttSettings = MqttSettings()
    """Broker."""
    collector: CollectorSettings = CollectorSettings()
    """Collector."""
    timeseries: TimeSeriesSettings = TimeSeriesSettings()
    """Store of readings."""
    records: RecordsSettings = RecordsSettings()
    """Database."""
    site: SiteSettings = SiteSettings()
    """The case."""
    rules: RulesSettings = RulesSettings()
    """Alert rules."""
    policies: PoliciesSettings = PoliciesSettings()
    """Local policies."""
    privacy: PrivacySettings = PrivacySettings()
    """How long a person's data are kept."""
    notifications: NotificationSettings = NotificationSettings()
    """Channels."""
    web: WebSettings = WebSettings()
    """Dashboard."""
    health: HealthSettings = HealthSettings()
    """Health of separate rooms."""
    simulator: SimulatorSettings = SimulatorSettings()
    """Simulator."""
    log: LogSettings = LogSettings()
    """Logging."""
