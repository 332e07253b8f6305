"""Golden files: expected texts kept under ``tests/golden`` and renewed by ``./run golden``."""

import difflib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class GoldenFiles:
    """Compares results with the kept files, or renews the files when ``update`` is set."""

    folder: Path
    update: bool

    def check_text(self, name: str, actual: str) -> None:
        """Compare a text with the file ``name``.

        Raises
        ------
        AssertionError
            When the file is missing or differs; the message is a unified diff.
        """
        path = self.folder / name
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(actual, encoding="utf-8")
            return
        if not path.exists():
            raise AssertionError(f"no golden file {name}; look at the result and run ./run golden:\n{actual}")
        expected = path.read_text(encoding="utf-8")
        if actual != expected:
            lines = difflib.unified_diff(
                expected.splitlines(keepends=True),
                actual.splitlines(keepends=True),
                f"golden/{name}",
                "actual",
            )
            raise AssertionError(f"{name} differs (./run golden renews it):\n{''.join(lines)}")

    def check_json(self, name: str, actual: Any) -> None:
        """Compare a value with the file ``name`` as indented JSON with sorted keys."""
        self.check_text(name, json.dumps(actual, ensure_ascii=False, indent=2, sort_keys=True) + "\n")
