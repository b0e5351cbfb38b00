"""What happens to files."""

import pathlib
import random

# Changed bytes in each stretch of this length, so that no page of a database is left whole.
STRETCH_BYTES = 512


def flip(path: pathlib.Path, start=0, seed=7):
    """Changes a bit in every stretch of a file from a place on."""
    data, chance = bytearray(path.read_bytes()), random.Random(seed)
    assert len(data) > start
    for start in range(start, len(data), STRETCH_BYTES):
        place = min(start + chance.randrange(STRETCH_BYTES), len(data) - 1)
        data[place] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
