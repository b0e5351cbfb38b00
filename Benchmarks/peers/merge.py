"""The integer merge by numpy: adds decoded updates up, and prints the median time and a checksum as JSON.

Usage: merge.py FOLDER PARAMETERS, where FOLDER holds counts.u32, weights.u32, indices.u32 and values.i32.
"""

import json
import pathlib
import statistics
import sys
import time

import numpy as np

RUNS = 5


def merge(updates, sums):
    """Adds weight * values at indices. Indices of one update differ, so plain indexing adds each one once; it is
    faster than numpy.add.at."""
    for weight, indices, values in updates:
        sums[indices] += values * weight


def main():
    folder, parameters = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    counts, weights, indices = (
        np.fromfile(folder / f"{name}.u32", np.uint32).astype(np.int64)
        for name in ("counts", "weights", "indices")
    )
    values = np.fromfile(folder / "values.i32", np.int32).astype(np.int64)
    bounds = np.cumsum(counts)[:-1]
    updates = list(zip(weights, np.split(indices, bounds), np.split(values, bounds)))

    sums = np.zeros(parameters, np.int64)
    merge(updates, sums)
    places = np.arange(1, parameters + 1, dtype=np.uint64)
    checksum = int(np.sum(sums.view(np.uint64) * places, dtype=np.uint64))

    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        merge(updates, sums)
        times.append(time.perf_counter() - start)
    print(json.dumps({"seconds": statistics.median(times), "checksum": checksum}))


if __name__ == "__main__":
    main()
