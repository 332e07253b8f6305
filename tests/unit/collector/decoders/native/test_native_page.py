"""The examples of docs/native.md through the native decoder and the checks behind it, with the example registry."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import pytest

from collector.decoders.native.decoder import NativeDecoder
from collector.messages.decoded import Decoded
from collector.messages.known_objects import KnownObjects
from collector.messages.routes import MAX_ID_LENGTH
from collector.messages.validation import TimeLimits, validate
from config.settings.tree import Settings
from heating.intervals import to_epoch_ms
from heating.points import Measurement
from heating.protocols import RawMessage
from heating.quality import Quality
from storage.registry_files.reading import read_registry
from tests.support.page_tables import DOCS
from tests.support.pages import blocks

PAGE = (DOCS / "native.md").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Line:
    """One message of the page."""

    text: str

    @property
    def reason(self) -> str:
        return str(json.loads(self.text).get("reason", ""))

    def decoded(self) -> Decoded:
        record = json.loads(self.text)
        body = record.get("payload")
        payload = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        if "payload_hex" in record:
            payload = bytes.fromhex(record["payload_hex"])
        message = RawMessage(record["topic"], payload, arrival_ms())
        return validate(NativeDecoder().decode([message]), known=known(), limits=TimeLimits())


@lru_cache(maxsize=1)
def arrival_ms() -> int:
    """Return the arrival that the page speaks of."""
    moment = PAGE.partition("when it arrives at ")[2].partition(" ")[0]
    return to_epoch_ms(datetime.fromisoformat(moment))


@lru_cache(maxsize=1)
def known() -> KnownObjects:
    return KnownObjects.from_site(read_registry(DOCS / "examples" / "registry.csv").site)


LINES = [Line(text) for block in blocks(PAGE, "json") for text in block.splitlines()]
GOOD = [line for line in LINES if not line.reason]
REJECTED = [line for line in LINES if line.reason]


@pytest.mark.parametrize("line", GOOD, ids=lambda line: line.text[:40])
def test_what_the_page_sends_is_stored(line: Line) -> None:
    decoded = line.decoded()
    assert decoded.rejections == []
    assert len(decoded.samples) > 0


@pytest.mark.parametrize("line", REJECTED, ids=lambda line: line.reason)
def test_what_the_page_rejects_is_rejected_for_that_reason_alone(line: Line) -> None:
    assert [rejection.reason.value for rejection in line.decoded().rejections] == [line.reason]


def test_every_kind_of_object_has_a_topic_and_an_example() -> None:
    topics = {json.loads(line.text)["topic"].split("/")[2] for line in GOOD}
    assert topics == {measurement.value for measurement in Measurement}
    assert [kind for kind in Measurement if f"`heat/{{area}}/{kind.value}/{{" not in PAGE] == []


def test_marks_nulls_and_missing_times_have_the_quality_that_the_page_says() -> None:
    marked, untimed = (
        line.decoded() for line in GOOD if '"q"' in line.text or '{"v"' in line.text.partition("payload")[2]
    )
    by_point = {sample.point: sample.quality for sample in marked.samples.to_samples()}
    assert by_point == {
        "secondary_supply_temp_c": Quality.GOOD,
        "secondary_flow_m3_per_h": Quality.BAD,
        "makeup_flow_m3_per_h": Quality.BAD,
    }
    assert [sample.quality for sample in untimed.samples.to_samples()] == [Quality.UNCERTAIN_TIME]


def test_the_limits_of_the_page_are_those_of_the_code() -> None:
    settings = Settings()
    assert f"{settings.mqtt.max_payload_bytes:,} bytes (`mqtt.max_payload_bytes`)" in PAGE
    minutes = settings.collector.future_tolerance_s / 60
    days = settings.collector.late_limit_s / 86_400
    assert f"{minutes:g} minutes ahead (`collector.future_tolerance_s`)" in PAGE.replace("\n", " ")
    assert f"older than {days:g} days (`collector.late_limit_s`)" in PAGE.replace("\n", " ")
    assert f"at most {MAX_ID_LENGTH} characters" in PAGE
