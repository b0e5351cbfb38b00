"""Trainers out of PyTorch modules."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import itertools
import os
import random
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, SupportsFloat

import numpy as np
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm, _NormBase
from torch.utils.data import DataLoader, Dataset

from ._batches import SeededBatches, Source, grouped, in_order, moved
from .contract import Evaluation, Gradient, Shapes, Tensors, Trained, Trainer, TrainingConfig, Weights
from .errors import TrainerError

# Deterministic products on CUDA need it, and it is read when CUDA starts.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")

# loss(outputs, targets), the mean over a batch.
Criterion = Callable[[Any, Any], torch.Tensor]
# batch_loss(module, batch), the mean over a batch.
BatchLoss = Callable[[nn.Module, Any], torch.Tensor]
# A class of torch.optim, or a function that makes an optimizer of parameters.
OptimizerFactory = type[torch.optim.Optimizer] | Callable[[list[nn.Parameter], TrainingConfig], torch.optim.Optimizer]
# The user's own loop. It may return its mean loss.
TrainFunction = Callable[[nn.Module, DataLoader[Any], TrainingConfig], SupportsFloat | None]
# Means over a batch by name, of (outputs, targets) beside `loss` and of (module, batch) beside `batch_loss`.
Metrics = Callable[[Any, Any], Mapping[str, SupportsFloat]]


class TorchTrainer(Trainer):
    """Trains the parameters of a module that require a gradient; what is frozen is never sent.

    ```python
    trainer = TorchTrainer(make_model, dataset, loss=nn.CrossEntropyLoss())
    trainer = TorchTrainer(model, dataset, batch_loss=lambda model, batch: model(**batch).loss, optimizer=AdamW)
    trainer = TorchTrainer(make_model, loader, loss=nn.MSELoss(), train=my_train)  # my_train(model, loader, config)
    ```

    - `module`: a module, whose values are the first weights whatever the seed; or a function that makes one, which is
      called with PyTorch seeded by the task's seed. Frozen values are those of the module, or of seed 0.
    - `data`: a data set with a length, or a loader, of which batch size and order are the task's.
    - `loss(outputs, targets)` for batches of inputs and targets, or `batch_loss(module, batch)` for any others: the
      mean over the batch, which counts in proportion to the batch's examples.
    - `optimizer`: a class, made with the task's learning rate and weight decay, or `f(parameters, config)`. Each run of
      training has a new one; with `keeps_optimizer` it begins with the moments that the last run ended with, as in
      DiLoCo (Douillard et al., 2023), so that runs of few steps do not spend them on finding these again.
    - `train`: a training loop in place of this one, which makes its own optimizer. The loader has the task's order;
      `config.epochs` is always there, since all steps of a task in steps are one pass. If the function returns no loss,
      the loss before training is measured, which takes a pass.
    - `metrics`: means over a batch by name. Without it, classifiers report their accuracy.
    - `labels`: a whole number for each example; examples are judged by label. By default what the data set says.
    - `buffers`: whether floating-point buffers, such as the statistics of batch norm, are trained tensors. By default
      they are not: they keep the module's values, and batch norm uses these in training as well, so that nothing that
      was not sent decides what a model says. With True they are sent and averaged like parameters.
    - `device`: by default CUDA if there is any.
    - `judging_dtype`: what a module in half precision is judged in: halves are too coarse for what one update is worth.
      None leaves it as it is, which takes less memory.

    The arrays that a call returns may be the module's own, which the next call changes.
    """

    def __init__(
        self, module: nn.Module | Callable[[], nn.Module], data: Dataset[Any] | DataLoader[Any], *,
        loss: Criterion | None = None, batch_loss: BatchLoss | None = None,
        optimizer: OptimizerFactory = torch.optim.SGD, keeps_optimizer: bool = False, train: TrainFunction | None = None,
        metrics: Metrics | None = None, labels: Sequence[int] | None = None, buffers: bool = False,
        device: str | torch.device | None = None, judging_batch: int = 256,
        judging_dtype: torch.dtype | None = torch.float32, name: str = "",
    ):
        if (loss is None) == (batch_loss is None):
            raise TrainerError("give either loss(outputs, targets) or batch_loss(module, batch)")
        self._criterion, self._batch_loss, self._metrics = loss, batch_loss, metrics
        if keeps_optimizer and train:
            raise TrainerError("keeps_optimizer is for the loop of TorchTrainer; your own loop makes its own optimizer")
        self._optimizer, self._loop = optimizer, train
        # By parameter, as the last run left them.
        self._keeps_optimizer, self._moments = keeps_optimizer, dict[int, Any]()
        self._judging_batch, self._judging_dtype = judging_batch, judging_dtype
        self._device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        # What halves among the examples are raised to, as the module is.
        self._raised: torch.dtype | None = None
        self._sends_buffers = buffers
        self._make = None if isinstance(module, nn.Module) else module
        self.module = (module if isinstance(module, nn.Module) else self._made(0)).to(self._device)
        self._trained = self._tensors_of(self.module)
        if not self._trained:
            raise TrainerError("no parameter of the module requires a gradient: there is nothing to train")
        # The weights of a module that was there before; one that is made has those of its seed.
        kept = {} if self._make else self._trained
        self._first = {name: tensor.detach().cpu().clone() for name, tensor in kept.items()}
        sent = {id(tensor) for tensor in self._trained.values()}
        self._kept = [(buffer, buffer.clone()) for buffer in self.module.buffers() if id(buffer) not in sent]
        for part in self.module.modules():
            if isinstance(part, _NormBase) and part.track_running_stats:
                _differentiate(part) if buffers else _freeze(part)
        self._source = Source(data)
        self._groups = grouped(labels, self._source)
        self.examples, self.groups = self._source.count, len(self._groups)
        self.name = name or type(self.module).__name__

    def tensors(self) -> Shapes:
        return {name: tuple(tensor.shape) for name, tensor in self._trained.items()}

    def initialize(self, seed: int) -> Tensors:
        first = self._first if self._make is None else self._tensors_of(self._made(seed))
        return {name: _array(tensor) for name, tensor in first.items()}

    def train(self, weights: Weights, config: TrainingConfig) -> Trained:
        self._load(weights)
        _seed(config.seed)
        before = {name: _array(tensor).copy() for name, tensor in self._trained.items() if _is_half(tensor)}
        batches = SeededBatches(self.examples, config)
        config = dataclasses.replace(config, epochs=1 if config.epochs is None else config.epochs)
        loss = self._run_loop(weights, batches, config) if self._loop else self._run(batches, config)
        after = {name: _array(tensor) for name, tensor in self._trained.items()}
        # Half precision cannot hold the weights: what it rounds off is no part of what was learned.
        for name, start in before.items():
            after[name] = weights[name] + (after[name] - start)
        return Trained(after, loss, batches.drawn)

    def evaluate(self, weights: Weights) -> Evaluation:
        total, sums = 0.0, dict[str, float]()
        with self._judging(weights), torch.no_grad():
            for count, batch in self._source.counted(in_order(range(self.examples), self._judging_batch)):
                loss, metrics = self._measured(self._moved(batch))
                total += count * float(loss)
                for name, value in metrics.items():
                    sums[name] = sums.get(name, 0) + count * float(value)
        means = {name: value / self.examples for name, value in sums.items()}
        return Evaluation(total / self.examples, self.examples, means)

    def gradient(self, weights: Weights, group: int | None) -> Gradient:
        chosen = range(self.examples) if group is None else self._groups[group]
        total = 0.0
        # In single precision, whatever the module computes in.
        sums = {name: torch.zeros_like(tensor, dtype=torch.float32) for name, tensor in self._trained.items()}
        with self._judging(weights), _requiring_gradients(self._trained.values()):
            self.module.zero_grad()
            for count, batch in self._source.counted(in_order(chosen, self._judging_batch)):
                loss = self._loss(self._moved(batch))
                loss.backward()  # type: ignore[no-untyped-call]
                total += count * float(loss.detach())
                for name, tensor in self._trained.items():
                    if tensor.grad is not None:
                        dense = tensor.grad.to_dense() if tensor.grad.is_sparse else tensor.grad
                        sums[name].add_(dense, alpha=count / len(chosen))
                        tensor.grad = None
        return Gradient({name: _array(tensor) for name, tensor in sums.items()}, total / len(chosen), len(chosen))

    def _run(self, batches: SeededBatches, config: TrainingConfig) -> float:
        parameters = [tensor for tensor in self._trained.values() if isinstance(tensor, nn.Parameter)]
        optimizer = self._new_optimizer(parameters, config)
        if self._moments:
            # Rates and the like are this run's.
            optimizer.load_state_dict({**optimizer.state_dict(), "state": self._moments})
        steps = config.step_count(self.examples)
        total, met, step = torch.zeros((), dtype=torch.float64, device=self._device), 0, 0
        self.module.train()
        for _ in range(config.epochs or 0):
            for count, batch in self._source.counted(batches):
                optimizer.zero_grad()
                loss = self._loss(self._moved(batch))
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                total += count * loss.detach()
                met, step = met + count, step + 1
                config.progress(step, steps, loss.detach())
        if self._keeps_optimizer:
            self._moments = optimizer.state_dict()["state"]
        return float(total) / met if met else 0.0

    def _run_loop(self, weights: Weights, batches: SeededBatches, config: TrainingConfig) -> SupportsFloat:
        assert self._loop
        self.module.train()
        loss = self._loop(self.module, self._source.loader(batches), config)
        if loss is not None:
            return loss
        trained = [tensor.detach().clone() for tensor in self._trained.values()]
        before = self.evaluate(weights).loss if batches.drawn else 0.0
        with torch.no_grad():
            for tensor, value in zip(self._trained.values(), trained, strict=True):
                tensor.copy_(value)
        return before

    def _moved(self, batch: Any) -> Any:
        return moved(batch, self._device, self._raised)

    def _new_optimizer(self, parameters: list[nn.Parameter], config: TrainingConfig) -> torch.optim.Optimizer:
        factory: Any = self._optimizer
        if isinstance(factory, type):
            found = factory(parameters, lr=config.learning_rate, weight_decay=config.weight_decay)
        else:
            found = factory(parameters, config)
        if not isinstance(found, torch.optim.Optimizer):
            raise TrainerError(f"optimizer made {type(found).__name__}: return an optimizer of torch.optim")
        return found

    def _loss(self, batch: Any) -> torch.Tensor:
        if self._batch_loss:
            return self._batch_loss(self.module, batch)
        outputs, targets = self._outputs(batch)
        assert self._criterion
        return self._criterion(outputs, targets)

    def _outputs(self, batch: Any) -> tuple[Any, Any]:
        if not isinstance(batch, (list, tuple)) or len(batch) != 2:
            raise TrainerError(
                f"a batch is {type(batch).__name__}, and loss(outputs, targets) needs pairs of inputs and targets: "
                "give batch_loss(module, batch) instead")
        return self.module(batch[0]), batch[1]

    def _measured(self, batch: Any) -> tuple[torch.Tensor, Mapping[str, SupportsFloat]]:
        if self._batch_loss:
            return self._batch_loss(self.module, batch), self._metrics(self.module, batch) if self._metrics else {}
        outputs, targets = self._outputs(batch)
        assert self._criterion
        metrics = self._metrics(outputs, targets) if self._metrics else _accuracy(outputs, targets)
        return self._criterion(outputs, targets), metrics

    @contextlib.contextmanager
    def _judging(self, weights: Weights) -> Iterator[None]:
        """The module with the weights, where two calls compute alike."""
        was_set = torch.are_deterministic_algorithms_enabled()
        was_warning = torch.is_deterministic_algorithms_warn_only_enabled()
        was_timing = torch.backends.cudnn.benchmark
        halves = self._raise()
        try:
            self._load(weights)
            self.module.eval()
            _seed(0)
            torch.use_deterministic_algorithms(True, warn_only=True)
            torch.backends.cudnn.benchmark = False
            yield
        finally:
            torch.use_deterministic_algorithms(was_set, warn_only=was_warning)
            torch.backends.cudnn.benchmark = was_timing
            self._raised = None
            for tensor, dtype in halves:
                tensor.data = tensor.data.to(dtype)

    def _raise(self) -> list[tuple[torch.Tensor, torch.dtype]]:
        """Puts what is in half precision into the one for judging, and returns what each was in."""
        every = itertools.chain(self.module.parameters(), self.module.buffers())
        found = [(tensor, tensor.dtype) for tensor in every if self._judging_dtype and _is_half(tensor)]
        for tensor, _ in found:
            tensor.data = tensor.data.to(self._judging_dtype)
        self._raised = self._judging_dtype if found else None
        return found

    def _made(self, seed: int) -> nn.Module:
        assert self._make
        _seed(seed)
        return self._make()

    def _tensors_of(self, module: nn.Module) -> dict[str, torch.Tensor]:
        """What is trained, by name. A parameter with several names has the first of them."""
        found: dict[str, torch.Tensor] = {}
        for name, parameter in module.named_parameters():
            if parameter.requires_grad:
                if not parameter.is_floating_point():
                    raise TrainerError(f"parameter '{name}' has type {parameter.dtype}: real numbers can be trained")
                found[name] = parameter
        if self._sends_buffers:
            found.update((name, buffer) for name, buffer in module.named_buffers() if buffer.is_floating_point())
        return found

    def _load(self, weights: Weights) -> None:
        # A training loop may have moved the module.
        self.module.to(self._device)
        with torch.no_grad(), warnings.catch_warnings():
            # The weights are read-only, and they are only read.
            warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
            for name, tensor in self._trained.items():
                tensor.copy_(torch.from_numpy(weights[name]))
            for buffer, value in self._kept:
                buffer.copy_(value)


def _array(tensor: torch.Tensor) -> Any:
    value = tensor.detach().cpu()
    return (value.float() if _is_half(value) else value).numpy()


def _is_half(tensor: torch.Tensor) -> bool:
    return tensor.is_floating_point() and tensor.dtype.itemsize < 4


def _seed(seed: int) -> None:
    """Seeds whatever a module, a loop or a data set may draw from."""
    random.seed(seed)
    np.random.seed(seed % (1 << 32))
    torch.manual_seed(seed)


@contextlib.contextmanager
def _requiring_gradients(tensors: Iterable[torch.Tensor]) -> Iterator[None]:
    """Has the buffers among tensors take part in what is differentiated."""
    buffers = [tensor for tensor in tensors if not tensor.requires_grad]
    for buffer in buffers:
        buffer.requires_grad_(True)
    try:
        yield
    finally:
        for buffer in buffers:
            buffer.requires_grad_(False)
            buffer.grad = None


def _freeze(part: nn.Module) -> None:
    """Has a norm use its running statistics in training, too."""
    part.eval()
    # What module.train() calls on each of its parts.
    setattr(part, "train", functools.partial(_unchanged, part))


def _unchanged(part: nn.Module, mode: bool = True) -> nn.Module:
    return part


def _differentiate(part: nn.Module) -> None:
    """Has a batch norm with running statistics have a gradient by them, which PyTorch's own has not."""
    if isinstance(part, _BatchNorm):
        setattr(part, "forward", functools.partial(_normalized, part))


def _normalized(part: _BatchNorm, values: torch.Tensor) -> torch.Tensor:
    mean, variance = part.running_mean, part.running_var
    if part.training or mean is None or variance is None:
        return type(part).forward(part, values)
    shape = [1, -1] + [1] * (values.ndim - 2)
    found = (values - mean.view(shape)) * torch.rsqrt(variance + part.eps).view(shape)
    if part.affine:
        found = found * part.weight.view(shape) + part.bias.view(shape)
    return found.to(values.dtype)


def _accuracy(outputs: Any, targets: Any) -> dict[str, float]:
    """The share of targets that are their outputs' greatest; nothing if these are not classes."""
    if not isinstance(outputs, torch.Tensor) or not isinstance(targets, torch.Tensor):
        return {}
    is_class = targets.dtype in (torch.int64, torch.int32, torch.uint8) and outputs.ndim == targets.ndim + 1
    if not is_class or outputs.shape[1] < 2:
        return {}
    return {"accuracy": float((outputs.argmax(1) == targets).float().mean())}
