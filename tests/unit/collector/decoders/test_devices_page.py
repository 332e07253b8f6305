"""The page of devices: every example on it decodes, and every family of the registry has one."""

import re

import pytest

from collector.decoders.families import FAMILIES
from tests.support.device_examples import EXAMPLES, PAGE, Example


def test_every_family_has_an_example() -> None:
    assert {example.family for example in EXAMPLES} == set(FAMILIES)


def test_every_family_has_a_row_in_the_table() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set(FAMILIES)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.family)
def test_the_example_decodes_without_a_rejection(example: Example) -> None:
    decoded = example.decoder().decode([example.message])
    assert len(decoded.samples), f"no samples, but {decoded.rejections} {decoded.extras}"
    assert not decoded.rejections


def test_a_family_is_added_in_fewer_than_ten_steps() -> None:
    steps = PAGE.partition("## How to add a payload family")[2].partition("\n## ")[0]
    assert 0 < len(re.findall(r"^\d+\. ", steps, re.MULTILINE)) < 10
