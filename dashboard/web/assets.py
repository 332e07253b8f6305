"""Files the browser loads: one fingerprint for the whole folder, compressed once, kept by the browser for a year.

The fingerprint is part of the path, so modules that import one another by relative path share it. What does not live
here: pages and fragments, which are never cached.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from dashboard.web.security.access import anybody

__all__ = ["Asset", "asset_url", "assets", "fingerprint", "router"]

STATIC_FOLDER = Path(__file__).parents[1] / "static"
"""Where the files lie."""

_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, ready to send."""

    media_type: str
    content: bytes
    compressed: bytes
    """The same by gzip."""


@lru_cache(maxsize=1)
def assets() -> dict[str, Asset]:
    """Return every file by its path below the folder, compressed; read once a process."""
    found: dict[str, Asset] = {}
    for path in sorted(STATIC_FOLDER.rglob("*")):
        media_type = _MEDIA_TYPES.get(path.suffix)
        if media_type is None or not path.is_file():
            continue
        content = path.read_bytes()
        name = path.relative_to(STATIC_FOLDER).as_posix()
        found[name] = Asset(media_type, content, gzip.compress(content, 9, mtime=0))
    return found


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """Return twelve hexadecimal digits over names and contents of all files."""
    digest = hashlib.sha256()
    for name, asset in assets().items():
        digest.update(name.encode())
        digest.update(hashlib.sha256(asset.content).digest())
    return digest.hexdigest()[:12]


def asset_url(name: str) -> str:
    """Return the address of a file.

    Raises
    ------
    KeyError
        When there is no such file: a page must not ask for what is not there.
    """
    if name not in assets():
        raise KeyError(name)
    return f"/assets/{fingerprint()}/{name}"


router = APIRouter(include_in_schema=False, dependencies=[Depends(anybody)])


@router.get("/assets/{version}/{name:path}")
def send_asset(request: Request, version: str, name: str) -> Response:
    """Send a file; an address of an older release gets today's file, uncached, so that open pages keep working."""
    asset = assets().get(name)
    if asset is None:
        raise HTTPException(status_code=404)
    current = version == fingerprint()
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if current else "no-cache",
        "Vary": "Accept-Encoding",
    }
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(asset.compressed, media_type=asset.media_type, headers=headers)
    return Response(asset.content, media_type=asset.media_type, headers=headers)


@router.get("/favicon.ico")
def send_icon() -> Response:
    """Send the icon that browsers ask for by habit."""
    icon = assets()["icon.svg"]
    return Response(
        icon.content, media_type=icon.media_type, headers={"Cache-Control": "public, max-age=86400"}
    )
