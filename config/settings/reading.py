"""Loading and checking the settings: every mistake at once, each with file, line and remedy."""

import copy
import difflib
import ipaddress
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsError

from config.located_yaml import KeyPath, LocatedYaml, read_yaml
from config.mistakes import Mistake, MistakesError
from config.settings.retired import RETIRED, Retired, found_in, warning_of, without_retired
from config.settings.tree import Settings, WebSettings

__all__ = ["check_exposure", "check_retention", "check_service_secrets", "load_settings"]

_PREFIX = "NUANLIU_"

_WIDEST_PROXIES = 65_536

_Add = Callable[[KeyPath, str, str], None]


def load_settings(
    path: Path | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    warn: Callable[[Mistake], object] = lambda _warning: None,
) -> Settings:
    """Read the settings from a YAML file and the environment.

    Parameters
    ----------
    path : Path, optional
        The file; None takes ``NUANLIU_CONFIG``, and without that the built-in defaults. Relative paths inside the
        file are relative to the working directory.
    environment : mapping, optional
        Environment variables, `os.environ` when None; used for places in messages and for ``NUANLIU_CONFIG``.
    warn : callable
        Called for each key that an earlier version read and this one does not.

    Raises
    ------
    config.mistakes.MistakesError
        Lists every mistake with its place and remedy.
    """
    env = os.environ if environment is None else environment
    if path is None and env.get("NUANLIU_CONFIG"):
        path = Path(env["NUANLIU_CONFIG"])
    source = read_yaml(path) if path else LocatedYaml(Path("(built-in defaults)"), {}, {(): 1})
    for retired in _retired(source, env):
        warn(warning_of(retired, _place(retired, source, env)))
    mistakes = [*source.mistakes, *_unknown_environment(env)]
    settings = _validated(without_retired(source.values), source, env, mistakes)
    if settings is not None:
        mistakes += _cross_checks(settings, source, env)
    if mistakes or settings is None:
        raise MistakesError(mistakes)
    return settings


def _retired(source: LocatedYaml, env: Mapping[str, str]) -> list[Retired]:
    names = {name.upper() for name in env}
    in_environment = [one for one in RETIRED if _PREFIX + "__".join(one).upper() in names]
    return sorted({*found_in(source.values), *in_environment})


def _validated(
    values: Mapping[str, object], source: LocatedYaml, env: Mapping[str, str], mistakes: list[Mistake]
) -> Settings | None:
    """Return the settings, without the keys that were refused (each becomes a mistake); None when hopeless."""
    try:
        return Settings(**values)  # type: ignore[arg-type]
    except SettingsError as error:
        mistakes.append(Mistake("environment", f"{error}.", "Lists and mappings are written as JSON."))
        return None
    except ValidationError as error:
        details = error.errors()
        mistakes += [_mistake(detail, source, env) for detail in details]
    kept = copy.deepcopy(dict(values))
    for detail in details:
        _drop(kept, tuple(detail["loc"]))
    try:
        return Settings(**kept)  # type: ignore[arg-type]
    except ValidationError:
        return None


def _drop(values: object, key_path: KeyPath) -> None:
    """Remove the deepest part of a key path that exists, in place; list items take their whole list with them."""
    for depth, part in enumerate(key_path):
        if not isinstance(values, dict) or part not in values:
            return
        last = depth == len(key_path) - 1
        if last or not isinstance(values[part], dict) or key_path[depth + 1] not in values[part]:
            del values[part]
            return
        values = values[part]


def check_service_secrets(settings: Settings) -> list[Mistake]:
    """Return what is missing for a service outside the demo: secrets that are empty, short or left at a default."""
    secret = settings.web.secret.get_secret_value() if settings.web.secret else ""
    if len(secret) < 32 or len(set(secret)) < 8:
        return [
            Mistake(
                "web.secret",
                "The key that signs cross-site tokens is missing or weak.",
                "Set NUANLIU_WEB__SECRET to at least 32 random characters (openssl rand -hex 32).",
            )
        ]
    return []


