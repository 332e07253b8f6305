"""The operator's pages: whatever they name exists, tables are those of the code, and each page is there in Chinese."""

import re
from collections.abc import Iterator
from enum import EnumType
from pathlib import Path
from typing import Any, get_args

import pytest
from typer.main import get_command

from alerting.judging.signals.registry import FAMILIES
from collector.decoders.families import FAMILIES as PAYLOAD_FAMILIES
from collector.messages.decoded import Reason
from config.settings.reference_page import setting_names
from config.settings.tree import Settings
from runtime.command_line import app
from tests.support.golden import GoldenFiles
from tests.support.operator_tables import COMPUTED, TABLES, point_rows
from tests.support.page_tables import DOCS, MISSING, with_fresh_tables
from tests.support.pages import (
    PROJECT,
    anchors,
    blocks,
    commands,
    english_pages,
    links,
    reader_pages,
    shape,
    spans,
)

FOR_ENGINEERS = frozenset(
    {"devices", "field-faults", "glossary", "reliability", "scoring", "simulator", "testing"}
)
"""Pages in one language: who works on the program reads them."""
PLACEHOLDER = re.compile(r"[A-Z_.\-{},]+[a-z.\[\]{},]*|…|\.\.\.")


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def chinese(path: Path) -> Path:
    return path.with_name(f"{path.stem}.zh-CN.md")


PAIRS = [path for path in english_pages() if path.stem not in FOR_ENGINEERS]


# --- tables ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(TABLES))
def test_the_tables_of_a_page_are_what_the_code_says(name: str, golden: GoldenFiles) -> None:
    path = DOCS / name
    if golden.update:
        path.write_text(with_fresh_tables(text_of(path), TABLES[name]), encoding="utf-8")
    assert text_of(path) == with_fresh_tables(text_of(path), TABLES[name]), "run: ./run golden"
    unwritten = [line for line in text_of(path).splitlines() if f" {MISSING} |" in line]
    assert unwritten == [], f"write what stands in the place of {MISSING} in docs/{name}"


def test_what_people_wrote_into_a_table_is_kept_and_new_rows_ask_for_it() -> None:
    page = "a\n<!-- table x: written by ./run golden -->\n| b | old |\n<!-- end of x -->\nz"
    fresh = with_fresh_tables(page, {"x": lambda kept: f"{kept['b']} {kept.get('c', MISSING)}"})
    assert fresh == "a\n<!-- table x: written by ./run golden -->\n\nold …\n\n<!-- end of x -->\nz"
    with pytest.raises(ValueError, match=r"\['x'\]"):
        with_fresh_tables(page, {})


def test_points_that_signals_are_computed_from_exist() -> None:
    points = {row[1] for row in point_rows()}
    signals = {signal.name for family in FAMILIES for signal in family.signals}
    assert set(COMPUTED) <= points
    assert frozenset().union(*COMPUTED.values()) <= signals


# --- both languages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_a_page_is_there_in_both_languages_with_the_same_parts(path: Path) -> None:
    english, other = text_of(path), text_of(chinese(path))
    assert re.search(r"[\u4e00-\u9fff]", other)
    if path.stem != "README":
        assert f"[中文]({chinese(path).name})" in english
        assert f"[English]({path.name})" in other
    assert blocks(other) == blocks(english)
    assert shape(other) == shape(english)


def test_the_index_names_every_page_and_the_chinese_one_its_chinese_form() -> None:
    english, other = (set(links(text_of(DOCS / name))) for name in ("README.md", "README.zh-CN.md"))
    pages = {path.name for path in english_pages()} - {"README.md"}
    assert pages - english == set()
    assert {
        chinese(DOCS / name).name if chinese(DOCS / name).exists() else name for name in pages
    } - other == set()


def test_chinese_pages_lead_to_chinese_pages() -> None:
    strays = [
        f"{path.name}: {link}"
        for path in DOCS.glob("*.zh-CN.md")
        for link in links(text_of(path))
        if link.endswith(".md")
        and "/" not in link
        and not link.endswith(".zh-CN.md")
        and chinese(DOCS / link).exists()
        and link != path.name.replace(".zh-CN", "")
    ]
    assert strays == []


OTHER_WORDS = {"告警": "报警", "坐席": "客服", "接线员": "客服", "调度员": "值班调度", "本地缓冲": "暂存"}
"""Second words that stood for a word of the glossary."""


def test_chinese_pages_use_the_words_of_the_glossary() -> None:
    glossary = text_of(DOCS / "glossary.md")
    assert [word for word in OTHER_WORDS.values() if f"| {word} |" not in glossary] == []
    pages = [*DOCS.glob("*.zh-CN.md"), PROJECT / "README.zh-CN.md"]
    strays = [(page.name, word) for page in pages for word in OTHER_WORDS if word in text_of(page)]
    assert strays == []


# --- names ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", reader_pages(), ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for link in links(text_of(path)):
        target, _, anchor = link.partition("#")
        found = (path.parent / target) if target else path
        assert found.exists(), link
        if anchor and found.suffix == ".md":
            assert anchor in anchors(text_of(found)), link


def unknown_words(words: list[str]) -> Iterator[str]:
    """Yield what a command line of a page names and the program does not have."""
    command: Any = get_command(app)
    path: list[str] = []
    while words and hasattr(command, "commands") and not words[0].startswith("-"):
        name = words.pop(0)
        if PLACEHOLDER.fullmatch(name):
            return
        found = [command.commands.get(part) for part in name.split("|")]
        path.append(name)
        if None in found:
            yield " ".join(path)
            return
        command = found[0].place.load() if hasattr(found[0], "place") else found[0]
    # The simulator reads its own options; docs/simulator.md is tested beside it.
    if path[:1] != ["simulate"]:
        yield from (f"{' '.join(path)} {option}" for option in unknown_options(command, words))


def unknown_options(command: Any, words: list[str]) -> Iterator[str]:
    options = {option: part for part in command.params for option in part.opts}
    for place, word in enumerate(words):
        option, _, value = word.partition("=")
        if not option.startswith("--") or option == "--help":
            continue
        value = value or next(iter(words[place + 1 :]), "")
        if option not in options:
            yield option
        elif (choices := choices_of(options[option])) and not PLACEHOLDER.fullmatch(value):
            yield from {f"{option} {value}"} - {f"{option} {choice}" for choice in choices}


def choices_of(option: Any) -> set[str]:
    """Return the words that an option takes; none when it takes others."""
    descriptor = getattr(option, "type_descriptor", None)
    annotation = getattr(descriptor, "annotation", None)
    parts = [annotation, *get_args(annotation)]
    return {str(choice.value) for part in parts if isinstance(part, EnumType) for choice in part}


@pytest.mark.parametrize("path", reader_pages(), ids=lambda path: path.name)
def test_commands_and_options_exist(path: Path) -> None:
    found = [list(words) for words in commands(text_of(path), "nuanliu")]
    assert [wrong for words in found for wrong in unknown_words(words)] == []


def test_a_command_an_option_and_a_choice_that_are_not_there_are_found() -> None:
    page = "`nuanliu registry eat FILE` `nuanliu store info --loud` `nuanliu spool replay-rejected --reason bored`"
    wrong = [name for words in commands(page, "nuanliu") for name in unknown_words(words)]
    assert wrong == ["registry eat", "store info --loud", "spool replay-rejected --reason bored"]


SETTINGS = frozenset(name.replace("[]", "") for name in setting_names())
SECTIONS = frozenset(Settings.model_fields)
ENVIRONMENT = re.compile(r"NUANLIU_([A-Z]+)__([A-Z0-9_]+)")


def unknown_settings(page: str) -> list[str]:
    """Return dotted names that look like settings and are none, and names in the environment likewise."""
    wrong = []
    for span in spans(page):
        name = span.partition(":")[0].partition(" ")[0].replace("[]", "")
        looks = re.fullmatch(r"([a-z]+)\.[a-z_.]+", name)
        if not looks or looks[1] not in SECTIONS or re.search(r"\.(ya?ml|py|md|db|log_\w+|csv|json)$", name):
            continue
        if not any(known == name or known.startswith(f"{name}.") for known in SETTINGS | RETIRED | EVENTS):
            wrong.append(name)
    named = ENVIRONMENT.findall(page)
    wrong += [
        f"NUANLIU_{section}__{key}"
        for section, key in named
        if section != "SECTION" and f"{section}.{key.replace('__', '.')}".lower() not in SETTINGS
    ]
    return wrong


EVENTS = frozenset({"collector.not_writing", "collector.device_map_refused"})
"""Log events that look like settings."""
RETIRED = frozenset({"collector.live_limit_s", "policies.file"})
"""Settings of older versions that docs/upgrading.md names."""


@pytest.mark.parametrize("path", reader_pages(), ids=lambda path: path.name)
def test_settings_exist(path: Path) -> None:
    assert unknown_settings(text_of(path)) == []


def test_a_setting_that_is_not_there_is_found() -> None:
    page = "`mqtt.host` `mqtt.hots: 1` `web.secret` `NUANLIU_WEB__SECRET` `NUANLIU_WEB__SECERT`"
    assert unknown_settings(page) == ["mqtt.hots", "NUANLIU_WEB__SECERT"]


def test_events_that_pages_name_are_written_by_the_code() -> None:
    code = "".join(text_of(path) for path in (PROJECT / "collector").rglob("*.py"))
    assert [event for event in EVENTS if f'"{event}"' not in code] == []


SOURCE = re.compile(r"`((?:[a-z_]+/)+[\w.-]+\.(?:py|yaml|yml|conf|md|csv|sh|js))(?:::\w+)?`")
ROOMS = {path.name for path in PROJECT.iterdir() if path.is_dir()}


@pytest.mark.parametrize("path", reader_pages(), ids=lambda path: path.name)
def test_files_of_the_project_exist(path: Path) -> None:
    named = [place for place in SOURCE.findall(text_of(path)) if place.partition("/")[0] in ROOMS]
    assert [place for place in named if not (PROJECT / place).exists()] == []


def test_reasons_of_rejections_exist() -> None:
    known = {str(reason) for reason in Reason}
    said = {
        (path.name, word)
        for path in reader_pages()
        for word in re.findall(r"(?:rejections?|rejected as|以|拒收) `([a-z_]+)`", text_of(path))
    }
    assert said
    assert {entry for entry in said if entry[1] not in known} == set()


def test_the_chinese_page_of_devices_knows_every_family() -> None:
    page = text_of(DOCS / "devices.zh-CN.md")
    assert [name for name in PAYLOAD_FAMILIES if f"| `{name}` |" not in page] == []
