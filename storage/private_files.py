"""Files that hold names, readings of homes and secrets are for their owner alone."""

import os
from contextlib import suppress
from pathlib import Path

import structlog

__all__ = ["begin_private", "keep_private"]

_log = structlog.get_logger()


def keep_private(path: Path) -> None:
    """Take the rights of everybody else from a file or folder, where it is ours; an older version left them."""
    try:
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            path.chmod(mode & 0o700)
            _log.info("storage.made_private", path=str(path), before=f"{mode:04o}")
    except OSError as error:
        _log.warning("storage.not_private", path=str(path), reason=str(error))


def begin_private(path: Path, *, folder: bool = False) -> None:
    """Make a file or folder that is not there yet for its owner alone; keep what is there private.

    Made before anybody opens it: SQLite's own file would have the rights of the umask for a moment.

    Raises
    ------
    OSError
        When the disk refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        if folder:
            path.mkdir(0o700)
        else:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    keep_private(path)
