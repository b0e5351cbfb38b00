"""The values of a step, as docs/PACKET.md describes them."""

from __future__ import annotations

import math
import re

import numpy as np
from numpy.typing import NDArray

from .digests import CHUNK
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


class _Bits:
    """A string of bits, one in a byte, so that runs of zeros are found by a search."""

    def __init__(self, data: bytes):
        self._bits = np.unpackbits(np.frombuffer(data, np.uint8)).tobytes().translate(_DIGITS)
        self._at = 0

    def take(self, count: int) -> int:
        end = self._at + count
        if end > len(self._bits):
            raise WireError("a payload breaks off")
        value = int(self._bits[self._at : end], 2) if count else 0
        self._at = end
        return value

    def zeros(self) -> int:
        """Counts zeros up to the next one, and passes over that."""
        end = self._bits.find(b"1", self._at, self._at + CHUNK + 2)
        if end < 0:
            raise WireError("a payload breaks off")
        count = end - self._at
        self._at = end + 1
        return count

    def gamma(self) -> int:
        count = self.zeros()
        if count > 12:
            raise WireError("a payload's number is too large")
        return 1 << count | self.take(count)

    def finish(self) -> None:
        rest = self._bits[self._at :]
        if len(rest) >= 8 or b"1" in rest:
            raise WireError("a payload has something behind its last chunk")


_DIGITS = bytes([ord("0"), ord("1")]) + bytes(range(2, 256))


def _sparse(data: bytes, kept: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    bits = _Bits(data)
    positions: list[int] = []
    values: list[int] = []
    for number, length in enumerate(_lengths(count)):
        used = math.ceil(kept * length / CHUNK) + 1 - bits.gamma()
        if used < 0:
            raise WireError("a chunk keeps more values than its quota")
        if used:
            _sparse_chunk(bits, number * CHUNK, length, used, positions, values)
    bits.finish()
    return np.array(positions, np.int64), np.array(values, np.int64)


def _sparse_chunk(bits: _Bits, start: int, length: int, used: int, positions: list[int], values: list[int]) -> None:
    low_code = bits.take(8)
    high_code = low_code + bits.gamma() - 1
    levels = [_magnitude(low_code), _magnitude(high_code)]
    if levels[0] == 0:
        raise WireError("a kept value is zero")
    modulus = max(1, 710 * length // (1_024 * used))
    width = (modulus - 1).bit_length()
    short = (1 << width) - modulus
    position, seen = start - 1, set()
    for _ in range(used):
        gap = bits.zeros() * modulus
        if width:
            rest = bits.take(width - 1)
            gap += rest if rest < short else (rest << 1 | bits.take(1)) - short
        position += 1 + gap
        if position >= start + length:
            raise WireError("a kept value lies beyond its chunk")
        level = bits.take(1) if high_code > low_code else 0
        seen.add(level)
        positions.append(position)
        values.append(-levels[level] if bits.take(1) else levels[level])
    if high_code > low_code and len(seen) < 2:
        raise WireError("a chunk names a level that it does not use")


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
