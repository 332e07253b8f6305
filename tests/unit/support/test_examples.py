"""Laws are tried on all of their examples unless somebody asks for few, and short ones always."""

import pytest

from tests.support import examples as module
from tests.support.examples import examples


@pytest.mark.parametrize(
    ("few", "asked", "tried"),
    [(False, 600, 600), (False, 5, 5), (True, 600, 150), (True, 40, 10), (True, 12, 8), (True, 5, 5)],
)
def test_a_quarter_of_the_examples_but_never_fewer_than_eight(
    few: bool, asked: int, tried: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FEW", few)
    assert examples(asked) == tried
