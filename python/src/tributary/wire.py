"""The strict subset of protobuf that every message is in: one encoding for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .errors import WireError

_Value = TypeVar("_Value")
_MOST = (1 << 64) - 1


class Reader:
    """Reads the fields of one message in the order of their numbers, and refuses every encoding but the one."""

    def __init__(self, data: bytes, subject: str):
        self.encoded, self.subject, self._at = data, subject, 0

    def fault(self, detail: str) -> WireError:
        return WireError(f"{self.subject}, byte {self._at}: {detail}")

    def uint(self, field: int, most: int = _MOST) -> int:
        """An unsigned integer; zero if it is absent."""
        if not self._take(field, 0):
            return 0
        value = self._varint()
        if not 1 <= value <= most:
            raise self.fault(f"field {field} is {value}, and at most {most} or left out")
        return value

    def data(self, field: int, most: int = _MOST) -> bytes:
        """A byte string; empty if it is absent."""
        value = self._delimited(field, most)
        if value == b"":
            raise self.fault(f"field {field} is empty and not left out")
        return value or b""

    def text(self, field: int, most: int) -> str:
        try:
            return self.data(field, most).decode()
        except UnicodeDecodeError:
            raise self.fault(f"field {field} is not UTF-8") from None

    def exactly(self, field: int, count: int = 32) -> bytes:
        """A digest, key or signature, which must be there."""
        value = self._delimited(field, count)
        if value is None or len(value) != count:
            raise self.fault(f"field {field} needs {count} bytes")
        return value

    def message(self, field: int, read: Callable[[Reader], _Value], most: int = _MOST) -> _Value:
        """A message, which must be there."""
        found = self._optional(field, read, most)
        if found is None:
            raise self.fault(f"field {field} is missing")
        return found[0]

    def messages(self, field: int, read: Callable[[Reader], _Value], most: int) -> list[_Value]:
        found: list[_Value] = []
        while (one := self._optional(field, read, _MOST)) is not None:
            if len(found) == most:
                raise self.fault(f"field {field} has more than {most} elements")
            found.append(one[0])
        return found

    def digests(self, field: int, most: int) -> list[bytes]:
        found: list[bytes] = []
        while (value := self._delimited(field, 32)) is not None:
            if len(value) != 32 or len(found) == most:
                raise self.fault(f"field {field} has another length, or more than {most} elements")
            found.append(value)
        return found

    def packed(self, field: int, most: int) -> list[int]:
        """Unsigned integers of one field; none if it is absent."""
        inner = Reader(self.data(field), f"{self.subject}.{field}")
        found: list[int] = []
        while inner._at < len(inner.encoded):
            if len(found) == most:
                raise self.fault(f"field {field} has more than {most} elements")
            found.append(inner._varint())
        return found

    def finish(self) -> None:
        """Checks that nothing is left over."""
        if self._at < len(self.encoded):
            raise self.fault("a field is unknown, repeated or out of order")

    def _optional(self, field: int, read: Callable[[Reader], _Value], most: int) -> tuple[_Value] | None:
        value = self._delimited(field, most)
        return None if value is None else (parse(value, read, f"{self.subject}.{field}"),)

    def _delimited(self, field: int, most: int) -> bytes | None:
        if not self._take(field, 2):
            return None
        count = self._varint()
        if count > min(most, len(self.encoded) - self._at):
            raise self.fault(f"field {field} announces {count} bytes, which are too many or not there")
        self._at += count
        return self.encoded[self._at - count : self._at]

    def _take(self, field: int, kind: int) -> bool:
        if self._at == len(self.encoded):
            return False
        start = self._at
        tag = self._varint()
        if tag >> 3 != field:
            self._at = start
            return False
        if tag & 7 != kind:
            raise self.fault(f"field {field} has wire type {tag & 7} instead of {kind}")
        return True

    def _varint(self) -> int:
        value = shift = 0
        while self._at < len(self.encoded):
            byte = self.encoded[self._at]
            self._at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if value > _MOST or (byte == 0 and shift > 0):
                    raise self.fault("a varint exceeds 64 bits or has leading zeros")
                return value
            shift += 7
            if shift > 63:
                break
        raise self.fault("a varint is too long or breaks off")


def parse(data: bytes, read: Callable[[Reader], _Value], subject: str) -> _Value:
    """Reads a whole message. Raises WireError."""
    reader = Reader(data, subject)
    value = read(reader)
    reader.finish()
    return value
