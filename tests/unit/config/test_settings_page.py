"""docs/settings.md tells of every setting and is written from the code, and so is the Chinese page but for its meanings."""

import textwrap
from pathlib import Path

import yaml

from config.settings.reference_page import (
    UNWRITTEN,
    render_chinese_page,
    render_settings_page,
    setting_names,
)
from config.settings.tree import Settings
from tests.support.golden import GoldenFiles
from tests.support.pages import blocks, english_pages

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"
CHINESE_PAGE = PAGE.with_name("settings.zh-CN.md")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_every_setting_stands_on_both_pages() -> None:
    for page in (PAGE, CHINESE_PAGE):
        assert [name for name in setting_names() if f"| `{name}` |" not in text_of(page)] == []


def test_the_page_is_what_the_code_says(golden: GoldenFiles) -> None:
    if golden.update:
        PAGE.write_text(render_settings_page(), encoding="utf-8")
    assert text_of(PAGE) == render_settings_page(), "run: ./run golden"


def test_the_chinese_page_is_what_the_code_says_with_meanings_of_its_own(golden: GoldenFiles) -> None:
    if golden.update:
        CHINESE_PAGE.write_text(render_chinese_page(text_of(CHINESE_PAGE)), encoding="utf-8")
    assert text_of(CHINESE_PAGE) == render_chinese_page(text_of(CHINESE_PAGE)), "run: ./run golden"
    unwritten = [line for line in text_of(CHINESE_PAGE).splitlines() if f"| {UNWRITTEN} |" in line]
    assert unwritten == [], f"write the meaning in Chinese in the place of {UNWRITTEN}"


def test_a_setting_that_is_new_asks_for_its_meaning_and_the_others_keep_theirs() -> None:
    page = render_chinese_page("## mqtt\n\n消息代理。\n| `mqtt.host` | a | b | 主机。 |\n")
    assert "\n## mqtt\n\n消息代理。\n" in page
    assert "| `mqtt.host` | 文字 | `127.0.0.1` | 主机。 |" in page
    assert f"| `mqtt.port` | 整数, ≥ 1, ≤ 65535 | `1883` | {UNWRITTEN} |" in page


def test_settings_shown_on_other_pages_are_taken() -> None:
    shown = [
        (page.name, yaml.safe_load(textwrap.dedent(block)))
        for page in english_pages()
        for block in blocks(text_of(page).replace("   ```", "```"), "yaml")
    ]
    settings = [(page, said) for page, said in shown if set(said) <= set(Settings.model_fields)]
    assert {page for page, _ in settings} >= {"certificates.md", "influxdb-1.md", "operations.md", "rules.md"}
    for _, said in settings:
        Settings.model_validate(said)
