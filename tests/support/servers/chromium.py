"""Chromium of the Debian package, driven by Playwright's synchronous interface, for tests of the pages."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.support.servers.child_process import find_program

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Switches: runs as root in a container, and asks nothing of the outside."""


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """A headless browser, closed at the end.

    Playwright's synchronous interface keeps an event loop of the calling thread open: inside the block, call
    ``asyncio.run`` in another thread only.

    Raises
    ------
    ServerMissing
        When Chromium is not installed.
    """
    program = find_program("chromium", package="chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(program), args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
