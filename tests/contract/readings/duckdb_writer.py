"""A process that appends numbered batches to an embedded store and prints each number once it is acknowledged.

Started and killed by ``test_away``: ``duckdb_writer.py FOLDER FIRST``.
"""

import sys
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from heating.points import Measurement
from heating.protocols import AppendMark
from heating.samples import ObjectRef, Sample, SampleBatch
from storage.readings.duckdb.store import DuckDBStore

NOON_MS = 1_767_700_800_000


def main(folder: Path, first: int) -> None:
    """Append for ever; batches before `first` were acknowledged by an earlier process."""
    store = DuckDBStore(folder)
    begin = max(first, (store.last_mark("slot-0") or -1) + 1)
    for number in count(begin):
        rows = [
            Sample(ObjectRef(Measurement.ROOM, f"R-{i}"), "room_temp_c", NOON_MS + number, float(number))
            for i in range(7)
        ]
        store.append(SampleBatch.from_samples(rows), mark=AppendMark("slot-0", number))
        print(number, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
