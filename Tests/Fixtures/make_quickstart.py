"""Writes examples/quickstart/data/*.csv.gz from Sources/CDigits/digits.bin: two owners of data who have hardly a digit
in common, a validator and a test with all ten.

Usage, with NumPy installed:  python Tests/Fixtures/make_quickstart.py
"""

import gzip
import pathlib
import struct

import numpy as np

root = pathlib.Path(__file__).resolve().parents[2]
data = (root / "Sources" / "CDigits" / "digits.bin").read_bytes()
count, pixels = struct.unpack("<II", data[8:16])
values = np.frombuffer(data, np.uint8, offset=16)
rows = np.column_stack([values[: count * pixels].reshape(count, pixels), values[count * pixels :]])
rows = np.random.default_rng(1).permutation(rows)
test, validator, rest = rows[:400], rows[400:600], rows[600:]
# One in ten goes to the owner who has few of its digit.
is_first = (rest[:, -1] < 5) ^ (np.arange(len(rest)) % 10 == 0)
parts = {"first": rest[is_first], "second": rest[~is_first], "validator": validator, "test": test}
for name, part in parts.items():
    text = "".join(",".join(map(str, row)) + "\n" for row in part)
    target = root / "examples" / "quickstart" / "data" / f"{name}.csv.gz"
    target.write_bytes(gzip.compress(text.encode(), mtime=0))