def check_exposure(web: WebSettings) -> list[Mistake]:
    """Return what lets strangers choose their address, or read a session's cookie on the way."""
    found: list[Mistake] = []
    if any(not _is_narrow(one) for one in web.trusted_proxies):
        found.append(
            Mistake(
                "web.trusted_proxies",
                "With «*» or a network this wide everybody may choose the address that log-ins are counted by.",
                "Name the addresses of the reverse proxies, for example [127.0.0.1].",
            )
        )
    if not web.cookie_secure and not _is_loopback(web.host):
        found.append(
            Mistake(
                "web.cookie_secure",
                f"Session cookies without TLS would be readable on the way to {web.host}.",
                "Leave web.cookie_secure on and put a reverse proxy with TLS in front, or set web.host to 127.0.0.1.",
            )
        )
    return found


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_narrow(proxy: str) -> bool:
    """Return whether a trusted proxy is an address or a network of at most 65,536 of them."""
    try:
        network = ipaddress.ip_network(proxy, strict=False)
    except ValueError:
        return False
    return network.num_addresses <= _WIDEST_PROXIES


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def check_retention(settings: Settings) -> list[Mistake]:
    """Return what is wrong when late readings are accepted for longer than the store keeps raw readings."""
    kept_s = settings.timeseries.retention_raw_days * 86_400.0
    if settings.collector.late_limit_s <= kept_s:
        return []
    needed_days = math.ceil(settings.collector.late_limit_s / 86_400.0)
    return [
        Mistake(
            "timeseries.retention_raw_days",
            f"Readings up to {settings.collector.late_limit_s:g} s late are accepted, but raw readings are kept for "
            f"{settings.timeseries.retention_raw_days} d: the store refuses the rest.",
            f"Set timeseries.retention_raw_days to at least {needed_days}, or collector.late_limit_s to at most "
            f"{kept_s:g}.",
        )
    ]


def _place(key_path: KeyPath, source: LocatedYaml, env: Mapping[str, str]) -> str:
    words = [str(part) for part in key_path]
    for length in range(len(words), 0, -1):
        name = _PREFIX + "__".join(words[:length]).upper()
        if any(key.upper() == name for key in env):
            return f"environment {name}"
    return source.place(key_path)


def _mistake(detail: Mapping[str, Any], source: LocatedYaml, env: Mapping[str, str]) -> Mistake:
    key_path: KeyPath = tuple(detail["loc"])
    dotted = ".".join(str(part) for part in key_path)
    place = _place(key_path, source, env)
    match detail["type"]:
        case "extra_forbidden":
            known = _known_keys(key_path[:-1])
            near = difflib.get_close_matches(str(key_path[-1]), known, n=1)
            hint = f"Did you mean «{near[0]}»?" if near else f"Known keys here: {', '.join(known)}."
            return Mistake(place, f"There is no setting «{dotted}».", hint)
        case "missing":
            return Mistake(place, f"«{dotted}» is missing.", "Add it.")
        case "model_type" | "model_attributes_type" | "dict_type":
            return Mistake(place, f"«{dotted}» must be a mapping of keys.", "Indent its keys below it.")
        case _:
            given = detail.get("input")
            shown = (
                "" if given is None or "secret" in dotted or "password" in dotted else f" (given: {given!r})"
            )
            return Mistake(place, f"«{dotted}»{shown} is not accepted.", f"{detail['msg']}.")


def _known_keys(section: KeyPath) -> list[str]:
    model: type[BaseModel] | None = Settings
    for part in section:
        if model is None or isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        model = _model_in(field.annotation) if field else None
    return sorted(model.model_fields) if model else []


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        found = _model_in(inner)
        if found:
            return found
    return None


def _unknown_environment(env: Mapping[str, str]) -> list[Mistake]:
    known = sorted(Settings.model_fields)
    mistakes = []
    for name in env:
        if not name.upper().startswith(_PREFIX) or name.upper() == "NUANLIU_CONFIG":
            continue
        section = name[len(_PREFIX) :].split("__")[0].lower()
        if section not in known:
            hint = f"Sections are: {', '.join(known)}; write {_PREFIX}SECTION__KEY."
            mistakes.append(Mistake(f"environment {name}", f"There is no section «{section}».", hint))
    return mistakes


