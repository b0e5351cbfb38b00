"""A small classifier with its data, for tests of trainers out of PyTorch modules."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.utils.data import TensorDataset  # noqa: E402

import tributary  # noqa: E402
from tributary.torch import TorchTrainer  # noqa: E402

DEVICES = ["cpu"] + (["cuda"] if torch.cuda.is_available() else [])
CLASSES = 3
FEATURES = torch.randn(50, 4, generator=torch.Generator().manual_seed(1))
LABELS = torch.arange(50) % CLASSES
DATA = TensorDataset(FEATURES, LABELS)


def make():
    return nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Dropout(0.5), nn.Linear(5, CLASSES))


def classifier(module=make, data=DATA, **options):
    return TorchTrainer(module, data, **{"loss": nn.CrossEntropyLoss(), "device": "cpu", **options})


def config(epochs=1, steps=None, batch=8, rate=0.1, decay=0.0, seed=3):
    return tributary.TrainingConfig(None if steps is not None else epochs, steps, batch, rate, decay, seed)


def copied(tensors):
    return {name: np.array(tensor, np.float32) for name, tensor in tensors.items()}


def first(trainer, seed=5):
    return copied(trainer.initialize(seed))


def assert_equal(one, other):
    assert list(one) == list(other)
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def differ(one, other):
    return any((one[name] != other[name]).any() for name in one)


def my_train(model, loader, config):
    optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
    total = 0.0
    for _ in range(config.epochs):
        for features, labels in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(features), labels)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
    return total / 50


def assert_slope(trainer, weights, step=1e-3):
    """The gradient is the slope of the loss along random directions."""
    gradient = copied(trainer.gradient(weights, None).tensors)
    draw = np.random.default_rng(2)
    for _ in range(10):
        direction = {name: draw.standard_normal(tensor.shape) for name, tensor in weights.items()}
        ends = [
            trainer.evaluate({n: (t + s * direction[n]).astype(np.float32) for n, t in weights.items()}).loss
            for s in (step, -step)]
        slope = sum(float((gradient[name] * direction[name]).sum()) for name in weights)
        assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(slope, rel=1e-2, abs=1e-3)
