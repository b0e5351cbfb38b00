"""What a trainer is: named tensors in; tensors, losses and gradients out."""

from __future__ import annotations

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, SupportsFloat

import numpy as np
from numpy.typing import NDArray

from .errors import TrainerError

# The tensors' shapes by their names, in the order of the flat vector.
Shapes = Mapping[str, Sequence[int]]
# Weights as they come from the agent: views of shared memory that cannot be written to.
Weights = Mapping[str, NDArray[np.float32]]
# Tensors as a trainer returns them, in any precision.
Tensors = Mapping[str, NDArray[Any]]


def _tell_nobody(step: int, steps: int, loss: SupportsFloat) -> None:
    pass


@dataclass(frozen=True)
class TrainingConfig:
    """How long and how fast to train: a task's author has chosen it. Either `epochs` or `steps` is there."""

    epochs: int | None
    steps: int | None
    batch_size: int
    learning_rate: float
    weight_decay: float
    # 0...2^64 - 1: decides the order of the examples, and all else that is drawn.
    seed: int
    # Call it as often as you like with the step, all steps and the step's loss; few of the calls are passed on.
    progress: Callable[[int, int, SupportsFloat], None] = field(default=_tell_nobody, repr=False, compare=False)

    def step_count(self, examples: int) -> int:
        """How many steps the run takes on so many examples."""
        if self.steps is not None:
            return self.steps
        return (self.epochs or 0) * math.ceil(examples / self.batch_size)

    def passes(self, examples: int) -> Iterator[list[NDArray[np.intp]]]:
        """The batches of one pass over the examples after another, without an end. Each pass has an order of its own;
        the last batch of a pass may be smaller."""
        random = np.random.default_rng(self.seed)
        while True:
            order = random.permutation(examples)
            yield [order[start : start + self.batch_size] for start in range(0, examples, self.batch_size)]

    def batches(self, examples: int) -> Iterator[NDArray[np.intp]]:
        """The indices of each step's examples, for all steps."""
        every = itertools.chain.from_iterable(self.passes(examples))
        return itertools.islice(every, self.step_count(examples))


@dataclass(frozen=True)
class Trained:
    """What training returns."""

    weights: Tensors
    # The mean over all examples met, each measured just before the step that used it; 0 if no step was taken.
    loss: SupportsFloat
    # As many as the configuration asks for, if it is left out.
    steps: int | None = None


@dataclass(frozen=True)
class Evaluation:
    """How well weights do."""

    # The mean over the examples.
    loss: SupportsFloat
    # As many as the trainer holds, if it is left out.
    examples: int | None = None
    # Numbers by name; `accuracy` is 0...1.
    metrics: Mapping[str, SupportsFloat] = field(default_factory=dict)


@dataclass(frozen=True)
class Gradient:
    """The gradient of the mean loss over the examples."""

    tensors: Tensors
    loss: SupportsFloat
    # As many as the trainer holds, if it is left out.
    examples: int | None = None


class Trainer(ABC):
    """Trains and judges one model on examples of its own. Weights come with each call, and nothing of one call may
    reach into the next.

    Contributors need `train`; validators need `evaluate` and `gradient` as well.
    """

    # For people.
    name: str = ""
    # How many examples there are.
    examples: int
    # Into how many groups they fall for judging, such as one for each label.
    groups: int = 1

    @abstractmethod
    def tensors(self) -> Shapes:
        """The tensors that are trained, and no others, in an order that never changes."""

    def initialize(self, seed: int) -> Tensors:
        """The weights that a task with this seed starts from: the same ones each time."""
        return glorot(self.tensors(), seed)

    @abstractmethod
    def train(self, weights: Weights, config: TrainingConfig) -> Trained:
        """Trains from the weights, which are read-only: copy those that you change in place."""

    def evaluate(self, weights: Weights) -> Evaluation:
        """The loss of the weights on all examples. Draws nothing at random."""
        raise TrainerError("this trainer trains and does not evaluate: define evaluate(weights) for validators")

    def gradient(self, weights: Weights, group: int | None) -> Gradient:
        """The gradient of the mean loss over a group of the examples, or over all of them. Draws nothing at random."""
        raise TrainerError("this trainer trains and does not judge: define gradient(weights, group) for validators")


def glorot(shapes: Shapes, seed: int) -> dict[str, NDArray[np.float32]]:
    """Zeros for vectors and scalars; for what has more dimensions, uniform draws within sqrt(6 / (inputs + outputs)),
    where the first dimension counts the outputs (Glorot and Bengio, 2010)."""
    random = np.random.default_rng(seed)

    def draw(shape: Sequence[int]) -> NDArray[np.float32]:
        if len(shape) < 2:
            return np.zeros(shape, np.float32)
        bound = math.sqrt(6 / (math.prod(shape[1:]) + shape[0]))
        return random.uniform(-bound, bound, shape).astype(np.float32)

    return {name: draw(shape) for name, shape in shapes.items()}
