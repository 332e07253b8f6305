"""Golden files compare, explain and renew."""

from pathlib import Path

import pytest

from tests.support.golden import GoldenFiles


def test_an_equal_text_passes_and_a_different_one_shows_the_difference(tmp_path: Path) -> None:
    GoldenFiles(folder=tmp_path, update=True).check_text("page/a.txt", "一\n二\n")
    kept = GoldenFiles(folder=tmp_path, update=False)
    kept.check_text("page/a.txt", "一\n二\n")
    with pytest.raises(AssertionError, match="-二\n\\+三"):
        kept.check_text("page/a.txt", "一\n三\n")


def test_a_missing_file_fails_and_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="no golden file"):
        GoldenFiles(folder=tmp_path, update=False).check_json("b.json", {"a": 1})
    assert not (tmp_path / "b.json").exists()


def test_json_is_kept_sorted_and_readable(tmp_path: Path) -> None:
    GoldenFiles(folder=tmp_path, update=True).check_json("c.json", {"乙": 1, "甲": [2]})
    text = (tmp_path / "c.json").read_text(encoding="utf-8")
    assert "甲" in text
    GoldenFiles(folder=tmp_path, update=False).check_json("c.json", {"甲": [2], "乙": 1})
