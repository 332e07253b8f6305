"""Only one module reads the wall clock; everything else is told what time it is."""

from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source_tree import PROJECT_ROOT, dotted_uses, expect_none, relative, running_modules

CLOCK_MODULE = "heating/clock.py"

WALL_CLOCKS = frozenset(
    {
        "time.time",
        "time.time_ns",
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "datetime.date.today",
    }
)

DURATION_CLOCKS = frozenset(
    {"time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.perf_counter_ns", "time.process_time"}
)

ROOMS_THAT_MEASURE = {
    "storage": "time-outs and duration of statements",
    "collector": "back-off, batching windows and keep-alive of the connection",
    "alerting": "duration of a rule pass and back-off of deliveries",
    "dashboard": "duration of requests and heartbeats of open streams",
    "simulators": "pace of the virtual clock against the real one",
    "runtime": "supervision, start-up and shut-down deadlines",
}
"""Rooms that may measure durations, and why; the domain and the configuration may not."""


def clock_reads(root: Path) -> Iterator[str]:
    """Reads of a clock where none may be read."""
    for path in running_modules(root):
        place = relative(path, root)
        if place == CLOCK_MODULE:
            continue
        for line, name in dotted_uses(path):
            forbidden_duration = name in DURATION_CLOCKS and place.partition("/")[0] not in ROOMS_THAT_MEASURE
            if name in WALL_CLOCKS or forbidden_duration:
                yield f"{place}:{line} reads {name}"


def test_only_the_clock_module_reads_the_wall_clock() -> None:
    expect_none(clock_reads(PROJECT_ROOT))


def test_the_clock_module_exists() -> None:
    assert (PROJECT_ROOT / CLOCK_MODULE).is_file()


def test_every_way_to_read_the_wall_clock_is_found(tmp_path: Path) -> None:
    ways = [
        "import time\nnow = time.time()\n",
        "import time as t\nnow = t.time_ns()\n",
        "from time import time\nfield = dict(default_factory=time)\n",
        "from datetime import UTC, datetime\nnow = datetime.now(UTC)\n",
        "import datetime as dt\nnow = dt.datetime.utcnow()\n",
        "from datetime import date as day\nnow = day.today()\n",
    ]
    for number, text in enumerate(ways):
        path = tmp_path / "collector" / f"way_{number}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert len(list(clock_reads(tmp_path))) == len(ways)


def test_measuring_a_duration_is_allowed_by_room(tmp_path: Path) -> None:
    for room in ("collector", "heating"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "pace.py").write_text("import time\nbegun_s = time.monotonic()\n")
    (tmp_path / "heating" / "clock.py").write_text("import time\nnow_s = time.time()\n")
    assert list(clock_reads(tmp_path)) == ["heating/pace.py:2 reads time.monotonic"]
