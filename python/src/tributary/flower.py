"""Trainers out of Flower's NumPyClients. Flower itself is not needed."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .contract import Evaluation, Gradient, Shapes, Tensors, Trained, Trainer, TrainingConfig, Weights
from .errors import TrainerError

Arrays = list[NDArray[Any]]


class NumPyClient(Protocol):
    """What is used of `flwr.client.NumPyClient`."""

    def get_parameters(self, config: dict[str, Any]) -> Arrays: ...
    def fit(self, parameters: Arrays, config: dict[str, Any]) -> tuple[Arrays, int, dict[str, Any]]: ...
    def evaluate(self, parameters: Arrays, config: dict[str, Any]) -> tuple[float, int, dict[str, Any]]: ...


class FlowerTrainer(Trainer):
    """Trains by a client's `fit`, and evaluates by its `evaluate`, unchanged.

    ```python
    tributary.run(FlowerTrainer(FlowerClient(model, trainloader), examples=len(trainloader.dataset)))
    ```

    - `client`: a client, whose `get_parameters` are the first weights whatever the seed; or a function that makes one,
      which is called with all random generators seeded by the task's seed.
    - `examples`: how many the client trains on. Flower's clients say so only after training.
    - `names`: of the arrays, in their order; by default `parameters.0` and so on. Arrays of whole numbers are not sent:
      the client gets those back that it started with.
    - `config`: what `fit` gets for a task's `TrainingConfig`; by default its fields by name.
    - `gradient(parameters)`: the gradient of the mean loss over all examples, and that loss. A NumPyClient has none,
      and what `fit` changes is no substitute: its scale is that of learning rate and steps, and validators would pay by
      it. Contributors need no gradient; validators do.

    The training loss is `loss` or `train_loss` among the metrics of `fit`; without either, `evaluate` measures it
    before training.
    """

    def __init__(
        self, client: NumPyClient | Callable[[], NumPyClient], *, examples: int, names: Sequence[str] | None = None,
        config: Callable[[TrainingConfig], dict[str, Any]] | None = None,
        gradient: Callable[[Arrays], tuple[Arrays, float]] | None = None, name: str = "",
    ):
        self._make = client if isinstance(client, type) or not hasattr(client, "fit") else None
        self._client: NumPyClient = self._made(0) if self._make else client  # type: ignore[assignment]
        self._first = _parameters(self._client)
        self._names = list(names or map("parameters.{}".format, range(len(self._first))))
        if len(self._names) != len(self._first):
            raise TrainerError(f"there are {len(self._names)} names for {len(self._first)} arrays of get_parameters")
        self._config, self._gradient = config or _fields, gradient
        self.examples = examples
        self.name = name or type(self._client).__name__

    def tensors(self) -> Shapes:
        return {name: array.shape for name, array in self._named(self._first).items()}

    def initialize(self, seed: int) -> Tensors:
        return self._named(_parameters(self._made(seed)) if self._make else self._first)

    def train(self, weights: Weights, config: TrainingConfig) -> Trained:
        _seed(config.seed)
        found = self._client.fit(self._arrays(weights), self._config(config))
        arrays, examples, metrics = _triple(found, "fit", "parameters, examples, metrics")
        loss = metrics.get("loss", metrics.get("train_loss"))
        if loss is None:
            loss = self.evaluate(weights).loss
        return Trained(self._named(arrays), loss, config.step_count(examples))

    def evaluate(self, weights: Weights) -> Evaluation:
        _seed(0)
        found = self._client.evaluate(self._arrays(weights), {})
        loss, examples, metrics = _triple(found, "evaluate", "loss, examples, metrics")
        numbers = {name: value for name, value in metrics.items() if isinstance(value, (bool, int, float, np.number))}
        return Evaluation(loss, examples, numbers)

    def gradient(self, weights: Weights, group: int | None) -> Gradient:
        if self._gradient is None:
            raise TrainerError("a NumPyClient has no gradient, and validators need one: FlowerTrainer(gradient=...)")
        _seed(0)
        arrays, loss = self._gradient(self._arrays(weights))
        return Gradient(self._named(arrays), loss)

    def _made(self, seed: int) -> NumPyClient:
        _seed(seed)
        return self._make()  # type: ignore[misc]

    def _named(self, arrays: Sequence[NDArray[Any]]) -> dict[str, NDArray[Any]]:
        if len(arrays) != len(self._names):
            raise TrainerError(f"the client returned {len(arrays)} arrays, and get_parameters {len(self._names)}")
        pairs = zip(self._names, arrays, self._first, strict=True)
        return {name: np.asarray(array) for name, array, first in pairs if first.dtype.kind == "f"}

    def _arrays(self, weights: Weights) -> Arrays:
        """In the client's precision, and its own to write to, as Flower hands them over."""
        pairs = zip(self._names, self._first, strict=True)
        return [weights[name].astype(first.dtype) if name in weights else first.copy() for name, first in pairs]


def _parameters(client: NumPyClient) -> Arrays:
    arrays = [np.array(array) for array in client.get_parameters({})]
    if not arrays:
        raise TrainerError("the client's get_parameters returns no arrays")
    return arrays


def _fields(config: TrainingConfig) -> dict[str, Any]:
    names = ("epochs", "steps", "batch_size", "learning_rate", "weight_decay", "seed")
    return {name: value for name in names if (value := getattr(config, name)) is not None}


def _triple(found: Any, call: str, form: str) -> tuple[Any, Any, Any]:
    if not isinstance(found, tuple) or len(found) != 3:
        raise TrainerError(f"the client's {call} returned {type(found).__name__}: return a tuple, ({form})")
    return found


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed % (1 << 32))
    # Only if the client has imported it.
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)
