"""docs/settings.md tells of every setting and is written from the code."""

from pathlib import Path

from config.settings.reference_page import render_settings_page, setting_names
from tests.support.golden import GoldenFiles

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"


def test_every_setting_stands_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in setting_names() if f"| `{name}` |" not in page] == []


def test_the_page_is_what_the_code_says(golden: GoldenFiles) -> None:
    if golden.update:
        PAGE.write_text(render_settings_page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == render_settings_page(), "run: ./run golden"
