"""The one YAML reader: values with their lines, repeated keys, merged mappings, and what cannot be read."""

from pathlib import Path

import pytest
import yaml

from config.located_yaml import read_yaml
from config.mistakes import MistakesError
from tests.architecture.source_tree import PROJECT_ROOT


def written(folder: Path, text: str) -> Path:
    path = folder / "file.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_values_have_the_line_of_their_key_or_of_the_nearest_key_above(tmp_path: Path) -> None:
    source = read_yaml(written(tmp_path, "a: 1\nb:\n  - x\n  - {c: 2}\n"))
    assert source.values == {"a": 1, "b": ["x", {"c": 2}]}
    places = [
        source.place(key).rpartition(":")[2] for key in (("a",), ("b", 1, "c"), ("b", 1, "no"), ("no",))
    ]
    assert places == ["1", "4", "4", "1"]


def test_a_key_that_stands_twice_is_a_mistake_and_the_rest_is_read(tmp_path: Path) -> None:
    source = read_yaml(written(tmp_path, "a: 1\nb: 2\na: 3\n"))
    (mistake,) = source.mistakes
    assert mistake.place.endswith(":3")
    assert "line 1" in mistake.problem
    assert source.values["b"] == 2


@pytest.mark.parametrize("merged", ["<<: *base", "<<: [*base, *other]"])
def test_a_merged_mapping_fills_what_the_own_keys_leave_open(tmp_path: Path, merged: str) -> None:
    text = f"base: &base {{a: 1, b: 2}}\nother: &other {{b: 7, c: 8}}\nown:\n  {merged}\n  b: 3\n"
    source = read_yaml(written(tmp_path, text))
    assert source.mistakes == ()
    expected = {"a": 1, "b": 3} | ({"c": 8} if "other" in merged else {})
    assert source.values["own"] == expected


def test_of_several_merged_mappings_the_first_counts(tmp_path: Path) -> None:
    source = read_yaml(written(tmp_path, "x: &x {a: 1}\ny: &y {a: 2}\nown: {<<: [*x, *y]}\n"))
    assert source.values["own"] == {"a": 1}


@pytest.mark.parametrize(("text", "line"), [("a: [1\nb: 2\n", 2), ("- a\n", 1)])
def test_what_is_no_mapping_is_refused_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(MistakesError) as caught:
        read_yaml(written(tmp_path, text))
    assert caught.value.mistakes[0].place.endswith(f":{line}")


def test_the_composer_in_c_and_the_one_in_python_read_the_same_with_the_same_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shipped = sorted((PROJECT_ROOT / "config" / "defaults" / "rules").glob("*/ST-*.yaml"))
    assert len(shipped) > 10
    quick = [read_yaml(path) for path in shipped]
    monkeypatch.setattr("config.located_yaml._QUICK_LOADER", yaml.SafeLoader)
    for source, slow in zip(quick, map(read_yaml, shipped), strict=True):
        assert (source.values, source.lines, source.mistakes) == (slow.values, slow.lines, slow.mistakes)
        assert len(source.lines) > 3


def test_references_that_unfold_without_end_are_a_mistake(tmp_path: Path) -> None:
    doubled = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))
    bomb = tmp_path / "bomb.yaml"
    bomb.write_text(f"a0: &a0 [x, x]\n{doubled}\n", encoding="utf-8")
    with pytest.raises(MistakesError, match="unfold"):
        read_yaml(bomb)
    ring = tmp_path / "ring.yaml"
    ring.write_text("a: &a [*a]\n", encoding="utf-8")
    with pytest.raises(MistakesError, match="unfold"):
        read_yaml(ring)


def test_a_reference_used_a_few_times_is_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "plain.yaml"
    path.write_text("base: &base {a: 1, b: 2}\none: {<<: *base, b: 3}\ntwo: *base\n", encoding="utf-8")
    assert read_yaml(path).values["one"] == {"a": 1, "b": 3}
    assert read_yaml(path).values["two"] == {"a": 1, "b": 2}
