"""The table of families: complete, lazy, and the only list."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from collector.decoders.families import FAMILIES, UnknownFamilyError, build_decoder
from collector.devices import device_guess
from tests.support.device_examples import EXAMPLES, Example

FOLDER = Path(device_guess.__file__).parents[1] / "decoders"


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_of_the_table_is_built(family: str) -> None:
    assert build_decoder(family, max_payload_bytes=1000).decode([]).rejections == []


def test_every_decoder_class_is_in_the_table() -> None:
    classes = {
        name
        for path in FOLDER.rglob("*.py")
        for name in re.findall(r"^class (\w+Decoder)\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert classes == {entry.decoder.partition(":")[2].partition(".")[0] for entry in FAMILIES.values()}


def test_an_unknown_family_is_refused_with_those_that_exist() -> None:
    with pytest.raises(UnknownFamilyError, match="zigbee2mqtt"):
        build_decoder("morse", max_payload_bytes=1000)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.family)
def test_the_guess_names_families_of_the_table_only(example: Example) -> None:
    guess = device_guess.guess_device(example.message.topic, example.message.payload)
    assert guess.family in {*FAMILIES, "unknown"}


@pytest.mark.parametrize(
    ("family", "unwanted"),
    [
        ("native", ["google.protobuf", "cbor2", "meterbus", "cryptography", "collector.decoders.envelopes"]),
        ("chirpstack_v4", ["google.protobuf", "cbor2", "meterbus", "cryptography"]),
        ("senml", ["google.protobuf", "meterbus", "cryptography"]),
    ],
)
def test_a_process_loads_only_the_decoders_of_its_routes(family: str, unwanted: list[str]) -> None:
    code = (
        "import sys\nfrom collector.intake import pipeline\nfrom collector.decoders.families import build_decoder\n"
        f"build_decoder({family!r}, max_payload_bytes=1000)\n"
        f"print([name for name in {unwanted!r} if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
