"""Prints the digest that MergeTests.pythonFindsTheSameMean expects: the integer merge in Python and numpy.

    python3 Tests/Fixtures/make_merge.py
"""

import hashlib

import numpy as np

COUNT = 5_000
CHUNK = 4_096
RATE_Q16 = 45_678


class Generator:
    """Knuth's MMIX generator; draws are the upper 31 bits."""

    def __init__(self):
        self.state = 1

    def draw(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return self.state >> 33


def main():
    generator = Generator()
    sums = np.zeros(COUNT, dtype=np.int64)
    total = 0
    for update in range(5):
        scale = (8 + update) << 6
        values = [
            127 * scale if index % CHUNK == 0 else (generator.draw() % 255 - 127) * scale
            for index in range(COUNT)
        ]
        weight = generator.draw() % 65536
        sums += weight * np.array(values, dtype=np.int64)
        total += weight
    reciprocal = ((RATE_Q16 << 44) + total // 2) // total
    bound = 2**30 - 1
    mean = [min(max((int(value) * reciprocal + 2**59) >> 60, -bound), bound) for value in sums]
    data = np.array(mean, dtype="<i4").tobytes()
    print(hashlib.blake2b(data, digest_size=32, person=b"trib.merkle.leaf").hexdigest())


if __name__ == "__main__":
    main()
