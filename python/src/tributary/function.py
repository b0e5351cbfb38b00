"""A trainer out of plain functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import SupportsFloat, TypeVar

from .errors import TrainerError
from .contract import Evaluation, Gradient, Shapes, Tensors, Trained, Trainer, TrainingConfig, Weights

# What the functions may return, from the shortest form to the one that says everything.
TrainFunction = Callable[[Weights, TrainingConfig], tuple[Tensors, SupportsFloat] | Trained]
EvaluateFunction = Callable[[Weights], SupportsFloat | tuple[SupportsFloat, Mapping[str, SupportsFloat]] | Evaluation]
GradientFunction = Callable[[Weights], tuple[Tensors, SupportsFloat] | Gradient]

_First = TypeVar("_First")
_Second = TypeVar("_Second")


class FunctionTrainer(Trainer):
    """What `@trainer` makes of a function. Calling it still calls the function."""

    def __init__(
        self, train: TrainFunction, tensors: Shapes, examples: int, *, name: str,
        initialize: Callable[[int], Tensors] | None, evaluate: EvaluateFunction | None,
        gradient: GradientFunction | None,
    ):
        self.name, self.examples = name, examples
        self._tensors, self._train, self._initialize = dict(tensors), train, initialize
        self._evaluate, self._gradient = evaluate, gradient

    def __call__(self, weights: Weights, config: TrainingConfig) -> tuple[Tensors, SupportsFloat] | Trained:
        return self._train(weights, config)

    def tensors(self) -> Shapes:
        return self._tensors

    def initialize(self, seed: int) -> Tensors:
        return self._initialize(seed) if self._initialize else super().initialize(seed)

    def train(self, weights: Weights, config: TrainingConfig) -> Trained:
        found = self._train(weights, config)
        return found if isinstance(found, Trained) else Trained(*_pair(found, "the training function", "weights, loss"))

    def evaluate(self, weights: Weights) -> Evaluation:
        if self._evaluate:
            found = self._evaluate(weights)
            if isinstance(found, Evaluation):
                return found
            if not isinstance(found, tuple):
                return Evaluation(found)
            loss, metrics = _pair(found, "the evaluating function", "loss, metrics")
            return Evaluation(loss, metrics=metrics)
        if self._gradient:
            return Evaluation(self.gradient(weights, None).loss)
        return super().evaluate(weights)

    def gradient(self, weights: Weights, group: int | None) -> Gradient:
        if self._gradient is None:
            return super().gradient(weights, group)
        found = self._gradient(weights)
        if isinstance(found, Gradient):
            return found
        return Gradient(*_pair(found, "the gradient function", "gradient, loss"))


def _pair(found: tuple[_First, _Second], what: str, form: str) -> tuple[_First, _Second]:
    if not isinstance(found, tuple) or len(found) != 2:
        raise TrainerError(f"{what} returned {type(found).__name__}: return a pair, ({form})")
    return found


def trainer(
    *, tensors: Shapes, examples: int, name: str = "", initialize: Callable[[int], Tensors] | None = None,
    evaluate: EvaluateFunction | None = None, gradient: GradientFunction | None = None,
) -> Callable[[TrainFunction], FunctionTrainer]:
    """Makes a trainer of a function that takes weights and a `TrainingConfig`, and returns weights and their loss.

    ```python
    @tributary.trainer(tensors={"w": (30,), "b": ()}, examples=len(rows), gradient=mean_gradient)
    def train(weights, config):
        w, b = weights["w"].copy(), weights["b"].copy()
        ...
        return {"w": w, "b": b}, mean_loss

    if __name__ == "__main__":
        tributary.run(train)
    ```

    `gradient(weights)` returns the gradient of the mean loss over all examples and that loss, `evaluate(weights)` the
    loss, alone or with metrics. A contributor needs neither; without `evaluate`, the loss is that of `gradient`.
    Without `initialize`, weights are drawn by `glorot`.
    """

    def decorate(train: TrainFunction) -> FunctionTrainer:
        title = name or getattr(train, "__name__", "")
        return FunctionTrainer(
            train, tensors, examples, name=title, initialize=initialize, evaluate=evaluate, gradient=gradient)

    return decorate
