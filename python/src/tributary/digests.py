"""Digests, each in the domain of its use, and Merkle trees over them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Values that stand in one leaf.
CHUNK = 4_096
ZERO = bytes(32)


def digest(domain: str, *parts: bytes | memoryview | int) -> bytes:
    """BLAKE2b with the domain as its personalisation. Integers are eight little-endian bytes."""
    found = hashlib.blake2b(digest_size=32, person=domain.encode())
    for part in parts:
        found.update(part.to_bytes(8, "little") if isinstance(part, int) else part)
    return found.digest()


def leaf(data: bytes | memoryview) -> bytes:
    return digest("trib.merkle.leaf", data)


def weights_root(weights: NDArray[np.float32]) -> bytes:
    """The root of the tree over a flat vector's chunks."""
    data = weights.astype("<f4", copy=False).data.cast("B")
    size = 4 * CHUNK
    level = [leaf(data[start : start + size]) for start in range(0, len(data), size)]
    count = len(level)
    while len(level) > 1:
        pairs = [level[index : index + 2] for index in range(0, len(level), 2)]
        level = [_node(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
    return _root(count, level[0] if level else ZERO)


def is_proved(found: bytes, index: int, count: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether a path leads from a leaf's digest at an index to a root, with nothing left over."""
    if index >= count:
        return False
    siblings, width = iter(path), count
    while width > 1:
        if index ^ 1 < width:
            sibling = next(siblings, None)
            if sibling is None:
                return False
            found = _node(sibling, found) if index & 1 else _node(found, sibling)
        index, width = index // 2, (width + 1) // 2
    return next(siblings, None) is None and _root(count, found) == root


def _node(left: bytes, right: bytes) -> bytes:
    return digest("trib.merkle.node", left, right)


def _root(count: int, top: bytes) -> bytes:
    return digest("trib.merkle.root", count, top)
