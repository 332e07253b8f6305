"""The pages of docs/ as text: headings, blocks, links, and the words of commands in them.

Which words exist is asked by the tests.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from tests.support.page_tables import DOCS

__all__ = [
    "PROJECT",
    "anchors",
    "blocks",
    "commands",
    "english_pages",
    "links",
    "reader_pages",
    "shape",
    "spans",
]

PROJECT = DOCS.parent
_BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)")
_PLAIN = re.compile(r"[A-Za-z0-9._/-]+")
_STOP = frozenset({"|", "&&", ";", "<", ">", "#", "||"})


def english_pages() -> list[Path]:
    """Return the English pages of docs/ itself, without the folders below."""
    return sorted(path for path in DOCS.glob("*.md") if not path.name.endswith(".zh-CN.md"))


def reader_pages() -> list[Path]:
    """Return every page that people read: docs/ and the READMEs."""
    return [*sorted(DOCS.glob("*.md")), PROJECT / "README.md", PROJECT / "README.zh-CN.md"]


def without_blocks(page: str) -> str:
    """Return a page without its code blocks."""
    return _BLOCK.sub("", page)


def blocks(page: str, language: str | None = None) -> list[str]:
    """Return the code blocks of a page, of one language or all."""
    return [text for found, text in _BLOCK.findall(page) if language in (None, found)]


def spans(page: str) -> list[str]:
    """Return what stands in backticks within the text."""
    return [" ".join(text.split()) for text in re.findall(r"(?<!`)`([^`]+)`(?!`)", without_blocks(page))]


def shape(page: str) -> list[str]:
    """Return what a page is made of, one word a part: headings, paragraphs, items of lists, rows of tables, blocks."""
    parts: list[str] = []
    before = ""
    for line in _BLOCK.sub("\n<block>\n", page).splitlines():
        found = re.match(r"#+(?= )|\s*(?:- |\d+\. )|\||<block>|<!--", line)
        if found:
            parts.append({"-": "item", "|": "row"}.get(found[0].strip()[:1], found[0].strip()))
        elif line.strip() and not before.strip():
            parts.append("paragraph")
        before = line
    return ["item" if part[:1].isdigit() else part for part in parts if part != "<!--"]


def anchors(page: str) -> set[str]:
    """Return what may stand behind ``#`` in a link to the page."""
    titles = re.findall(r"^#+ (.+)$", without_blocks(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


def links(page: str) -> list[str]:
    """Return the targets of the links to files."""
    return [link for link in _LINK.findall(without_blocks(page)) if "://" not in link]


def commands(page: str, program: str) -> Iterator[list[str]]:
    """Yield the words after a program's name, wherever a span or a line of a shell block calls it."""
    lines = [line for block in blocks(page, "sh") for line in block.replace("\\\n", " ").splitlines()]
    for line in [*lines, *spans(page)]:
        for match in re.finditer(rf"(?:^|[|;&] *|bin/){program} (?=[a-z-])", line):
            yield list(_words(line[match.end() :]))


def _words(text: str) -> Iterator[str]:
    text = re.sub(r"[\[\]«»]", " ", text)
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    for word in words:
        if word in _STOP or word.startswith(("#", "<", ">", "|")):
            return
        yield word.rstrip(";,:")
