"""Payloads as docs/PACKET.md describes them, decoded with numpy. Written from that page, not from the Swift sources."""

import hashlib
import math

import numpy as np

CHUNK = 4_096


class Model:
    """The probabilities of n symbols: symbol s has the numbers from bounds[s] to bounds[s + 1] of 2^15."""

    def __init__(self, count: int):
        self.count = count
        self.bounds = [(1 << 15) * i // count for i in range(count + 1)]
        self.seen = 0

    def learn(self, symbol: int):
        shift = min(max(self.seen.bit_length(), 3), 8)
        for i in range(1, self.count):
            target = 8 * i if i <= symbol else (1 << 15) - 8 * (self.count - i)
            self.bounds[i] += (target - self.bounds[i]) >> shift
        self.seen = min(self.seen + 1, 128)


class Models:
    """All that is learnt in a payload, and what is remembered from value to value."""

    def __init__(self):
        self.count, self.low_change, self.spread = Model(13), Model(13), Model(13)
        self.gaps = [Model(13) for _ in range(3)]
        self.tags = [Model(4) for _ in range(16)]
        self.gap_class, self.history, self.low_code = 2, 0, 0

    def remember(self, gap: int, tag: int):
        self.gap_class = 0 if gap <= 2 else 1 if gap <= 30 else 2
        self.history = (tag & 2) << 2 | (self.history & 3) << 1 | tag & 1


LEAST_STATE = 1 << 31


class Decoder:
    """Two states of an asymmetric numeral system, numbers' and tags', over one string of bytes."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 16
        self.states = [int.from_bytes(data[:8], "big"), int.from_bytes(data[8:16], "big")]
        assert all(LEAST_STATE <= state < LEAST_STATE << 32 for state in self.states), "state"

    def symbol(self, model: Model, lane: int, tails: bool = False) -> tuple[int, int]:
        state = self.states[lane]
        slot = state & 0x7FFF
        symbol = max(s for s in range(model.count) if model.bounds[s] <= slot)
        low, high = model.bounds[symbol], model.bounds[symbol + 1]
        state = (high - low) * (state >> 15) + slot - low
        count = symbol if tails else 0
        tail = state & (1 << count) - 1
        state >>= count
        if state < LEAST_STATE:
            assert self.at + 4 <= len(self.data), "truncated"
            state = state << 32 | int.from_bytes(self.data[self.at : self.at + 4], "big")
            self.at += 4
        self.states[lane] = state
        model.learn(symbol)
        return symbol, tail

    def number(self, model: Model) -> int:
        count, tail = self.symbol(model, 0, tails=True)
        return (1 << count | tail) - 1

    def tag(self, model: Model) -> int:
        return self.symbol(model, 1)[0]

    def end(self, least: int):
        assert self.states == [LEAST_STATE, LEAST_STATE], "state"
        assert len(self.data) == max(self.at, least) and not any(self.data[self.at :]), "padding"


class Encoder:
    """Notes symbols in their order, and puts them into the states in the opposite one."""

    def __init__(self):
        self.steps = []

    def number(self, value: int, model: Model):
        count = (value + 1).bit_length() - 1
        self.note(model, count, 0, value + 1 - (1 << count), count)

    def tag(self, tag: int, model: Model):
        self.note(model, tag, 1, 0, 0)

    def note(self, model: Model, symbol: int, lane: int, tail: int, count: int):
        self.steps.append((lane, model.bounds[symbol], model.bounds[symbol + 1], tail, count))
        model.learn(symbol)

    def finish(self) -> bytes:
        states, words = [LEAST_STATE, LEAST_STATE], []
        for lane, low, high, tail, count in reversed(self.steps):
            state = states[lane]
            if state >= (high - low) << (48 - count):
                words.append((state & 0xFFFF_FFFF).to_bytes(4, "big"))
                state >>= 32
            quotient, remainder = divmod(state << count | tail, high - low)
            states[lane] = (quotient << 15) + remainder + low
        return b"".join([state.to_bytes(8, "big") for state in states] + words[::-1])


def magnitude(code: int) -> int:
    exponent, mantissa = code >> 3, code & 7
    assert exponent <= 27
    return mantissa if exponent == 0 else (8 + mantissa) << (exponent - 1)


def chunk_lengths(count: int) -> list[int]:
    return [min(CHUNK, count - start) for start in range(0, count, CHUNK)]


def least_length(chunks: int, kept: int) -> int:
    """The bytes that a sparse payload has at least."""
    return -(-(chunks + kept) // 8)


def decode_sparse(data: bytes, kept: int, count: int) -> np.ndarray:
    models, decoder = Models(), Decoder(data)
    values = np.zeros(count, np.int64)
    for number, length in enumerate(chunk_lengths(count)):
        quota, missing = math.ceil(kept * length / CHUNK), decoder.number(models.count)
        assert missing <= quota
        used = quota if missing == 0 else 0 if missing == 1 else quota + 1 - missing
        if used == 0:
            continue
        change = decoder.number(models.low_change)
        models.low_code += change >> 1 ^ -(change & 1)
        high_code = models.low_code + decoder.number(models.spread)
        assert 1 <= models.low_code <= high_code <= 223
        levels = [magnitude(models.low_code), magnitude(high_code)]
        position, seen = -1, set()
        for _ in range(used):
            gap = decoder.number(models.gaps[models.gap_class])
            tag = decoder.tag(models.tags[models.history])
            models.remember(gap, tag)
            position += 1 + gap
            assert position < length
            seen.add(tag >> 1)
            values[number * CHUNK + position] = -levels[tag >> 1] if tag & 1 else levels[tag >> 1]
        assert seen == ({0, 1} if levels[0] < levels[1] else {0}), "levels"
    decoder.end(least_length(number + 1, np.count_nonzero(values)))
    return values


def encode_sparse(values: np.ndarray, kept: int) -> bytes:
    """The one encoding of values that the form can hold as they are."""
    models, encoder = Models(), Encoder()
    lengths = chunk_lengths(len(values))
    for number, length in enumerate(lengths):
        chunk = values[number * CHUNK : number * CHUNK + length]
        positions = np.flatnonzero(chunk)
        missing = math.ceil(kept * length / CHUNK) - len(positions)
        encoder.number(0 if missing == 0 else 1 if len(positions) == 0 else missing + 1, models.count)
        if len(positions) == 0:
            continue
        levels = sorted({abs(int(chunk[p])) for p in positions})
        codes = [next(code for code in range(224) if magnitude(code) == level) for level in levels]
        change = codes[0] - models.low_code
        encoder.number(2 * change if change >= 0 else -2 * change - 1, models.low_change)
        encoder.number(codes[-1] - codes[0], models.spread)
        models.low_code = codes[0]
        for before, position in zip([-1, *positions], positions):
            value = int(chunk[position])
            gap = int(position - before) - 1
            tag = 2 * (len(levels) == 2 and abs(value) == levels[1]) + (value < 0)
            encoder.number(gap, models.gaps[models.gap_class])
            encoder.tag(tag, models.tags[models.history])
            models.remember(gap, tag)
    data = encoder.finish()
    return data.ljust(least_length(len(lengths), np.count_nonzero(values)), b"\0")


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


def random_signs(seed: int, first_word: int, count: int) -> np.ndarray:
    """The signs of a rotation from a word on: the bits of SplitMix64, the lowest first."""
    numbers = np.arange(first_word + 1, first_word + 1 + -(-count // 64), dtype=np.uint64)
    words = np.uint64(seed) + numbers * np.uint64(0x9E37_79B9_7F4A_7C15)
    for shift, factor in ((30, 0xBF58_476D_1CE4_E5B9), (27, 0x94D0_49BB_1331_11EB)):
        words = (words ^ words >> np.uint64(shift)) * np.uint64(factor)
    words ^= words >> np.uint64(31)
    return 1 - 2 * np.unpackbits(words.astype("<u8").view(np.uint8), bitorder="little")[:count].astype(np.int64)


def hadamard(values: np.ndarray) -> np.ndarray:
    if len(values) == 1:
        return values
    first, second = np.split(values, 2)
    return np.concatenate([hadamard(first + second), hadamard(first - second)])


def sign_count(signs: int, length: int) -> int:
    return 1 << max(1, signs * length // CHUNK).bit_length() - 1


def decode_rotated(data: bytes, signs: int, count: int) -> np.ndarray:
    seed, at, values = int.from_bytes(data[:8], "big"), 8, []
    for number, length in enumerate(chunk_lengths(count)):
        used, scale = sign_count(signs, length), magnitude(data[at])
        at += 1
        if scale == 0:
            values.append(np.zeros(length, np.int64))
            continue
        assert scale * used < 1 << 30
        size = -(-used // 8)
        bits = np.unpackbits(np.frombuffer(data[at : at + size], np.uint8), bitorder="little")
        at += size
        assert not bits[used:].any(), "padding"
        sums = hadamard(1 - 2 * bits[:used].astype(np.int64))
        turns = random_signs(seed, number * CHUNK // 64, length)
        values.append(scale * turns * np.resize(sums, length))
    assert at == len(data)
    return np.concatenate(values)


def rotation_seed(task: bytes, contributor: bytes, base_version: int) -> int:
    words = task + contributor + base_version.to_bytes(8, "little")
    return int.from_bytes(hashlib.blake2b(words, digest_size=32, person=b"trib.rotation").digest()[:8], "big")


def decode(data: bytes, form: str, count: int) -> np.ndarray:
    """The values of a payload in quanta of 2^-26."""
    if form.startswith("sparse:"):
        return decode_sparse(data, int(form.removeprefix("sparse:")), count)
    if form.startswith("rotated:"):
        return decode_rotated(data, int(form.removeprefix("rotated:")), count)
    return decode_dense(data, {"dense8": 8, "dense4": 4}[form], count)
