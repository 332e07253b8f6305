"""Progress is a bar on a terminal and a line every tenth of the way otherwise."""

from io import StringIO

from simulators.publishing.progress import Progress


class Terminal(StringIO):
    """A text stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


def test_lines_come_every_tenth() -> None:
    out = StringIO()
    progress = Progress(out, "history")
    for second in range(1001):
        progress.show(second, 1000)
    assert out.getvalue().splitlines() == [f"history: {pct} %" for pct in range(10, 101, 10)]


def test_a_terminal_shows_one_bar_that_ends_its_line() -> None:
    out = Terminal()
    progress = Progress(out, "history")
    for second in range(1001):
        progress.show(second, 1000)
    shown = out.getvalue()
    assert shown.count("\n") == 1 and shown.endswith("\n")
    assert shown.split("\r")[-1] == f"history [{'#' * 30}] 100 %\n"
    assert "[###############...............]  50 %" in shown


def test_progress_beyond_its_end_stays_at_its_end() -> None:
    out = StringIO()
    progress = Progress(out, "history")
    progress.show(2000, 1000)
    progress.show(3000, 1000)
    assert out.getvalue() == "history: 100 %\n"
