"""The installation page can be followed: every block is shell, is rehearsed, and is the same in both languages."""

import re
import subprocess

import pytest

from runtime.command_line import COMMANDS
from runtime.installing.places import Places
from runtime.installing.texts import ROOMS, unit_name
from tests.architecture.source_tree import PROJECT_ROOT
from tests.reliability.plain_debian.page import PAGE, blocks
from tests.reliability.plain_debian.rehearsal import AGAIN, SERVICES, WITH_NETWORK

BLOCKS = blocks()


@pytest.mark.parametrize("heading", BLOCKS)
def test_a_block_is_shell(heading: str) -> None:
    done = subprocess.run(
        ["sh", "-n"], input=BLOCKS[heading], capture_output=True, text=True, check=False, timeout=10
    )
    assert done.returncode == 0, done.stderr


def test_the_rehearsal_leaves_no_block_out_and_keeps_their_order() -> None:
    rehearsed = dict.fromkeys((*WITH_NETWORK, *SERVICES, *AGAIN))
    assert list(rehearsed) == list(BLOCKS)


def test_both_languages_have_the_same_commands() -> None:
    chinese = blocks(PAGE.with_name("installation.zh-CN.md"))
    assert list(chinese.values()) == list(BLOCKS.values())


def test_commands_of_the_page_exist() -> None:
    named = re.findall(r"^nuanliu ([a-z-]+)", "\n".join(BLOCKS.values()), re.M)
    assert len(named) > 5
    assert set(named) - {place.name for place in COMMANDS} == set()


def test_places_and_units_of_the_page_are_those_of_the_installation() -> None:
    text = PAGE.read_text(encoding="utf-8")
    places = Places()
    for path in (places.current, places.settings, places.state, places.units, places.command):
        assert f"`{path}`" in text
    for room in ROOMS:
        assert f"systemctl enable --now {' '.join(f'nuanliu-{one.name}' for one in ROOMS)}" in text
        assert unit_name(room).removesuffix(".service") in text


def test_files_that_the_page_takes_from_the_source_are_there() -> None:
    named = set(re.findall(r"\bdocs/examples/[\w./-]+", "\n".join(BLOCKS.values())))
    assert named and all((PROJECT_ROOT / name).is_file() for name in named)
