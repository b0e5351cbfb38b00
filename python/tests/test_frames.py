"""Frames that are split, cut short, too long or no frames at all."""

import json
import random

import pytest

from tributary import FrameError, frames


def reader(data: bytes, sizes=None):
    """Reads from bytes, at most as many at a time as `sizes` draws."""
    at = 0

    def read(count: int) -> bytes:
        nonlocal at
        if sizes:
            count = min(count, sizes())
        part = data[at : at + count]
        at += len(part)
        return part

    return read


def some_message(draw: random.Random) -> dict:
    letters = "aé\u2028\"\\\n🙂"
    return {"id": draw.randrange(1 << 53), "text": "".join(draw.choices(letters, k=draw.randrange(200)))}


@pytest.mark.parametrize("seed", range(50))
def test_frames_come_whole_however_they_are_split(seed):
    draw = random.Random(seed)
    messages = [some_message(draw) for _ in range(draw.randrange(1, 8))]
    read = reader(b"".join(map(frames.encode, messages)), lambda: draw.randrange(1, 20))
    assert [frames.decode(read) for _ in messages] == messages
    assert frames.decode(read) is None


def test_a_frame_that_is_cut_short_is_refused_at_every_byte():
    data = frames.encode({"id": 1, "call": "describe"})
    for end in range(1, len(data)):
        with pytest.raises(FrameError, match="end inside a frame"):
            frames.decode(reader(data[:end]))


@pytest.mark.parametrize("seed", range(50))
def test_a_frame_with_a_changed_head_is_refused(seed):
    draw = random.Random(seed)
    data = bytearray(frames.encode({"id": 1, "call": "describe"}))
    data[draw.randrange(4)] ^= 1 << draw.randrange(8)
    with pytest.raises(FrameError, match="instead of b'TRBF'"):
        frames.decode(reader(bytes(data)))


@pytest.mark.parametrize("length", [0, 1, frames.LIMIT + 1, (1 << 32) - 1])
def test_lengths_have_limits(length):
    with pytest.raises(FrameError, match=f"announces {length} bytes"):
        frames.decode(reader(b"TRBF" + length.to_bytes(4, "little") + b"{}"))


def test_the_longest_frame_is_read_and_the_next_is_not_written():
    empty = len(json.dumps({"text": ""}, separators=(",", ":")))
    message = {"text": "a" * (frames.LIMIT - empty)}
    assert frames.decode(reader(frames.encode(message))) == message
    with pytest.raises(FrameError, match="the most is"):
        frames.encode({"text": "a" * (frames.LIMIT - empty + 1)})


@pytest.mark.parametrize("text", [b"[]", b"12", b'{"a":', b"\xff\xfe"])
def test_what_is_no_object_is_refused(text):
    with pytest.raises(FrameError, match="a request is"):
        frames.decode(reader(b"TRBF" + len(text).to_bytes(4, "little") + text))


def test_no_answer_has_a_number_that_json_lacks():
    with pytest.raises(ValueError):
        frames.encode({"loss": float("nan")})
