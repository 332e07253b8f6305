"""The map (ARCHITECTURE.md) and the tree agree, and the tree depends on no one machine."""

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.architecture.source_tree import PROJECT_ROOT, SKIPPED_FOLDERS, expect_none, files, relative, rooms

OWN_DISTRIBUTION = "nuanliu"

PATH_IN_TEXT = re.compile(r"`((?:\.?[\w-]+/)+[\w.-]*|[\w.-]+\.(?:md|toml|lock|py|yaml))`")
"""What reads as a path in the map: in backticks, with a slash or a known ending."""

MACHINE_PATH = re.compile(r"(?<![\w.\-/])/(?:root|Users|work/main|work/shared|home/[\w-]+)/[\w.]")
"""An absolute path of one person's machine."""

TEXT_SUFFIXES = (
    ".py",
    ".md",
    ".toml",
    ".yaml",
    ".yml",
    ".json",
    ".html",
    ".js",
    ".css",
    ".sh",
    ".conf",
    ".lock",
    "",
)


def paths_that_do_not_exist(root: Path) -> Iterator[str]:
    """Paths named in the map that are not in the tree."""
    for place in PATH_IN_TEXT.findall((root / "ARCHITECTURE.md").read_text(encoding="utf-8")):
        if not (root / place).exists():
            yield place


def folders_off_the_map(root: Path) -> Iterator[str]:
    """Top-level folders that the map does not name."""
    named = {
        place.partition("/")[0]
        for place in PATH_IN_TEXT.findall((root / "ARCHITECTURE.md").read_text(encoding="utf-8"))
        if "/" in place
    }
    for entry in sorted(root.iterdir()):
        hidden = entry.name.startswith(".") and entry.name != ".ci"
        kept = entry.is_dir() and not hidden and entry.name not in SKIPPED_FOLDERS
        if kept and not entry.name.endswith(".egg-info") and entry.name not in named:
            yield entry.name


def machine_paths(root: Path) -> Iterator[str]:
    """Lines of text files that name a folder of one machine."""
    gate = [
        path
        for path in sorted([*root.glob(".ci/*"), *root.glob(".pre-commit*"), root / ".gitignore"])
        if path.is_file()
    ]
    for path in [*files(root, *TEXT_SUFFIXES), *gate]:
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1
        ):
            if MACHINE_PATH.search(line):
                yield f"{relative(path, root)}:{number}"


def names_taken_by_others(names: list[str], providers: Mapping[str, list[str]]) -> Iterator[str]:
    """Top-level names of ours that another installed distribution provides too."""
    for name in names:
        for distribution in providers.get(name, []):
            if distribution != OWN_DISTRIBUTION:
                yield f"{distribution} provides {name}"


def made_up_map(root: Path, text: str) -> Path:
    """A tree with a map of that text."""
    (root / "ARCHITECTURE.md").write_text(text, encoding="utf-8")
    return root


def test_every_path_on_the_map_exists() -> None:
    expect_none(paths_that_do_not_exist(PROJECT_ROOT))


def test_every_top_level_folder_is_on_the_map() -> None:
    expect_none(folders_off_the_map(PROJECT_ROOT))


def test_the_map_names_every_room() -> None:
    text = (PROJECT_ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert [room for room in rooms(PROJECT_ROOT) if f"`{room}/`" not in text] == []


def test_no_file_depends_on_one_machine() -> None:
    expect_none(machine_paths(PROJECT_ROOT))


def test_no_other_distribution_provides_a_package_of_ours() -> None:
    ours = [*rooms(PROJECT_ROOT), "tests", "benchmarks"]
    expect_none(names_taken_by_others(ours, packages_distributions()))


def test_a_path_that_left_the_tree_is_found(tmp_path: Path) -> None:
    (tmp_path / "heating").mkdir()
    made_up_map(tmp_path, "Words in `heating/`, `heating/gone.py` and `README.md`; `SampleBatch` is no path.")
    assert list(paths_that_do_not_exist(tmp_path)) == ["heating/gone.py", "README.md"]


def test_a_folder_off_the_map_is_found(tmp_path: Path) -> None:
    for name in ("heating", "gateway", ".git", ".ci", "__pycache__"):
        (tmp_path / name).mkdir()
    made_up_map(tmp_path, "Only `heating/points.py` is here.")
    assert list(folders_off_the_map(tmp_path)) == [".ci", "gateway"]


def test_a_machine_path_is_found_and_a_route_is_not(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("see " + "/home" + "/somebody/nuanliu\n")
    (tmp_path / "routes.py").write_text("PATH = '/my/home/trend'\nSEED = '/work/orders'\n")
    assert list(machine_paths(tmp_path)) == ["notes.md:1"]


def test_a_name_taken_by_another_distribution_is_found() -> None:
    providers = {"config": ["nuanliu", "config"], "heating": ["nuanliu"]}
    assert list(names_taken_by_others(["heating", "config"], providers)) == ["config provides config"]
