"""How examples come to a PyTorch module: in the order of a seed for training, as they are for judging."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import (
    DataLoader, Dataset, IterableDataset, RandomSampler, Sampler, SequentialSampler, Subset, TensorDataset,
    default_collate,
)

from .contract import TrainingConfig
from .errors import TrainerError

# More groups than these cost validators more than they tell them.
_GROUPS = 64


class Source:
    """A data set, and how its examples become batches. Of a data loader all is kept but batch size and order."""

    def __init__(self, data: Dataset[Any] | DataLoader[Any]):
        self._options: dict[str, Any] = {"collate_fn": default_collate}
        if isinstance(data, DataLoader):
            if not isinstance(data.sampler, (SequentialSampler, RandomSampler)):
                raise TrainerError(
                    "the data loader has a sampler of its own, and the task's seed decides the order of examples: "
                    "give the data set instead, or a training function with a loader of its own")
            options = ("collate_fn", "num_workers", "pin_memory", "worker_init_fn", "multiprocessing_context")
            self._options = {name: getattr(data, name) for name in options}
            data = data.dataset
        if isinstance(data, IterableDataset) or not hasattr(data, "__len__"):
            raise TrainerError("the data set has no length: give one with __len__ and __getitem__")
        self.dataset = data
        self.count = len(data)
        if self.count < 1:
            raise TrainerError("the data set has no examples")

    def loader(self, batches: Sampler[list[int]]) -> DataLoader[Any]:
        """Batches as a training function knows them."""
        return DataLoader(self.dataset, batch_sampler=batches, **self._options)

    def counted(self, batches: Any) -> DataLoader[tuple[int, Any]]:
        """Batches, each with the number of its examples."""
        options = {**self._options, "collate_fn": _Counted(self._options["collate_fn"])}
        return DataLoader(self.dataset, batch_sampler=batches, **options)


class _Counted:
    """A class and not a function within another, so that worker processes can be sent it."""

    def __init__(self, collate: Callable[[list[Any]], Any]):
        self._collate = collate

    def __call__(self, examples: list[Any]) -> tuple[int, Any]:
        return len(examples), self._collate(examples)


class SeededBatches(Sampler[list[int]]):
    """The batches of a training run. Each iteration is one pass over the examples; if the run is so many steps long,
    one iteration is all of it."""

    def __init__(self, examples: int, config: TrainingConfig):
        self._passes = config.passes(examples)
        self._steps = config.steps
        self._length = -(-examples // config.batch_size) if config.steps is None else config.steps
        # Batches that were asked for.
        self.drawn = 0

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[list[int]]:
        every = itertools.chain.from_iterable(self._passes)
        for batch in next(self._passes) if self._steps is None else itertools.islice(every, self._steps):
            self.drawn += 1
            yield batch.tolist()


def in_order(indices: Sequence[int], size: int) -> list[list[int]]:
    """The examples in batches, as they come."""
    return [list(indices[start : start + size]) for start in range(0, len(indices), size)]


def found_labels(dataset: Any) -> NDArray[np.int64] | None:
    """The label of each example, where a data set says so: in `targets` or `labels`, or as its last tensor."""
    if isinstance(dataset, Subset):
        labels = found_labels(dataset.dataset)
        return None if labels is None else labels[np.asarray(dataset.indices)]
    if isinstance(dataset, TensorDataset):
        found = dataset.tensors[-1] if len(dataset.tensors) > 1 else None
    else:
        found = getattr(dataset, "targets", getattr(dataset, "labels", None))
    if not isinstance(found, (torch.Tensor, np.ndarray, list, tuple)):
        return None
    try:
        labels = np.asarray(found)
    except ValueError:
        return None
    is_label = labels.ndim == 1 and labels.dtype.kind in "iu" and len(labels) == len(dataset)
    return labels.astype(np.int64) if is_label else None


def grouped(labels: Sequence[int] | NDArray[Any] | None, source: Source) -> list[list[int]]:
    """The examples of each label, by ascending label. One group of all, if there are no labels or too many."""
    values = found_labels(source.dataset) if labels is None else np.asarray(labels)
    if values is None:
        return [list(range(source.count))]
    if values.shape != (source.count,) or values.dtype.kind not in "iu":
        raise TrainerError(f"there are {source.count} examples: give one whole number for each as labels")
    distinct = np.unique(values)
    if len(distinct) > _GROUPS:
        return [list(range(source.count))]
    return [np.flatnonzero(values == label).tolist() for label in distinct]


def moved(batch: Any, device: torch.device, raised: torch.dtype | None) -> Any:
    """A batch with its tensors on a device, and those in half precision in the one that they are raised to."""
    if isinstance(batch, torch.Tensor):
        is_half = batch.is_floating_point() and batch.dtype.itemsize < 4
        return batch.to(device, raised) if is_half and raised else batch.to(device)
    if hasattr(batch, "to"):
        return batch.to(device)
    if isinstance(batch, Mapping):
        return {name: moved(value, device, raised) for name, value in batch.items()}
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(moved(value, device, raised) for value in batch))
    if isinstance(batch, (list, tuple)):
        return type(batch)(moved(value, device, raised) for value in batch)
    return batch
