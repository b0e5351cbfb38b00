"""Answers to an agent's requests. No descriptor and no thread is known here."""

from __future__ import annotations

import math
import operator
import threading
import time
import traceback
from collections.abc import Callable
from typing import SupportsFloat

from . import frames
from .errors import FrameError, TrainerError
from .frames import Message
from .layout import Layout, Memory
from .contract import Trainer, TrainingConfig, Weights

_NAME_BYTES = 256
_GROUPS = 1_024
_STEPS = 1_000_000
_METRICS = 64
_METRIC_BYTES = 64
_ERROR_BYTES = 65_536
# From one word of progress to the next.
_PROGRESS_SECONDS = 0.25


class Calls:
    """Carries requests out on a trainer.

    `memory` returns the memory of so many bytes, once it is there; `send` sends what comes before an answer.
    """

    def __init__(self, trainer: Trainer, memory: Callable[[int], Memory], send: Callable[[Message], None]):
        self._trainer, self._provide, self._send = trainer, memory, send
        self._known: Layout | None = None
        self._mapped: Memory | None = None

    def answer(self, request: Message) -> Message:
        """The answer to a request: its result, or what went wrong. A traceback goes to standard error."""
        number = request.get("id")
        try:
            act = {
                "describe": self._describe, "initialize": self._initialize, "train": self._train,
                "evaluate": self._evaluate, "gradient": self._gradient,
            }.get(str(request.get("call")))
            if act is None:
                raise FrameError(f"there is no call {request.get('call')!r}: this trainer speaks version 1")
            answer = {"id": number, "result": act(request)}
            frames.encode(answer)
            return answer
        except (TrainerError, FrameError) as error:
            return {"id": number, "error": _cut(str(error))}
        # A library that ends the program must not end the trainer without an answer.
        except (Exception, SystemExit) as error:
            traceback.print_exc()
            return {"id": number, "error": _cut(f"{type(error).__name__}: {error}")}

    @property
    def layout(self) -> Layout:
        if self._known is None:
            self._known = Layout(self._trainer.tensors())
        return self._known

    @property
    def _memory(self) -> Memory:
        if self._mapped is None:
            self._mapped = self._provide(self.layout.size)
        return self._mapped

    @property
    def _input(self) -> Weights:
        return self.layout.input(self._memory)

    @property
    def _examples(self) -> int:
        return _whole(getattr(self._trainer, "examples", None), "the trainer's examples", 1)

    @property
    def _groups(self) -> int:
        return _whole(self._trainer.groups, "the trainer's groups", 1, _GROUPS)

    def _describe(self, request: Message) -> Message:
        if len(self._trainer.name.encode()) > _NAME_BYTES:
            raise TrainerError(f"the trainer's name is longer than {_NAME_BYTES} bytes")
        tensors = [{"name": name, "shape": list(shape)} for name, shape in self.layout.shapes.items()]
        return {"tensors": tensors, "examples": self._examples, "groups": self._groups, "name": self._trainer.name}

    def _initialize(self, request: Message) -> Message:
        self.layout.write(self._trainer.initialize(_seed(request)), self._memory, "the first weights")
        return {}

    def _train(self, request: Message) -> Message:
        progress = _Progress(request["id"], self._send)
        config = TrainingConfig(
            request.get("epochs"), request.get("steps"), int(request["batchSize"]), float(request["learningRate"]),
            float(request["weightDecay"]), _seed(request), progress)
        try:
            trained = self._trainer.train(self._input, config)
        finally:
            progress.close()
        steps = config.step_count(self._examples) if trained.steps is None else trained.steps
        steps = _whole(steps, "the number of steps", 0, _STEPS)
        self.layout.write(trained.weights, self._memory, "the trained weights")
        # The mean of no losses is whatever a library makes of it.
        loss = _finite(trained.loss, "the training loss") if steps > 0 else 0.0
        return {"examples": self._examples, "steps": steps, "loss": loss}

    def _evaluate(self, request: Message) -> Message:
        found = self._trainer.evaluate(self._input)
        metrics = {str(name): _finite(value, f"the metric '{name}'") for name, value in found.metrics.items()}
        if len(metrics) > _METRICS or not all(1 <= len(name.encode()) <= _METRIC_BYTES for name in metrics):
            raise TrainerError(f"there are at most {_METRICS} metrics, with names of 1 to {_METRIC_BYTES} bytes")
        if not 0 <= metrics.get("accuracy", 0) <= 1:
            raise TrainerError(f"the metric 'accuracy' is {metrics['accuracy']}; it lies in 0...1")
        return {
            "examples": self._averaged(found.examples), "loss": _finite(found.loss, "the loss"), "metrics": metrics,
        }

    def _gradient(self, request: Message) -> Message:
        group = request.get("group")
        if group is not None and not 0 <= group < self._groups:
            raise FrameError(f"there is no group {group}: the trainer has {self._groups}")
        found = self._trainer.gradient(self._input, group)
        self.layout.write(found.tensors, self._memory, "the gradient")
        return {"examples": self._averaged(found.examples), "loss": _finite(found.loss, "the loss")}

    def _averaged(self, examples: int | None) -> int:
        return self._examples if examples is None else _whole(examples, "the number of examples", 1)


class _Progress:
    """Passes on the first word of progress, and those that come long enough after another."""

    def __init__(self, number: int, send: Callable[[Message], None]):
        self._number, self._send, self._next = number, send, 0.0
        # A trainer may tell its progress from a thread of its own, which may outlive the call.
        self._telling = threading.Lock()

    def __call__(self, step: int, steps: int, loss: SupportsFloat) -> None:
        with self._telling:
            if (now := time.monotonic()) < self._next:
                return
            self._next = now + _PROGRESS_SECONDS
            progress = {"step": int(step), "steps": int(steps), "loss": _finite(loss, f"the loss at step {step}")}
            self._send({"id": self._number, "progress": progress})

    def close(self) -> None:
        """Says nothing from now on."""
        with self._telling:
            self._next = math.inf


def _seed(request: Message) -> int:
    return int(request["seed"])


def _whole(value: object, what: str, least: int, most: int = (1 << 53) - 1) -> int:
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TrainerError(f"{what}: {value!r} is no whole number") from None
    if not least <= number <= most:
        raise TrainerError(f"{what}: {number} is not within {least}...{most}")
    return number


def _finite(value: SupportsFloat, what: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TrainerError(f"{what} is {value!r}, which is no number") from None
    if not math.isfinite(number):
        raise TrainerError(f"{what} is {number}: if training diverged, a smaller learning rate may help")
    return number


def _cut(text: str) -> str:
    return text.encode("utf-8", "replace")[:_ERROR_BYTES].decode("utf-8", "ignore")
