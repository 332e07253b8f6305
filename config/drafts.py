"""Files written as a draft and then put in place: whoever reads meanwhile sees the old file or the new one, whole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["draft_for", "write_whole"]

PRIVATE = 0o600
PUBLIC = 0o666
"""Before the process's umask."""


@contextmanager
def draft_for(path: Path, *, private: bool = False) -> Iterator[Path]:
    """Give the path of an empty draft beside `path`; when the block ends well, the draft replaces `path`.

    The draft keeps the ending of the name, since writers of CSV, XLSX and Parquet go by it. It is on the disk before
    it is put in place, and so is the folder's entry after: a crash leaves the old file or the new one. When the block
    raises, the draft is removed and `path` stays as it was. As root the new file keeps the owner of the old one.

    Parameters
    ----------
    path : Path
        File to write; its folder is made if need be.
    private : bool
        Whether only the owner may read it.

    Raises
    ------
    OSError
        When the disk refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}.{os.getpid()}.draft{path.suffix}")
    draft.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE if private else PUBLIC))
    try:
        yield draft
        _to_disk(draft)
        if path.exists() and os.geteuid() == 0:
            former = path.stat()
            os.chown(draft, former.st_uid, former.st_gid)
        draft.replace(path)
        _to_disk(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def write_whole(path: Path, content: str | bytes, *, private: bool = False) -> None:
    """Write a file as a draft and put it in place; text is UTF-8.

    Raises
    ------
    OSError
        When the disk refuses.
    """
    with draft_for(path, private=private) as draft:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
