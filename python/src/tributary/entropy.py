"""The adaptive entropy code of sparse payloads, as docs/PACKET.md describes it: its models, and its reader."""

from __future__ import annotations

from bisect import bisect_right

from .errors import WireError

_WHOLE = 1 << 15
_LEAST_STATE = 1 << 31
_NUMBER_SYMBOLS = 13


class Model:
    """The probabilities of symbols: symbol s has the numbers from bounds[s] to bounds[s + 1] of 2^15."""

    def __init__(self, symbols: int = _NUMBER_SYMBOLS):
        self.bounds = [_WHOLE * i // symbols for i in range(symbols + 1)]
        self._symbols, self._coded = symbols, 0

    def learn(self, symbol: int) -> None:
        bounds, rate = self.bounds, min(max(self._coded.bit_length(), 3), 8)
        for i in range(1, self._symbols):
            target = 8 * i if i <= symbol else _WHOLE - 8 * (self._symbols - i)
            bounds[i] += (target - bounds[i]) >> rate
        # From 128 on the rate stays.
        self._coded = min(self._coded + 1, 128)


class Reader:
    """Reads numbers from one state and tags from the other. Both share the words that follow them."""

    def __init__(self, data: bytes):
        if len(data) < 16:
            raise WireError("a payload breaks off")
        self._data, self._at = data, 16
        self._states = [int.from_bytes(data[:8], "big"), int.from_bytes(data[8:16], "big")]
        if not all(_LEAST_STATE <= state < _LEAST_STATE << 32 for state in self._states):
            raise WireError("a payload begins with no state")

    def number(self, model: Model) -> int:
        """A number of 0...8190."""
        count, tail = self._read(model, 0, has_tail=True)
        return (1 << count | tail) - 1

    def tag(self, model: Model) -> int:
        return self._read(model, 1, has_tail=False)[0]

    def finish(self, least: int) -> None:
        """Checks that nothing else follows but the padding to a least length."""
        if self._states != [_LEAST_STATE, _LEAST_STATE]:
            raise WireError("a payload does not end where its writer began")
        if len(self._data) != max(self._at, least) or any(self._data[self._at :]):
            raise WireError("a payload has something behind its last chunk")

    def _read(self, model: Model, lane: int, has_tail: bool) -> tuple[int, int]:
        state, bounds = self._states[lane], model.bounds
        slot = state & _WHOLE - 1
        symbol = bisect_right(bounds, slot) - 1
        state = (bounds[symbol + 1] - bounds[symbol]) * (state >> 15) + slot - bounds[symbol]
        count = symbol if has_tail else 0
        tail = state & (1 << count) - 1
        state >>= count
        if state < _LEAST_STATE:
            if self._at + 4 > len(self._data):
                raise WireError("a payload breaks off")
            state = state << 32 | int.from_bytes(self._data[self._at : self._at + 4], "big")
            self._at += 4
        self._states[lane] = state
        model.learn(symbol)
        return symbol, tail