def _cross_checks(settings: Settings, source: LocatedYaml, env: Mapping[str, str]) -> list[Mistake]:
    mistakes: list[Mistake] = []

    def add(key_path: KeyPath, problem: str, remedy: str) -> None:
        mistakes.append(Mistake(_place(key_path, source, env), problem, remedy))

    _check_files(settings, add)
    _check_urls(settings, add)
    _check_share_group(settings, add)
    mqtt = settings.mqtt
    for name, certificate, key in (
        ("certificate_file", mqtt.certificate_file, mqtt.key_file),
        ("replay_certificate_file", mqtt.replay_certificate_file, mqtt.replay_key_file),
    ):
        if bool(certificate) != bool(key):
            add(("mqtt", name), "A client certificate and its key belong together.", "Give both or none.")
    if not settings.mqtt.routes:
        add(
            ("mqtt", "routes"), "No route: nothing would be received.", "Add one, for example filter: heat/#."
        )
    try:
        ZoneInfo(settings.site.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        add(
            ("site", "time_zone"),
            f"«{settings.site.time_zone}» is no time zone.",
            "Use a name like Asia/Shanghai.",
        )
    return mistakes


def _check_share_group(settings: Settings, add: _Add) -> None:
    """Refuse a group of collectors where the broker would not deal out, or where the shares would never meet."""
    if settings.mqtt.share_group is None:
        return
    if settings.mqtt.protocol != "5":
        add(
            ("mqtt", "share_group"),
            f"«mqtt.share_group» needs MQTT 5, and mqtt.protocol is «{settings.mqtt.protocol}»: "
            "the broker would take the group for part of the topic, and nothing would arrive.",
            'Set mqtt.protocol to "5", or remove mqtt.share_group and run one collector.',
        )
    if settings.timeseries.url.startswith("duckdb:"):
        add(
            ("mqtt", "share_group"),
            "«mqtt.share_group» deals the messages out among several collectors, and the embedded store (DuckDB) "
            "belongs to one process: each would keep a share of its own.",
            "Set timeseries.url to influxdb://host:port, or remove mqtt.share_group.",
        )


def _check_files(settings: Settings, add: _Add) -> None:
    files: list[tuple[KeyPath, Path | None]] = [
        (("mqtt", "ca_file"), settings.mqtt.ca_file),
        (("mqtt", "certificate_file"), settings.mqtt.certificate_file),
        (("mqtt", "key_file"), settings.mqtt.key_file),
        (("mqtt", "replay_certificate_file"), settings.mqtt.replay_certificate_file),
        (("mqtt", "replay_key_file"), settings.mqtt.replay_key_file),
        (("collector", "meter_keys_file"), settings.collector.meter_keys_file),
        (("collector", "point_maps_dir"), settings.collector.point_maps_dir),
        (("records", "password_file"), settings.records.password_file),
        (("site", "registry_file"), settings.site.registry_file),
        (("site", "map_file"), settings.site.map_file),
        (("rules", "dir"), settings.rules.dir),
    ]
    files += [
        (("mqtt", "routes", i, "device_map"), route.device_map)
        for i, route in enumerate(settings.mqtt.routes)
    ]
    for key_path, file in files:
        if file is not None and not file.exists():
            dotted = ".".join(str(part) for part in key_path)
            add(key_path, f"«{dotted}» names {file}, which does not exist.", "Create it or correct the path.")


def _check_urls(settings: Settings, add: _Add) -> None:
    series = urlsplit(settings.timeseries.url)
    if series.scheme not in ("duckdb", "influxdb", "influxdbs"):
        add(
            ("timeseries", "url"),
            f"«{settings.timeseries.url}» is not a store that we know.",
            "Use duckdb:///folder, influxdb://host:port or influxdbs://host:port.",
        )
    elif series.scheme != "duckdb" and not series.hostname:
        add(("timeseries", "url"), "The store has no host.", "Write influxdb://host:port.")
    records = settings.records.url
    if not records.startswith(("sqlite:///", "postgresql+psycopg://")):
        shown = records.split("@")[-1]
        add(
            ("records", "url"),
            f"«{shown}» is not a database that we know.",
            "Use sqlite:///path or postgresql+psycopg://user@host/database.",
        )
    for i, webhook in enumerate(settings.notifications.webhooks):
        if urlsplit(webhook.url).scheme not in ("http", "https"):
            add(
                ("notifications", "webhooks", i, "url"),
                f"Webhook «{webhook.name}» has no http address.",
                "Begin it with https://.",
            )
