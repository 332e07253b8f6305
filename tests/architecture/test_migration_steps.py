"""The steps of the records stand in one line: two people who add one at the same time see it before they meet."""

import ast
from pathlib import Path

VERSIONS = Path(__file__).parents[2] / "storage" / "records" / "migrations" / "versions"


def test_every_step_follows_the_one_before_it_and_has_its_number_in_its_name() -> None:
    found: list[tuple[str, str | None]] = []
    for path in sorted(VERSIONS.glob("r*.py")):
        values: dict[str, str | None] = {}
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                assert isinstance(target, ast.Name)
                values[target.id] = node.value.value
        assert path.name.startswith(f"r{values['revision']}_"), path.name
        found.append((str(values["revision"]), values["down_revision"]))
    before = [None, *(revision for revision, _ in found)]
    assert [down for _, down in found] == before[:-1]
