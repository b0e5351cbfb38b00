"""Which tensors of a PyTorch module are sent: adapters, tied ones, statistics, halves."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from modules import (  # noqa: E402
    CLASSES, FEATURES, LABELS, assert_equal, assert_slope, classifier, config, copied, first, make, my_train,
)
from torch import nn  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

import tributary  # noqa: E402
from tributary.torch import TorchTrainer  # noqa: E402


class Adapted(nn.Module):
    """A frozen layer with a low-rank adapter."""

    def __init__(self):
        super().__init__()
        self.base = nn.Linear(4, CLASSES)
        self.base.requires_grad_(False)
        self.down, self.up = nn.Linear(4, 2, bias=False), nn.Linear(2, CLASSES, bias=False)

    def forward(self, features):
        return self.base(features) + self.up(self.down(features))


def test_only_adapters_are_sent():
    trainer = classifier(Adapted)
    assert dict(trainer.tensors()) == {"down.weight": (2, 4), "up.weight": (CLASSES, 2)}
    base = trainer.module.base.weight.clone()
    weights = first(trainer)
    found = trainer.train(weights, config(epochs=5))
    assert trainer.evaluate(copied(found.weights)).loss < trainer.evaluate(weights).loss
    assert (trainer.module.base.weight == base).all()
    assert list(trainer.gradient(weights, None).tensors) == ["down.weight", "up.weight"]


class Tied(nn.Module):
    """A language model whose output layer is its embedding."""

    def __init__(self, vocabulary=11):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, 6)
        self.mix = nn.Linear(6, 6)
        self.output = nn.Linear(6, vocabulary, bias=False)
        self.output.weight = self.embedding.weight

    def forward(self, tokens):
        return self.output(torch.tanh(self.mix(self.embedding(tokens))))


def next_token_loss(model, batch):
    return nn.functional.cross_entropy(model(batch["tokens"][:, :-1]).transpose(1, 2), batch["tokens"][:, 1:])


class Text:
    def __len__(self):
        return 20

    def __getitem__(self, index):
        return {"tokens": (torch.arange(8) * (index + 1)) % 11}


def test_a_language_model_with_tied_tensors():
    trainer = TorchTrainer(
        Tied, Text(), batch_loss=next_token_loss, device="cpu", optimizer=torch.optim.AdamW,
        metrics=lambda model, batch: {"tokens": batch["tokens"].shape[1]})
    assert list(trainer.tensors()) == ["embedding.weight", "mix.weight", "mix.bias"]
    weights = first(trainer)
    found = trainer.train(weights, config(epochs=20, rate=0.01))
    end = copied(found.weights)
    assert trainer.evaluate(end).loss < trainer.evaluate(weights).loss - 0.3
    assert trainer.evaluate(end).metrics == {"tokens": 8}
    assert trainer.module.output.weight is trainer.module.embedding.weight
    module = Tied().eval()
    module.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in end.items()}, strict=False)
    next_token_loss(module, torch.utils.data.default_collate([Text()[index] for index in range(20)])).backward()
    np.testing.assert_allclose(
        trainer.gradient(end, None).tensors["embedding.weight"], module.embedding.weight.grad.numpy(), atol=1e-5)


def smooth():
    return nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Linear(6, CLASSES))


def normed():
    return nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, CLASSES))


@pytest.mark.parametrize("loop", [None, my_train])
def test_statistics_that_are_not_sent_stay_as_they_are(loop):
    trainer = classifier(normed, train=loop)
    assert not [name for name in trainer.tensors() if "running" in name]
    weights = first(trainer)
    found = copied(trainer.train(weights, config(epochs=3)).weights)
    norm = trainer.module[1]
    assert not norm.training and trainer.module[0].training
    assert (norm.running_mean == 0).all() and (norm.running_var == 1).all() and norm.num_batches_tracked == 0
    # What training lowers is what a validator measures.
    assert trainer.evaluate(found).loss < trainer.evaluate(weights).loss


def test_statistics_that_are_sent_are_trained_and_judged():
    trainer = classifier(lambda: smooth().double(), TensorDataset(FEATURES.double(), LABELS), buffers=True)
    names = list(trainer.tensors())
    assert names[-2:] == ["1.running_mean", "1.running_var"] and "1.num_batches_tracked" not in names
    weights = first(trainer)
    found = trainer.train(weights, config(epochs=3))
    one = copied(found.weights)
    assert (one["1.running_mean"] != 0).all()
    assert_equal(copied(trainer.train(weights, config(epochs=3)).weights), one)
    assert trainer.evaluate(one).loss < trainer.evaluate(weights).loss
    module = smooth().eval()
    module.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in one.items()}, strict=False)
    expected = nn.CrossEntropyLoss()(module(FEATURES), LABELS).item()
    assert trainer.evaluate(one).loss == pytest.approx(expected, rel=1e-5)
    assert (trainer.gradient(one, None).tensors["1.running_var"] != 0).all()
    assert_slope(trainer, one)
    assert not trainer.module[1].running_var.requires_grad
    assert_equal(copied(trainer.train(weights, config(epochs=3)).weights), one)


class Counting(nn.Module):
    """Keeps a state of its own in a buffer, which changes what it says."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, CLASSES)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, features):
        self.calls += 1
        return self.layer(features) * (1 + self.calls)


