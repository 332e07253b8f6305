"""The page of devices: every example on it decodes, and every family of the registry has one."""

import json
import re
from pathlib import Path

import pytest

from collector.decoders.foreign import Hints
from collector.decoders.registry import DECODERS, build_decoder
from heating.protocols import RawMessage
from tests.support.decoding import RECEIVED_MS

PAGE = (Path(__file__).parents[3] / "docs" / "devices.md").read_text(encoding="utf-8")
SECTION = re.compile(r"^### (\w+)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"^```json\n(.+?)\n```$", re.MULTILINE | re.DOTALL)
EXAMPLES = [
    (family, line)
    for family, text in SECTION.findall(PAGE)
    for block in EXAMPLE.findall(text)
    for line in block.splitlines()
]


def test_every_family_has_an_example() -> None:
    assert {family for family, _line in EXAMPLES} == set(DECODERS)


def test_every_family_has_a_row_in_the_table() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set(DECODERS)


@pytest.mark.parametrize(("family", "line"), EXAMPLES)
def test_the_example_decodes_without_a_rejection(family: str, line: str) -> None:
    record = json.loads(line)
    hints = Hints(
        key=bytes.fromhex(record["key_hex"]) if "key_hex" in record else None,
        f_port=record.get("f_port"),
        vendor=record.get("vendor"),
        codec=record.get("codec"),
    )
    body = record.get("payload")
    payload = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    if "payload_hex" in record:
        payload = bytes.fromhex(record["payload_hex"])
    decoder = build_decoder(family, max_payload_bytes=65_536, hints=hints)
    decoded = decoder.decode([RawMessage(record["topic"], payload, RECEIVED_MS)])
    assert len(decoded.samples), f"no samples, but {decoded.rejections} {decoded.extras}"
    assert not decoded.rejections
    assert 0 < len(re.findall(r"^\d+\. ", PAGE, re.MULTILINE)) < 10, "fewer than ten steps to add a family"
