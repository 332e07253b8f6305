"""The commands of an installation page, by the heading that they stand under."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs/installation.md"
_PART = re.compile(r"^## (?P<heading>[^\n]+)$|^```sh\n(?P<block>.*?)^```$", re.M | re.S)


def blocks(page: Path = PAGE) -> dict[str, str]:
    """Return the shell blocks of a page by heading, in order; blocks of one heading are joined."""
    found: dict[str, str] = {}
    heading = ""
    for part in _PART.finditer(page.read_text(encoding="utf-8")):
        heading = part["heading"] or heading
        if part["block"] is not None:
            found[heading] = found.get(heading, "") + part["block"]
    return found
