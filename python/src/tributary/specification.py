"""What an author signs of a task, as far as a reader of its models needs it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from .messages import PARAMETERS, UNITS, ascending
from .wire import Reader

CREATION_KIND = 5
_NAME_BYTES = 64
_TRAINER_BYTES = 256
_SPECIFICATION_BYTES = 1 << 18
_TENSORS = 4_096
_RANK = 8
_FILES = 64

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class TaskSpecification:
    name: str
    # A native model's canonical name, or a process's name for people.
    trainer: str
    # The model's tensors, in the order of the flat vector.
    shapes: Shapes
    parameters: int
    first_weights: bytes
    first_parameters_root: bytes

    @staticmethod
    def read(reader: Reader) -> TaskSpecification:
        name = reader.text(1, _NAME_BYTES)
        trainer, shapes = reader.message(2, _trainer, _SPECIFICATION_BYTES)
        count = reader.uint(3, PARAMETERS)
        found = TaskSpecification(name, trainer, shapes, count, reader.exactly(4), reader.exactly(5))
        # How it is trained, merged and paid decides nothing here.
        for field in (6, 7, 8):
            reader.data(field)
        reader.uint(9, 2)
        if not name or sum(map(math.prod, shapes.values())) != count:
            raise reader.fault(f"a task has a name, and tensors with {count} values")
        return found


@dataclass(frozen=True)
class TaskCreation:
    network: bytes
    specification: TaskSpecification

    @staticmethod
    def read(reader: Reader) -> TaskCreation:
        network = reader.exactly(1)
        reader.uint(2)
        specification = reader.message(3, TaskSpecification.read)
        reader.uint(4, UNITS)
        return TaskCreation(network, specification)


def _trainer(reader: Reader) -> tuple[str, Shapes]:
    native, processes = reader.text(1, _TRAINER_BYTES), reader.messages(2, _process, 1)
    if bool(native) == bool(processes):
        raise reader.fault("a trainer is either a native model or a process")
    return processes[0] if processes else (native, _native(reader, native))


def _native(reader: Reader, name: str) -> Shapes:
    """The tensors of a native model: the weights and the bias of each layer in turn."""
    match = re.fullmatch(r"(?:softmax|mlp)\(([0-9]{1,7}(?:,[0-9]{1,7}){1,17})\)", name)
    if not match:
        raise reader.fault(f"there is no native model {name!r}")
    widths = [int(width) for width in match[1].split(",")]
    shapes: dict[str, tuple[int, ...]] = {}
    for index, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        shapes[f"layers.{index}.weight"], shapes[f"layers.{index}.bias"] = (outputs, inputs), (outputs,)
    return shapes


def _process(reader: Reader) -> tuple[str, Shapes]:
    name, tensors = reader.text(1, _TRAINER_BYTES), reader.messages(2, _tensor, _TENSORS)
    files = reader.messages(3, _file, _FILES)
    ascending(reader, [file.encode() for file in files])
    shapes = dict(tensors)
    if not name or not shapes or len(shapes) < len(tensors):
        raise reader.fault("a trainer has a name, and tensors of different names")
    return name, shapes


def _tensor(reader: Reader) -> tuple[str, tuple[int, ...]]:
    name, shape = reader.text(1, _TRAINER_BYTES), tuple(reader.packed(2, _RANK))
    if not name.isascii() or not name.isprintable() or name in ("", "__metadata__"):
        raise reader.fault(f"{name!r} is no name of a tensor")
    if not all(1 <= size <= PARAMETERS for size in shape):
        raise reader.fault(f"tensor {name!r} has shape {shape}")
    return name, shape


def _file(reader: Reader) -> str:
    name = reader.text(1, _TRAINER_BYTES)
    reader.exactly(2)
    return name
