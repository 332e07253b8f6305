"""Files that hold names, readings of homes and secrets are for their owner alone."""

from pathlib import Path

import structlog

__all__ = ["keep_private"]

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
