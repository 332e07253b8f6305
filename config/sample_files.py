"""Files of readings in bulk: one `SampleBatch` a file, for history that is too much for messages.

What lives here: the pair of writer and reader, so that the simulator (which writes) and the demo (which loads) agree.
What does not: where such files come from and where they go. A file is an uncompressed ``.npz`` without pickled
objects; it appears under its name only when it is complete.
"""

import os
import zipfile
from pathlib import Path

import numpy as np

from heating.errors import HeatingError
from heating.points import POINTS, Measurement
from heating.samples import ObjectRef, SampleBatch

__all__ = ["BrokenSampleFileError", "read_sample_file", "write_sample_file"]

_COLUMNS = ("object_index", "measured_ms", "received_ms", "value", "quality")


class BrokenSampleFileError(HeatingError):
    """A file of readings is cut off, is something else, or names points that this version does not know."""


def write_sample_file(path: Path, batch: SampleBatch) -> None:
    """Write a batch to a file, whole or not at all.

    Parameters
    ----------
    path : Path
        Where; conventionally ``*.npz``. A file that is there is replaced.
    batch : SampleBatch
        The readings. Points are written by name: their numbers hold within one process only.

    Raises
    ------
    OSError
        When the disk refuses; no partial file is left under `path`.
    """
    used, point_index = np.unique(batch.point, return_inverse=True)
    columns = {name: getattr(batch, name) for name in _COLUMNS}
    # Not `config.drafts`: whoever waits for history takes every ``*.npz`` in the folder, and a draft keeps that ending.
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("wb") as file:
            np.savez(
                file,
                allow_pickle=False,
                measurements=np.array([ref.measurement.value for ref in batch.objects], np.str_),
                object_ids=np.array([ref.object_id for ref in batch.objects], np.str_),
                points=np.array([POINTS[number].name for number in used], np.str_),
                point_measurements=np.array([POINTS[number].measurement.value for number in used], np.str_),
                point_index=point_index.astype(np.int16),
                **columns,
            )
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read_sample_file(path: Path) -> SampleBatch:
    """Read a file made by `write_sample_file`.

    Raises
    ------
    BrokenSampleFileError
        When it is no such file or names unknown points.
    FileNotFoundError
        When it is not there.
    """
    numbers = {(point.measurement.value, point.name): number for number, point in enumerate(POINTS)}
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as file:
            points = [
                numbers[str(measurement), str(name)]
                for measurement, name in zip(file["point_measurements"], file["points"], strict=True)
            ]
            objects = tuple(
                ObjectRef(Measurement(str(measurement)), str(object_id))
                for measurement, object_id in zip(file["measurements"], file["object_ids"], strict=True)
            )
            return SampleBatch(
                objects=objects,
                point=np.array(points, np.int16)[file["point_index"]],
                **{name: file[name] for name in _COLUMNS},
            )
    except FileNotFoundError:
        raise
    except (zipfile.BadZipFile, OSError, ValueError, KeyError, EOFError) as error:
        raise BrokenSampleFileError(f"{path}: no file of readings of this version: {error}") from error
