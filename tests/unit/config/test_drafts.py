"""A file is replaced whole or not at all."""

from pathlib import Path

import pytest

from config.drafts import draft_for, write_whole


def test_the_new_content_is_there_and_no_draft_is_left(tmp_path: Path) -> None:
    target = tmp_path / "new" / "a.csv"
    write_whole(target, "一")
    write_whole(target, b"two")
    assert target.read_bytes() == b"two"
    assert list(target.parent.iterdir()) == [target]


def test_an_error_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    write_whole(target, "old")
    with pytest.raises(ZeroDivisionError), draft_for(target) as draft:
        draft.write_text("half")
        _ = 1 / 0
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_the_old_content_stands_until_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    write_whole(target, "old")
    with draft_for(target) as draft:
        draft.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"


def test_a_draft_keeps_the_ending_of_the_name(tmp_path: Path) -> None:
    with draft_for(tmp_path / "rooms.parquet") as draft:
        assert draft.suffix == ".parquet"
        draft.write_bytes(b"x")


def test_a_private_file_is_never_open_to_others(tmp_path: Path) -> None:
    with draft_for(tmp_path / "key", private=True) as draft:
        assert draft.stat().st_mode & 0o077 == 0
        draft.write_text("secret")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_a_draft_of_a_killed_process_is_written_over(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    with draft_for(target) as draft:
        left = draft
        draft.write_text("x")
    left.write_text("left behind")
    write_whole(target, "new")
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]
