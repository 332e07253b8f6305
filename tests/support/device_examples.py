"""The examples of docs/devices.md, one message each, for tests of every family."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from collector.decoders.families import build_decoder
from collector.decoders.foreign import Hints
from collector.messages.decoded import Decoder
from heating.protocols import RawMessage
from tests.support.decoding import RECEIVED_MS

__all__ = ["EXAMPLES", "PAGE", "Example"]

PAGE = (Path(__file__).parents[2] / "docs" / "devices.md").read_text(encoding="utf-8")
_SECTION = re.compile(r"^### (\w+)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```json\n(.+?)\n```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    """One line of the page."""

    family: str
    line: str

    @property
    def record(self) -> dict[str, object]:
        """The line as an object."""
        found: dict[str, object] = json.loads(self.line)
        return found

    @property
    def hints(self) -> Hints:
        """What the line tells beside the payload."""
        record = self.record
        port, key = record.get("f_port"), record.get("key_hex")
        vendor, codec = record.get("vendor"), record.get("codec")
        return Hints(
            key=bytes.fromhex(str(key)) if key else None,
            f_port=port if isinstance(port, int) else None,
            vendor=str(vendor) if vendor else None,
            codec=str(codec) if codec else None,
        )

    @property
    def message(self) -> RawMessage:
        """The line as a message."""
        record = self.record
        body = record.get("payload")
        payload = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        if "payload_hex" in record:
            payload = bytes.fromhex(str(record["payload_hex"]))
        return RawMessage(str(record["topic"]), payload, RECEIVED_MS)

    def decoder(self, *, max_payload_bytes: int = 65_536) -> Decoder:
        """Return a decoder that knows the hints of the line."""
        return build_decoder(self.family, max_payload_bytes=max_payload_bytes, hints=self.hints)


EXAMPLES = [
    Example(family, line)
    for family, text in _SECTION.findall(PAGE)
    for block in _BLOCK.findall(text)
    for line in block.splitlines()
]
