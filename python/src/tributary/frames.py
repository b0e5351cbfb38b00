"""Frames: messages in JSON, each after a magic and its length."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .errors import FrameError

Message = dict[str, Any]

_MAGIC = b"TRBF"
_LENGTH_BYTES = 4
# Bytes of a message at most.
LIMIT = 1 << 20


def encode(message: Message) -> bytes:
    """The frame of a message."""
    data = json.dumps(message, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()
    if len(data) > LIMIT:
        raise FrameError(f"an answer has {len(data)} bytes; the most is {LIMIT}")
    return _MAGIC + len(data).to_bytes(_LENGTH_BYTES, "little") + data


def decode(read: Callable[[int], bytes]) -> Message | None:
    """Reads a frame; None at the end.

    `read` returns at least one byte and at most as many as it is asked for, and none at the end. Raises FrameError.
    """
    head = _exactly(len(_MAGIC) + _LENGTH_BYTES, read)
    if not head:
        return None
    if head[: len(_MAGIC)] != _MAGIC:
        raise FrameError(f"a request begins with {head[: len(_MAGIC)]!r} instead of {_MAGIC!r}")
    length = int.from_bytes(head[len(_MAGIC) :], "little")
    if not 2 <= length <= LIMIT:
        raise FrameError(f"a request announces {length} bytes; 2 to {LIMIT} are possible")
    data = _exactly(length, read)
    if not data:
        raise FrameError("the requests end inside a frame")
    try:
        message = json.loads(data)
    except ValueError as error:
        raise FrameError(f"a request is not JSON: {error}") from None
    if not isinstance(message, dict):
        raise FrameError("a request is JSON, and no object")
    return message


def _exactly(count: int, read: Callable[[int], bytes]) -> bytes:
    """So many bytes; none if there are none at all."""
    data = bytearray()
    while len(data) < count:
        part = read(count - len(data))
        if not part:
            if data:
                raise FrameError("the requests end inside a frame")
            break
        data += part
    return bytes(data)
