"""The values of a step, as docs/PACKET.md describes them."""

from __future__ import annotations

import math
import re

import numpy as np
from numpy.typing import NDArray

from .digests import CHUNK
from .entropy import Model, Reader
from .errors import WireError

_BOUND = (1 << 30) - 1
_GREATEST_CODE = 223


def apply(form: str, payload: bytes, weights: NDArray[np.float32]) -> None:
    """Adds a payload's values to the weights, as every follower does. Raises WireError."""
    match = re.fullmatch(r"sparse:([1-9][0-9]{0,3})", form)
    if match and int(match[1]) <= CHUNK:
        positions, values = _sparse(payload, int(match[1]), len(weights))
    elif form in ("dense8", "dense4"):
        values = _dense(payload, int(form[-1]), len(weights))
        positions = np.flatnonzero(values)
        values = values[positions]
    else:
        raise WireError(f"there is no form {form!r} of payloads")
    weights[positions] += values.astype(np.float32) * np.float32(2**-26)


def _lengths(count: int) -> list[int]:
    return [min(CHUNK, count - start) for start in range(0, count, CHUNK)]


def _magnitude(code: int) -> int:
    if code > _GREATEST_CODE:
        raise WireError(f"a magnitude's code is {code}")
    return code & 7 if code < 8 else (8 + (code & 7)) << ((code >> 3) - 1)


_MAGNITUDES = [_magnitude(code) for code in range(_GREATEST_CODE + 1)]


class _Sparse:
    """What is learnt and remembered from chunk to chunk."""

    def __init__(self, data: bytes):
        self.reader = Reader(data)
        self.positions: list[int] = []
        self.values: list[int] = []
        self._counts, self._changes, self._spreads = Model(), Model(), Model()
        self._gaps = [Model() for _ in range(3)]
        self._tags = [Model(4) for _ in range(16)]
        self._gap_class, self._history, self._low_code = 2, 0, 0

    def chunk(self, start: int, length: int, quota: int) -> None:
        missing = self.reader.number(self._counts)
        if missing > quota:
            raise WireError("a chunk keeps more values than its quota")
        kept = quota if missing == 0 else 0 if missing == 1 else quota + 1 - missing
        if kept:
            self._kept(start, length, kept, *self._levels())

    def _levels(self) -> tuple[int, int]:
        change = self.reader.number(self._changes)
        self._low_code += change >> 1 ^ -(change & 1)
        high_code = self._low_code + self.reader.number(self._spreads)
        if self._low_code < 1:
            raise WireError("a kept value is zero")
        return _magnitude(self._low_code), _magnitude(high_code)

    def _kept(self, start: int, length: int, count: int, low: int, high: int) -> None:
        position, seen = start - 1, set()
        for _ in range(count):
            gap = self.reader.number(self._gaps[self._gap_class])
            tag = self.reader.tag(self._tags[self._history])
            self._gap_class = 0 if gap <= 2 else 1 if gap <= 30 else 2
            self._history = (tag & 2) << 2 | (self._history & 3) << 1 | tag & 1
            position += 1 + gap
            if position >= start + length:
                raise WireError("a kept value lies beyond its chunk")
            seen.add(tag >> 1)
            magnitude = high if tag & 2 else low
            self.positions.append(position)
            self.values.append(-magnitude if tag & 1 else magnitude)
        if seen != ({0, 1} if low < high else {0}):
            raise WireError("a chunk names a level that it does not use, or uses one that it does not name")


def _sparse(data: bytes, kept: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    sparse, lengths = _Sparse(data), _lengths(count)
    for number, length in enumerate(lengths):
        sparse.chunk(number * CHUNK, length, math.ceil(kept * length / CHUNK))
    # Shorter payloads would cost more work than bytes.
    sparse.reader.finish(math.ceil((len(lengths) + len(sparse.values)) / 8))
    return np.array(sparse.positions, np.int64), np.array(sparse.values, np.int64)


def _dense(data: bytes, width: int, count: int) -> NDArray[np.int64]:
    values = np.zeros(count, np.int64)
    at, start = 0, 0
    for length in _lengths(count):
        if at >= len(data):
            raise WireError("a payload breaks off")
        scale, size = _magnitude(data[at]), math.ceil(length * width / 8)
        at += 1
        if scale:
            codes = _codes(data[at : at + size], width, length)
            at += size
            values[start : start + length] = _scaled(codes, scale, width)
        start += length
    if at != len(data):
        raise WireError("a payload has something behind its last chunk")
    return values


def _codes(data: bytes, width: int, length: int) -> NDArray[np.int64]:
    if len(data) != math.ceil(length * width / 8):
        raise WireError("a payload breaks off")
    codes = np.frombuffer(data, np.int8).astype(np.int64)
    if width == 4:
        codes = np.stack([codes >> 4, (codes & 15 ^ 8) - 8], axis=1).ravel()
        if codes[length:].any():
            raise WireError("a payload's padding is not zero")
    return codes[:length]


def _scaled(codes: NDArray[np.int64], scale: int, width: int) -> NDArray[np.int64]:
    """The codes' values, if the scale is the greatest magnitude that divides them all."""
    greatest, divisor = int(np.abs(codes).max()), int(np.gcd.reduce(codes))
    if not 0 < greatest <= (1 << (width - 1)) - 1 or greatest * scale > _BOUND:
        raise WireError("a payload's codes are out of range")
    if any(divisor * scale % greater == 0 for greater in _MAGNITUDES if greater > scale):
        raise WireError("a payload's scale is not the greatest")
    return codes * scale
