"""Help follows ``LANG``: every command and option has a Chinese text, and what one types is the same in both."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from runtime.command_line import COMMANDS, app
from runtime.commands import terminal
from runtime.commands.chinese import HELP, MESSAGES
from runtime.commands.language import in_language, in_words, paragraphs, speaks_chinese

TYPED = re.compile(
    r"``[^`]+``|--[a-z][a-z0-9-]+|\b[A-Z]{2,}_[A-Z_]+|HOST:PORT|\{[^}]+\}|\.[a-z]{2,5}\b|[a-z]+:[a-z]+[0-9]*"
)
HAN = re.compile(r"[一-鿿]")
SAME_IN_BOTH = {"smoke, city or league.", "debug, info, warning or error."}
"""Words that are typed, and nothing else."""


@pytest.fixture(autouse=True)
def no_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without a language of the shell that runs the tests."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


def texts_of(command: Any) -> Iterator[str]:
    """Yield the help of a command, its parameters and the commands below it."""
    yield from paragraphs(command.help or "")
    for parameter in command.params:
        if text := getattr(parameter, "help", None):
            yield from paragraphs(text)
    for below in getattr(command, "commands", {}).values():
        yield from texts_of(below)


def every_text() -> set[str]:
    """Every paragraph of help there is."""
    found = set(texts_of(get_command(app)))
    for place in COMMANDS:
        found |= set(texts_of(place.load()))
    return found - {""}


def test_every_help_has_a_chinese_text_and_none_is_left_over() -> None:
    assert every_text() == set(HELP)


@pytest.mark.parametrize("text", sorted(set(HELP) - SAME_IN_BOTH))
def test_chinese_is_chinese_and_names_the_same_options_and_placeholders(text: str) -> None:
    chinese = HELP[text]
    assert HAN.search(chinese)
    assert sorted(TYPED.findall(chinese)) == sorted(TYPED.findall(text))


@pytest.mark.parametrize(
    ("variables", "chinese"),
    [
        ({"LANG": "zh_CN.UTF-8"}, True),
        ({"LANG": "zh"}, True),
        ({"LANG": "en_US.UTF-8"}, False),
        ({"LANG": "C"}, False),
        ({}, False),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, False),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_CN", "LANG": "en"}, True),
    ],
)
def test_the_variables_count_in_the_order_of_posix(variables: dict[str, str], chinese: bool) -> None:
    assert speaks_chinese(variables) is chinese


@pytest.mark.parametrize(
    ("arguments", "english", "chinese"),
    [
        (["--help"], "Run the dashboard alone.", "只运行看板。"),
        (["erase", "household", "--help"], "Only count; change nothing.", "只计数，不改动。"),
        (["token", "--help"], "End a token at once.", "立即使令牌失效。"),
    ],
)
def test_a_person_reads_help_in_the_language_of_the_shell(
    arguments: list[str], english: str, chinese: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = {}
    for language in ("zh_CN.UTF-8", "en_US.UTF-8"):
        monkeypatch.setenv("LANG", language)  # before the runner builds the commands, as a shell does
        shown[language] = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"}).stdout
    assert chinese in shown["zh_CN.UTF-8"] and english not in shown["zh_CN.UTF-8"]
    assert english in shown["en_US.UTF-8"] and not HAN.search(shown["en_US.UTF-8"].replace("暖流", ""))


def test_a_text_without_chinese_stays_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert in_language("No such text.\n\nAlert rules.") == "No such text.\n\n报警规则。"


def messages_said() -> set[str]:
    """Every constant text that a module of commands gives to ``say`` or ``complain``."""
    found: set[str] = set()
    for path in Path(terminal.__file__).parent.glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.args):
                continue
            if call.func.id in ("say", "complain"):
                first = call.args[0]
                choices = (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,)
                found |= {str(one.value) for one in choices if isinstance(one, ast.Constant)}
    return found


def test_every_message_has_a_chinese_text_and_none_is_left_over() -> None:
    assert messages_said() == set(MESSAGES)


@pytest.mark.parametrize("text", sorted(MESSAGES))
def test_a_chinese_message_has_the_same_placeholders_and_options(text: str) -> None:
    chinese = MESSAGES[text]
    fields = [sorted(name for _, name, _, _ in Formatter().parse(one) if name) for one in (text, chinese)]
    assert fields[0] == fields[1]
    options = [sorted(re.findall(r"--[a-z-]+", one)) for one in (text, chinese)]
    assert options[0] == options[1]
    assert HAN.search(chinese) or text == "{label}: {done} of {total}"


def test_a_message_is_filled_in_in_either_language(monkeypatch: pytest.MonkeyPatch) -> None:
    assert in_words("added: {name}", {"name": "wang"}) == "added: wang"
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert in_words("added: {name}", {"name": "{wang}"}) == "已新增：{wang}"
    assert in_words('{"a": 1}', {}) == '{"a": 1}'


def test_a_command_answers_in_chinese(nuanliu: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert nuanliu.says("check-config")[-1] == "配置和规则无误"
    assert nuanliu.fails("rooms", "forget", "nobody", code=1).strip() == "进程 'nobody' 从未报过活动"