def test_a_buffer_that_counts_starts_anew_with_each_call():
    trainer = classifier(Counting)
    weights = first(trainer)
    one = copied(trainer.train(weights, config()).weights)
    assert_equal(copied(trainer.train(weights, config()).weights), one)
    assert trainer.evaluate(weights) == trainer.evaluate(weights)


def test_half_precision():
    """What a half cannot hold of the weights is not taken for learned; gradients add up in single precision."""
    data = TensorDataset(FEATURES.bfloat16(), LABELS)
    trainer = classifier(lambda: make().bfloat16(), data, judging_batch=4)
    draw = np.random.default_rng(4)
    weights = {name: draw.standard_normal(shape).astype(np.float32) for name, shape in trainer.tensors().items()}
    assert_equal(copied(trainer.train(weights, config(epochs=0)).weights), weights)
    still = copied(trainer.train(weights, config(rate=1e-9)).weights)
    assert_equal(still, weights)
    moved = copied(trainer.train(weights, config(rate=0.5)).weights)
    assert trainer.evaluate(moved).loss < trainer.evaluate(weights).loss
    # Judged in single precision, with the same weights and rounded examples, and then as it was.
    whole = classifier(make, TensorDataset(FEATURES.bfloat16().float(), LABELS), judging_batch=4)
    assert_equal(copied(trainer.gradient(weights, None).tensors), copied(whole.gradient(weights, None).tensors))
    assert trainer.evaluate(weights) == whole.evaluate(weights)
    assert {tensor.dtype for tensor in trainer.module.parameters()} == {torch.bfloat16}
    assert_equal(copied(trainer.train(weights, config(rate=0.5)).weights), moved)
    coarse = classifier(lambda: make().bfloat16(), data, judging_batch=4, judging_dtype=None)
    found = coarse.gradient(weights, None).tensors
    for name, tensor in whole.gradient(weights, None).tensors.items():
        assert found[name].dtype == np.float32
        np.testing.assert_allclose(found[name], tensor, atol=0.02)


def test_a_model_is_loaded_into_a_module():
    trainer = classifier(Adapted)
    weights = first(trainer)
    model = tributary.Model("ab" * 32, "adapted", 1, None, weights)
    module = Adapted()
    base = module.base.weight.clone()
    model.load_into(module)
    assert (module.up.weight.detach().numpy() == weights["up.weight"]).all() and (module.base.weight == base).all()
    with pytest.raises(tributary.TributaryError, match="no tensor 'down.weight'"):
        model.load_into(nn.Linear(4, 3))
    model = tributary.Model("ab" * 32, "adapted", 1, None, {"up.weight": np.zeros((3, 3), np.float32)})
    with pytest.raises(tributary.TributaryError, match="has shape"):
        model.load_into(module)


SCRIPT = """
import sys
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
import tributary
from tributary.torch import TorchTrainer

features = torch.randn(40, 4, generator=torch.Generator().manual_seed(1))
data = TensorDataset(features, (features.sum(1) > 0).long())
data = DataLoader(data, num_workers=int(sys.argv[1]))
tributary.run(TorchTrainer(lambda: nn.Linear(4, 2), data, loss=nn.CrossEntropyLoss(), name="signs"))
"""


@pytest.mark.parametrize("workers", [0, 2])
def test_as_a_process(start, workers):
    agent = start(SCRIPT.replace("sys.argv[1]", str(workers)))
    assert agent.describe() == {
        "tensors": [{"name": "weight", "shape": [2, 4]}, {"name": "bias", "shape": [2]}],
        "examples": 40, "groups": 2, "name": "signs"}
    weights = agent.initialize(3)
    trained, found = agent.train(weights, epochs=4, rate=0.5)
    assert found["steps"] == 20
    assert agent.evaluate(trained)["metrics"]["accuracy"] > 0.9
    before = agent.evaluate(weights)["loss"]
    gradient, _ = agent.gradient(weights)
    assert agent.evaluate(weights - np.float32(0.01) * gradient)["loss"] < before
    assert agent.gradient(weights, group=1)[1]["examples"] < 40
    assert agent.end() == 0 and agent.log() == ""
