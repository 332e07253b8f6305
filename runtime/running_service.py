"""The way from a command to the service that owns the embedded store: its address and the token of its run.

The service leaves both in a private file beside the store; whoever may read the service's files may ask it for a
backup, an export or the state of the store, without a password. What is asked for is done by the routes of
`dashboard.administration`.
"""

import http.client
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from config.drafts import write_whole
from config.settings.tree import Settings
from heating.errors import HeatingError
from heating.points import Measurement
from heating.protocols import Health, HealthStatus
from storage.readings.opening import duckdb_folder

__all__ = ["RunningService", "RunningServiceError", "ServiceNote"]

NOTE_FILE = "service.json"
"""In the folder of the embedded store."""
SILENCE_S = 30.0
"""A service that says nothing for so long is taken for dead; at work it says something every 2 s [s]."""
ADMIN = "/api/v1/admin"

Progress = Callable[[str, int, int], None]


class RunningServiceError(HeatingError):
    """The service refuses, does not answer, or ended before it was done."""


class ServiceNote:
    """The private file of a running service.

    Parameters
    ----------
    settings : Settings
        Name the folder of the embedded store.
    token : str
        Secret of this run.
    url : callable
        Address of the web server, known once it listens.
    """

    def __init__(self, *, settings: Settings, token: str, url: Callable[[], str]) -> None:
        self._path = duckdb_folder(settings.timeseries.url) / NOTE_FILE
        self._token = token
        self._url = url

    def write(self) -> None:
        """Write the file, readable by the owner only."""
        note = json.dumps({"url": _reachable(self._url()), "token": self._token})
        write_whole(self._path, note, private=True)

    def remove(self) -> None:
        """Remove the file: the token holds for one run."""
        self._path.unlink(missing_ok=True)


def _reachable(url: str) -> str:
    """Return an address of this machine for one that stands for all of them."""
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")


class RunningService:
    """The service that owns the embedded store of the settings.

    Raises
    ------
    RunningServiceError
        From every method: when no service answers or it says no.
    """

    def __init__(self, settings: Settings) -> None:
        self._folder = duckdb_folder(settings.timeseries.url)

    def back_up(self, folder: Path, *, config_file: Path | None) -> int:
        """Have a backup made; return how many files it has."""
        named = str(config_file.absolute()) if config_file else None
        order = {"folder": str(folder.absolute()), "config_file": named}
        return int(self._ordered("/backup", order, lambda *_: None)["files"])

    def export(
        self,
        folder: Path,
        *,
        first: date,
        last: date,
        measurements: Sequence[Measurement],
        progress: Progress,
    ) -> int:
        """Have whole UTC days exported as Parquet; return how many readings."""
        order = {
            "folder": str(folder.absolute()),
            "first": first.isoformat(),
            "last": last.isoformat(),
            "measurements": [measurement.value for measurement in measurements],
        }
        return int(self._ordered("/export", order, progress)["rows"])

    def health(self) -> Health:
        """Return the state of the store as its owner sees it."""
        found = self._ask("GET", "/store", None, lambda answer: json.loads(answer.read()))
        return Health(HealthStatus(found["status"]), found["reason"], found["figures"])

    def _ordered(self, path: str, order: Mapping[str, object], progress: Progress) -> Mapping[str, Any]:
        def follow(answer: http.client.HTTPResponse) -> Mapping[str, Any]:
            for line in answer:
                news = json.loads(line)
                if "label" in news:
                    progress(news["label"], news["done"], news["total"])
                elif "error" in news:
                    raise RunningServiceError(news["error"])
                elif "result" in news:
                    result: Mapping[str, Any] = news["result"]
                    return result
            raise self._ended()

        return self._ask("POST", path, json.dumps(order), follow)

    def _ask(
        self,
        method: str,
        path: str,
        body: str | None,
        read: Callable[[http.client.HTTPResponse], Mapping[str, Any]],
    ) -> Mapping[str, Any]:
        address, token = self._note()
        connection = http.client.HTTPConnection(address, timeout=SILENCE_S)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        try:
            connection.request(method, ADMIN + path, body, headers)
            answer = connection.getresponse()
            if answer.status != 200:
                raise RunningServiceError(_refusal(answer))
            return read(answer)
        except (
            ConnectionRefusedError,
            ConnectionResetError,
            TimeoutError,
            http.client.HTTPException,
        ) as error:
            raise self._ended() from error
        finally:
            connection.close()

    def _note(self) -> tuple[str, str]:
        try:
            note = json.loads((self._folder / NOTE_FILE).read_text(encoding="utf-8"))
            return urlsplit(note["url"]).netloc, note["token"]
        except FileNotFoundError as error:
            raise RunningServiceError(
                f"another process owns the embedded store in {self._folder} and takes no orders: "
                "stop it, then ask again"
            ) from error
        except (OSError, ValueError, KeyError) as error:
            raise RunningServiceError(f"{self._folder / NOTE_FILE} cannot be read: {error}") from error

    def _ended(self) -> RunningServiceError:
        return RunningServiceError(
            f"the service that owned the embedded store in {self._folder} ended before it answered: ask again"
        )


def _refusal(answer: http.client.HTTPResponse) -> str:
    """Return the reason that a problem document gives."""
    try:
        return str(json.loads(answer.read())["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the service answered {answer.status} {answer.reason}"
