"""Payloads as docs/PACKET.md describes them, decoded with numpy. Written from that page, not from the Swift sources."""

import math

import numpy as np

CHUNK = 4_096


class Bits:
    """A string of bits, the first in the highest place of the first byte."""

    def __init__(self, data: bytes):
        self.bits = np.unpackbits(np.frombuffer(data, np.uint8))
        self.at = 0

    def take(self, count: int) -> int:
        assert self.at + count <= len(self.bits), "truncated"
        value = 0
        for bit in self.bits[self.at : self.at + count]:
            value = value << 1 | int(bit)
        self.at += count
        return value

    def zeros(self) -> int:
        """Counts zeros up to the next one, and passes over that."""
        count = 0
        while self.take(1) == 0:
            count += 1
        return count

    def gamma(self) -> int:
        count = self.zeros()
        return 1 << count | self.take(count)

    def golomb(self, modulus: int) -> int:
        quotient = self.zeros()
        width = (modulus - 1).bit_length()
        short = (1 << width) - modulus
        rest = self.take(width - 1) if width > 0 else 0
        if width > 0 and rest >= short:
            rest = (rest << 1 | self.take(1)) - short
        return quotient * modulus + rest

    def end(self):
        rest = self.bits[self.at :]
        assert len(rest) < 8 and not rest.any(), "padding"


def magnitude(code: int) -> int:
    exponent, mantissa = code >> 3, code & 7
    assert exponent <= 27
    return mantissa if exponent == 0 else (8 + mantissa) << (exponent - 1)


def chunk_lengths(count: int) -> list[int]:
    return [min(CHUNK, count - start) for start in range(0, count, CHUNK)]


def decode_sparse(data: bytes, kept: int, count: int) -> np.ndarray:
    bits = Bits(data)
    values = np.zeros(count, np.int64)
    for number, length in enumerate(chunk_lengths(count)):
        quota = math.ceil(kept * length / CHUNK)
        used = quota + 1 - bits.gamma()
        if used == 0:
            continue
        low_code = bits.take(8)
        high_code = low_code + bits.gamma() - 1
        low, high = magnitude(low_code), magnitude(high_code)
        modulus = max(1, 710 * length // (1_024 * used))
        position = -1
        for _ in range(used):
            position += 1 + bits.golomb(modulus)
            assert position < length
            level = high if high > low and bits.take(1) else low
            values[number * CHUNK + position] = -level if bits.take(1) else level
    bits.end()
    return values


def decode_dense(data: bytes, width: int, count: int) -> np.ndarray:
    values, at = [], 0
    for length in chunk_lengths(count):
        scale = magnitude(data[at])
        at += 1
        if scale == 0:
            values.append(np.zeros(length, np.int64))
            continue
        size = length if width == 8 else (length + 1) // 2
        codes = np.frombuffer(data[at : at + size], np.int8).astype(np.int64)
        if width == 4:
            raw = codes & 0xFF
            nibbles = np.stack([raw >> 4, raw & 15], axis=1).ravel()[:length]
            codes = np.where(nibbles > 7, nibbles - 16, nibbles)
        at += size
        values.append(codes * scale)
    assert at == len(data)
    return np.concatenate(values)


def decode(data: bytes, form: str, count: int) -> np.ndarray:
    """The values of a payload in quanta of 2^-26."""
    if form.startswith("sparse:"):
        return decode_sparse(data, int(form.removeprefix("sparse:")), count)
    return decode_dense(data, {"dense8": 8, "dense4": 4}[form], count)
