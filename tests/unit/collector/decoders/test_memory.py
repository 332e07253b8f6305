"""The memory of decoders: one file, bounded, written now and then, never a reason to stop."""

from pathlib import Path

import pytest

from collector.decoders import memory as module
from collector.decoders.memory import FILE_NAME, FileDecoderMemory, NoDecoderMemory


def test_what_was_put_comes_back_after_a_restart(tmp_path: Path) -> None:
    memory = FileDecoderMemory(tmp_path)
    memory.put("homie4", "homie/d/n/温度", {"$unit": "°F"})
    memory.put("wmbus", "8400", [["025A", 2]])
    memory.put("wmbus", "8400", [["025E", 2]])
    memory.flush()
    again = FileDecoderMemory(tmp_path)
    assert again.get("homie4", "homie/d/n/温度") == {"$unit": "°F"}
    assert again.get("wmbus", "8400") == [["025E", 2]]
    assert again.get("homie4", "8400") is None
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o077 == 0


def test_it_is_written_at_most_every_few_seconds_and_only_when_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, written = [100.0], []
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    monkeypatch.setattr(module, "write_whole", lambda path, content, private: written.append(content))
    memory = FileDecoderMemory(tmp_path)
    for second, value in ((100.0, 1), (101.0, 2), (104.9, 3), (105.1, 3), (200.0, 3)):
        now[0] = second
        memory.put("homie4", "t", value)
        memory.flush()
    assert len(written) == 2
    memory.put("homie4", "t", 4)
    memory.flush(now=True)
    assert len(written) == 3


def test_it_is_bounded_in_number_and_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ENTRIES", 3)
    monkeypatch.setattr(module, "MAX_BYTES", 40)
    monkeypatch.setattr(module, "MAX_ENTRY_BYTES", 30)
    memory = FileDecoderMemory(tmp_path)
    for number in range(5):
        memory.put("f", str(number), number)
    assert [memory.get("f", str(number)) for number in range(5)] == [None, None, 2, 3, 4]
    memory.put("f", "4", "x" * 31)
    assert memory.get("f", "4") is None, "an old value would be worse than none"
    memory.put("f", "5", "x" * 25)
    memory.put("f", "6", "y" * 25)
    assert memory.get("f", "5") is None and memory.get("f", "6") == "y" * 25


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"{}", b"[[1]]", b"\xff", b'[["f","k"]]'])
def test_a_damaged_file_is_no_reason_to_stop(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    memory = FileDecoderMemory(tmp_path)
    memory.put("f", "k", 1)
    memory.flush(now=True)
    assert FileDecoderMemory(tmp_path).get("f", "k") == 1


def test_a_disk_that_refuses_is_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    folder.write_text("a file where the folder should be")
    memory = FileDecoderMemory(folder)
    memory.put("f", "k", 1)
    memory.flush(now=True)
    folder.unlink()
    memory.flush(now=True)
    assert FileDecoderMemory(folder).get("f", "k") == 1


def test_no_memory_knows_nothing() -> None:
    memory = NoDecoderMemory()
    memory.put("f", "k", 1)
    assert memory.get("f", "k") is None
