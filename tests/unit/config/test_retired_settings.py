"""Keys of earlier versions are accepted with a warning; a key that the product does not read is not offered."""

import re
from pathlib import Path

import pytest

from config.mistakes import Mistake, MistakesError
from config.settings.reading import load_settings
from config.settings.reference_page import setting_names
from config.settings.retired import RETIRED
from tests.architecture.source_tree import PROJECT_ROOT, running_modules

OLD_FILE = """\
collector:
  live_limit_s: 3600
  batch_messages: 100
simulator:
  scenario: league
policies:
  file: gone.yaml
"""


def loaded(path: Path | None, **environment: str) -> list[str]:
    """Warnings of a load."""
    warnings: list[Mistake] = []
    settings = load_settings(path, environment=environment, warn=warnings.append)
    assert settings.collector.batch_messages in (100, 500)
    return [str(warning) for warning in warnings]


def test_a_file_of_an_earlier_version_opens_with_a_warning_for_each_key(tmp_path: Path) -> None:
    path = tmp_path / "nuanliu.yaml"
    path.write_text(OLD_FILE, encoding="utf-8")
    assert loaded(path) == [
        f"{path}:2: «collector.live_limit_s» has not been read since version 0.2.0. Delete the line.",
        f"{path}:7: «policies.file» has not been read since version 0.2.0. Delete the line.",
        f"{path}:5: «simulator.scenario» has not been read since version 0.2.0. Delete the line.",
    ]


def test_a_variable_of_an_earlier_version_is_accepted_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUANLIU_SIMULATOR__SEED", "7")
    assert loaded(None, NUANLIU_SIMULATOR__SEED="7") == [
        "environment NUANLIU_SIMULATOR__SEED: «simulator.seed» has not been read since version 0.2.0. "
        "Remove the variable."
    ]


def test_a_key_that_never_was_is_still_refused(tmp_path: Path) -> None:
    path = tmp_path / "nuanliu.yaml"
    path.write_text("simulator:\n  weather: mild\n", encoding="utf-8")
    with pytest.raises(MistakesError, match=r"There is no setting «simulator\.weather»"):
        load_settings(path, environment={})


def unread(names: list[str], code: str) -> list[str]:
    """Settings whose name stands nowhere in the code as an attribute."""
    last = {name: name.rpartition(".")[2] for name in names}
    return [name for name in names if not re.search(rf"\.{last[name]}\b", code)]


def test_the_product_reads_every_setting() -> None:
    checks = PROJECT_ROOT / "config" / "settings" / "reading.py"  # looks whether named files exist, uses none
    modules = [path for path in running_modules(PROJECT_ROOT) if path != checks]
    code = "\n".join(path.read_text(encoding="utf-8") for path in modules)
    assert unread(setting_names(), code) == []
    assert {f"{section}.{key}" for section, key in RETIRED} & set(setting_names()) == set()


def test_a_setting_that_nothing_reads_is_found() -> None:
    code = "wait(settings.collector.batch_wait_ms)"
    assert unread(["collector.batch_wait_ms", "collector.live_limit_s"], code) == ["collector.live_limit_s"]
