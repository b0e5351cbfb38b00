"""Requests to a gateway over HTTP. What comes back is checked by whoever asked."""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any, TypeVar

from .digests import digest
from .errors import GatewayError, VerificationError
from .wire import Reader, parse

_Value = TypeVar("_Value")
_TIMEOUT_SECONDS = 60
_JSON_BYTES = 16 << 20
# How often a gateway that is busy is asked again, and the longest wait before.
_ATTEMPTS = 8
_WAIT_SECONDS = 30.0
_BUSY = (429, 503)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: Any) -> None:
        return None


class Gateway:
    """A gateway by its address, such as `https://gateway.example:8443`. `ca` is a file with the authority behind its
    certificate, if the system does not know it."""

    def __init__(self, address: str, ca: str | None = None):
        if urllib.parse.urlsplit(address).scheme not in ("http", "https"):
            raise GatewayError(f"{address} is no gateway's address: it begins with http:// or https://")
        self._address = address.rstrip("/")
        handler = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca))
        self._opener = urllib.request.build_opener(handler, _NoRedirect())

    def record(self, path: str) -> dict[str, Any]:
        """The gateway's word, which nothing proves."""
        found = self._json(path)
        if not isinstance(found, dict):
            raise GatewayError(f"{self._address}{path}: the answer is no JSON object")
        return found

    def records(self, path: str, **kinds: type) -> list[dict[str, Any]]:
        """A list of records that have fields of these kinds: the gateway's word, which nothing proves."""
        found = self._json(path)
        if not isinstance(found, list) or not all(_has(entry, kinds) for entry in found):
            raise GatewayError(f"{self._address}{path}: the answer is no list of records with {', '.join(kinds)}")
        return found

    def _json(self, path: str) -> Any:
        try:
            return json.loads(self._get(path, "application/json", _JSON_BYTES))
        except (ValueError, RecursionError):
            raise GatewayError(f"{self._address}{path}: the answer is not JSON") from None

    def message(self, path: str, read: Callable[[Reader], _Value], most: int) -> _Value:
        """What somebody signed, and what holds it. Raises WireError."""
        return parse(self._get(path, "application/x-protobuf", most), read, path)

    def blob(self, name: bytes, most: int) -> bytes:
        """A published blob, which has the digest."""
        path = f"/v1/blobs/{name.hex()}"
        data = self._get(path, "application/octet-stream", most)
        if digest("trib.blob", data) != name:
            raise VerificationError(f"{self._address}{path}: the bytes do not have the digest that was asked for")
        return data

    def _get(self, path: str, accept: str, most: int) -> bytes:
        request = urllib.request.Request(self._address + path, headers={"Accept": accept})
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self._opener.open(request, timeout=_TIMEOUT_SECONDS) as answer:
                    data = bytes(answer.read(most + 1))
            except urllib.error.HTTPError as error:
                with error:
                    if error.code in _BUSY and attempt < _ATTEMPTS:
                        time.sleep(_wait(error.headers.get("Retry-After")))
                        continue
                    raise GatewayError(f"{request.full_url}: {_problem(error)}", error.code) from None
            except (OSError, ValueError) as error:
                raise GatewayError(f"{request.full_url}: {error}") from None
            if len(data) > most:
                raise GatewayError(f"{request.full_url}: the answer is longer than {most} bytes")
            return data
        raise AssertionError("the last attempt returns or raises")


def _has(entry: Any, kinds: dict[str, type]) -> bool:
    return isinstance(entry, dict) and all(type(entry.get(name)) is kind for name, kind in kinds.items())


def _wait(text: str | None) -> float:
    return min(float(text), _WAIT_SECONDS) if text and text.isdigit() else 1.0


def _problem(error: urllib.error.HTTPError) -> str:
    try:
        return f"{error.code}, {json.loads(error.read(1 << 16))['detail']}"
    except (ValueError, KeyError, TypeError, OSError):
        return f"the gateway answers {error.code}"
