"""Files of readings come back as they were written, or say that they are broken."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.sample_files import BrokenSampleFileError, read_sample_file, write_sample_file
from heating.points import Measurement
from heating.samples import ObjectRef, Sample, SampleBatch
from tests.support.examples import examples

_ROWS = st.builds(
    Sample,
    ref=st.builds(ObjectRef, st.just(Measurement.ROOM), st.text(min_size=1, max_size=8)),
    point=st.sampled_from(["room_temp_c", "room_humidity_pct"]),
    measured_ms=st.integers(0, 2**43),
    value=st.floats(-50, 50) | st.just(float("nan")),
    quality=st.sampled_from([0, 64, 128]),
    received_ms=st.none() | st.integers(0, 2**43),
)


@settings(max_examples=examples(30), deadline=None)
@given(rows=st.lists(_ROWS, max_size=20))
def test_what_is_written_is_read(rows: list[Sample], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("samples") / "a.npz"
    rows = [
        row._replace(ref=ObjectRef(row.ref.measurement, row.ref.object_id.replace("\0", "x"))) for row in rows
    ]
    batch = SampleBatch.from_samples(rows)
    write_sample_file(path, batch)
    back = read_sample_file(path)
    assert back.objects == batch.objects
    for name in ("object_index", "point", "measured_ms", "received_ms", "value", "quality"):
        np.testing.assert_array_equal(getattr(back, name), getattr(batch, name))
        assert getattr(back, name).dtype == getattr(batch, name).dtype
    assert [file.name for file in path.parent.iterdir()] == ["a.npz"]


def test_a_cut_file_is_named_as_broken(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_sample_file(
        path, SampleBatch.from_samples([Sample(ObjectRef(Measurement.ROOM, "r"), "room_temp_c", 1, 20.0)])
    )
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(BrokenSampleFileError, match=r"a\.npz"):
        read_sample_file(path)


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_sample_file(tmp_path / "none.npz")
