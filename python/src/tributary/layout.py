"""Where a trainer's tensors lie in shared memory, and what is checked of those that it returns."""

from __future__ import annotations

import math
import mmap
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .errors import TrainerError
from .contract import Shapes, Tensors, Weights

_TENSORS = 65_536
_VALUES = 1 << 30
_RANK = 8
_NAME_BYTES = 256
_PAGE = 4_096

# What shared memory is: of a file, or of this process alone.
Memory = mmap.mmap | bytearray


class Layout:
    """One tensor after the other, each row-major: once for the input, and once for the output behind it."""

    def __init__(self, shapes: Shapes):
        if not isinstance(shapes, Mapping) or not shapes:
            raise TrainerError("tensors() returns no tensors: return the shape of each by its name")
        if len(shapes) > _TENSORS:
            raise TrainerError(f"there are {len(shapes)} tensors; at most {_TENSORS} can be trained together")
        self.shapes = {_checked_name(name): _checked_shape(name, shape) for name, shape in shapes.items()}
        self.count = sum(map(math.prod, self.shapes.values()))
        if self.count > _VALUES:
            raise TrainerError(f"the tensors hold {self.count} values; the most is {_VALUES}: freeze some of them")
        self._region = math.ceil(4 * self.count / _PAGE) * _PAGE
        # The length of the memory in bytes.
        self.size = 2 * self._region

    def input(self, memory: Memory) -> Weights:
        """Views of the input, which cannot be written to."""
        views = self._views(memory, 0)
        for view in views.values():
            view.flags.writeable = False
        return views

    def _views(self, memory: Memory, offset: int) -> dict[str, NDArray[np.float32]]:
        views = {}
        for name, shape in self.shapes.items():
            count = math.prod(shape)
            views[name] = np.frombuffer(memory, "<f4", count, offset).reshape(shape)
            offset += 4 * count
        return views

    def write(self, tensors: Tensors, memory: Memory, what: str) -> None:
        """Writes tensors into the output.

        Raises TrainerError with the tensor's name; `what` says of what it is one.
        """
        if not isinstance(tensors, Mapping):
            raise TrainerError(f"{what} came as {type(tensors).__name__}: return a dictionary of arrays by name")
        if missing := [name for name in self.shapes if name not in tensors]:
            raise TrainerError(f"{what} lack {_listed(missing)}: return every tensor that tensors() names")
        if unknown := [str(name) for name in tensors if name not in self.shapes]:
            raise TrainerError(f"{what} have {_listed(unknown)}, which tensors() does not name")
        for name, view in self._views(memory, self._region).items():
            _copy(np.asarray(tensors[name]), view, f"tensor '{name}' of {what}")


def _copy(values: NDArray[np.generic], view: NDArray[np.float32], what: str) -> None:
    if values.shape != view.shape:
        raise TrainerError(f"{what} has shape {values.shape}, and tensors() says {view.shape}: reshape it")
    if values.dtype.kind != "f":
        raise TrainerError(f"{what} has type {values.dtype}: return floating-point values")
    with np.errstate(over="ignore", invalid="ignore"):
        np.copyto(view, values, casting="same_kind")
    if bad := view.size - int(np.count_nonzero(np.isfinite(view))):
        raise TrainerError(
            f"{what} has {bad} of {view.size} values that are not finite in single precision: if training diverged, "
            "a smaller learning rate may help")


def _checked_name(name: object) -> str:
    is_printable = isinstance(name, str) and name.isascii() and name.isprintable()
    if not is_printable or not 1 <= len(str(name)) <= _NAME_BYTES or name == "__metadata__":
        raise TrainerError(f"{name!r} is no name of a tensor: use 1 to {_NAME_BYTES} printable letters of ASCII")
    return str(name)


def _checked_shape(name: str, shape: object) -> tuple[int, ...]:
    try:
        sizes = tuple(int(size) for size in shape)  # type: ignore[attr-defined]
    except TypeError:
        raise TrainerError(f"the shape of tensor '{name}' is {shape!r}: use a tuple of whole numbers") from None
    if len(sizes) > _RANK or any(size < 1 for size in sizes):
        raise TrainerError(f"tensor '{name}' has shape {sizes}: at most {_RANK} dimensions, of 1 or more, are possible")
    return sizes


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown
