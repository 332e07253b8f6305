"""Lines hold what the batch holds, once."""

import math
import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from influxdb_client import Point, WritePrecision

from heating.points import Measurement
from heating.protocols import RollupBatch, RollupName
from heating.samples import ObjectRef, Sample, SampleBatch
from storage.readings.influxdb.line_protocol import rollup_lines, sample_lines

ROOM = ObjectRef(Measurement.ROOM, "R-1")
T = 1_767_700_800_000

SAMPLES = st.lists(
    st.builds(
        Sample,
        ref=st.sampled_from(
            [ROOM, ObjectRef(Measurement.ROOM, "星河, 5=1"), ObjectRef(Measurement.WEATHER, "R-1")]
        ),
        point=st.just("gateway_online"),
        measured_ms=st.integers(T, T + 3),
        received_ms=st.integers(T, T + 99),
        value=st.floats(allow_infinity=False, allow_nan=False),
        quality=st.sampled_from([0, 64, 129]),
    ),
    max_size=30,
)


def test_one_line_an_object_and_time_with_all_its_points() -> None:
    lines = sample_lines(
        SampleBatch.from_samples(
            [
                Sample(ROOM, "room_temp_c", T, 21.5, 0, T + 9),
                Sample(ROOM, "room_temp_c", T + 1, 22.0, 65),
                Sample(ROOM, "room_humidity_pct", T, 40.0, 0, T + 9),
            ]
        )
    )
    assert lines == [
        f"room,sensor=R-1 room_temp_c=21.5,room_humidity_pct=40.0,received_ms={T + 9}i {T}",
        f"room,sensor=R-1 room_temp_c=22.0,room_temp_c__q=65i,received_ms={T + 1}i {T + 1}",
    ]


def test_a_bad_value_is_never_in_the_field_that_is_averaged_and_a_null_leaves_only_its_quality() -> None:
    bad = [Sample(ROOM, "room_temp_c", T, 327.67, 129), Sample(ROOM, "room_humidity_pct", T, 40.0)]
    assert sample_lines(SampleBatch.from_samples(bad)) == [
        "room,sensor=R-1 room_temp_c__bad=327.67,room_temp_c__bad_q=129i,"
        f"room_humidity_pct=40.0,received_ms={T}i {T}"
    ]
    lines = sample_lines(SampleBatch.from_samples([Sample(ROOM, "room_temp_c", T, math.nan, 131)]))
    assert lines == [f"room,sensor=R-1 room_temp_c__bad_q=131i,received_ms={T}i {T}"]


@given(samples=SAMPLES)
def test_every_first_reading_is_in_exactly_one_line(samples: list[Sample]) -> None:
    first: dict[tuple[ObjectRef, int], Sample] = {}
    for sample in samples:
        first.setdefault((sample.ref, sample.measured_ms), sample)
    lines = sample_lines(SampleBatch.from_samples(samples))
    assert len(lines) == len(first)
    for (ref, at), sample in first.items():
        tag = ref.object_id.replace(",", "\\,").replace("=", "\\=").replace(" ", "\\ ")
        head = f"{ref.measurement.value},{ref.measurement.tag}={tag} "
        (line,) = [line for line in lines if line.startswith(head) and line.endswith(f" {at}")]
        fields = dict(field.split("=") for field in line.removeprefix(head).split(" ")[0].split(","))
        ending = {0: "", 64: "", 129: "__bad"}[sample.quality]
        assert float(fields.pop(f"gateway_online{ending}")) == sample.value
        del fields["received_ms"]
        codes = {0: {}, 64: {"gateway_online__q": "64i"}, 129: {"gateway_online__bad_q": "129i"}}
        assert fields == codes[sample.quality]


def test_the_same_line_as_the_client_would_write() -> None:
    ref = ObjectRef(Measurement.STATION, "a,b=c d")
    batch = SampleBatch.from_samples(
        [
            Sample(ref, "primary_flow_m3_per_h", T, 12.25, 65, T + 5),
            Sample(ref, "door_open", T, 1.0, 0, T + 5),
        ]
    )
    point = Point("station").tag("station", "a,b=c d").time(T, WritePrecision.MS)
    point = point.field("primary_flow_m3_per_h", 12.25).field("primary_flow_m3_per_h__q", 65)
    theirs = point.field("door_open", 1.0).field("received_ms", T + 5).to_line_protocol()
    assert _parts(sample_lines(batch)[0]) == _parts(theirs)


def _parts(line: str) -> tuple[str, dict[str, str], str]:
    head, fields, at = re.split(r"(?<!\\) ", line)
    named = dict(field.split("=") for field in fields.split(","))
    return (
        head,
        {name: value if value.endswith("i") else repr(float(value)) for name, value in named.items()},
        at,
    )


def test_times_far_apart_do_not_overflow_the_order() -> None:
    refs = [ObjectRef(Measurement.ROOM, f"R-{i}") for i in range(30_000)]
    batch = SampleBatch(
        objects=tuple(refs),
        object_index=np.array([29_999, 0, 29_999], np.int32),
        point=SampleBatch.from_samples([Sample(ROOM, "room_temp_c", T, 1.0)] * 3).point,
        measured_ms=np.array([4_102_444_799_999, 0, 0]),
        received_ms=np.array([1, 2, 3]),
        value=np.array([1.0, 2.0, 3.0]),
        quality=np.zeros(3, np.uint8),
    )
    assert [line.split()[-1] for line in sample_lines(batch)] == ["0", "0", "4102444799999"]


def test_rollups_leave_out_what_is_no_number() -> None:
    nan = np.array([np.nan])
    rows = RollupBatch(
        RollupName.COMMUNITY_5M, ("星河",), "room_temp_c", np.array([T]), nan, nan, nan, np.array([0])
    )
    assert rollup_lines(rows) == [f"community_5m,community=星河 room_temp_c_count=0i {T}"]
