"""PyTorch modules as trainers, held to autograd, to finite differences and to loops written by hand."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.utils.data import DataLoader, IterableDataset, Subset, TensorDataset, WeightedRandomSampler  # noqa: E402

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


# Judging


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("judging_batch", [7, 256])
def test_the_gradient_is_that_of_autograd(device, judging_batch):
    trainer = classifier(device=device, judging_batch=judging_batch)
    weights = first(trainer)
    found = trainer.gradient(weights, None)
    module = make().eval()
    module.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in weights.items()})
    loss = nn.CrossEntropyLoss()(module(FEATURES), LABELS)
    loss.backward()
    assert found.loss == pytest.approx(loss.item(), rel=1e-5) and found.examples == 50
    for name, parameter in module.named_parameters():
        np.testing.assert_allclose(found.tensors[name], parameter.grad.numpy(), rtol=1e-4, atol=1e-6)


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


def test_the_gradient_is_that_of_finite_differences():
    trainer = classifier(lambda: make().double(), TensorDataset(FEATURES.double(), LABELS))
    weights = first(trainer)
    assert_slope(trainer, weights)


def test_groups_are_labels_and_their_gradients_add_up():
    trainer = classifier()
    weights = first(trainer)
    assert trainer.groups == CLASSES
    groups = [trainer.gradient(weights, group) for group in range(CLASSES)]
    assert [group.examples for group in groups] == [17, 17, 16]
    whole = trainer.gradient(weights, None)
    for name in weights:
        mixed = sum(group.tensors[name] * group.examples / 50 for group in groups)
        np.testing.assert_allclose(mixed, whole.tensors[name], rtol=1e-3, atol=1e-6)


class Named:
    """A data set with labels as torchvision has them."""

    def __init__(self, targets):
        self.targets = targets

    def __len__(self):
        return 50

    def __getitem__(self, index):
        return FEATURES[index], LABELS[index]


@pytest.mark.parametrize("data, labels, groups", [
    (DATA, None, 3), (Subset(DATA, [0, 1, 3, 4]), None, 2), (Named([0, 7] * 25), None, 2), (Named(LABELS), None, 3),
    (Named(torch.arange(50)), None, 50), (Named([0.5] * 50), None, 1), (Named("labels"), None, 1),
    (DATA, [1] * 50, 1), (DATA, list(range(50)), 50), (TensorDataset(FEATURES), None, 1),
    (TensorDataset(FEATURES, FEATURES), None, 1), (DataLoader(DATA, batch_size=4), None, 3),
])
def test_where_groups_come_from(data, labels, groups):
    assert classifier(data=data, labels=labels).groups == groups


def test_more_labels_than_validators_look_at_are_one_group():
    data = TensorDataset(torch.randn(65, 4), torch.arange(65))
    assert classifier(data=data).groups == 1
    with pytest.raises(tributary.TrainerError, match="one whole number for each"):
        classifier(labels=[1, 2])


@pytest.mark.parametrize("device", DEVICES)
def test_judging_draws_nothing_and_repeats(device):
    trainer = classifier(device=device)
    weights = first(trainer)
    one, gradient = trainer.evaluate(weights), copied(trainer.gradient(weights, 1).tensors)
    torch.rand(3)
    trainer.train(weights, config())
    assert trainer.evaluate(weights) == one
    assert_equal(copied(trainer.gradient(weights, 1).tensors), gradient)


def test_accuracy_of_classes_alone():
    trainer = classifier()
    weights = first(trainer)
    with torch.no_grad():
        outputs = trainer.module.eval()(FEATURES)
    trainer.evaluate(weights)
    expected = (trainer.module(FEATURES).argmax(1) == LABELS).float().mean().item()
    assert outputs.shape == (50, CLASSES)
    assert trainer.evaluate(weights).metrics["accuracy"] == pytest.approx(expected)
    numbers = TensorDataset(FEATURES, FEATURES[:, :1])
    regression = TorchTrainer(nn.Linear(4, 1), numbers, loss=nn.MSELoss(), device="cpu")
    assert regression.evaluate(first(regression)).metrics == {}
    other = classifier(metrics=lambda outputs, targets: {"margin": outputs.max(), "n": len(targets)}, judging_batch=25)
    assert other.evaluate(first(other)).metrics["n"] == 25


# Training


def by_hand(weights, config, module=None):
    """Plain gradient descent in the configuration's order."""
    module = (module or nn.Linear(4, CLASSES)).train()
    module.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in weights.items()})
    optimizer = torch.optim.SGD(module.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    total = met = 0
    for rows in config.batches(50):
        optimizer.zero_grad()
        loss = nn.CrossEntropyLoss()(module(FEATURES[rows]), LABELS[rows])
        loss.backward()
        optimizer.step()
        total, met = total + loss.item() * len(rows), met + len(rows)
    return {name: tensor.numpy() for name, tensor in module.state_dict().items()}, total / met


@pytest.mark.parametrize("length", [{"epochs": 3}, {"steps": 1}, {"steps": 20}, {"epochs": 1, "batch": 80}])
@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_training_is_the_loop_that_one_would_write(length, decay):
    trainer = classifier(lambda: nn.Linear(4, CLASSES))
    weights, settings = first(trainer), config(**length, decay=decay)
    found = trainer.train(weights, settings)
    expected, loss = by_hand(weights, settings)
    assert_equal(copied(found.weights), expected)
    assert found.loss == pytest.approx(loss, rel=1e-6) and found.steps == settings.step_count(50)


def test_no_epochs_leave_the_weights():
    trainer = classifier()
    weights = first(trainer)
    found = trainer.train(weights, config(epochs=0))
    assert_equal(copied(found.weights), weights)
    assert (found.loss, found.steps) == (0, 0)


@pytest.mark.parametrize("device", DEVICES)
def test_a_seed_decides_and_no_call_reaches_into_the_next(device):
    options = {"optimizer": torch.optim.AdamW, "device": device}
    trainer = classifier(**options)
    weights = first(trainer)
    one = copied(trainer.train(weights, config(epochs=2)).weights)
    other = copied(trainer.train(weights, config(epochs=2, seed=4)).weights)
    trainer.gradient(one, 0)
    again = copied(trainer.train(weights, config(epochs=2)).weights)
    assert differ(one, other)
    fresh = classifier(**options)
    if device == "cpu":
        assert_equal(one, again)
        assert_equal(one, copied(fresh.train(weights, config(epochs=2)).weights))
    else:
        np.testing.assert_allclose(np.concatenate([t.ravel() for t in one.values()]),
                                   np.concatenate([t.ravel() for t in again.values()]), rtol=1e-4, atol=1e-5)


def test_first_weights_are_those_of_the_seed_or_the_module():
    trainer = classifier()
    assert_equal(first(trainer, 1), first(classifier(), 1))
    assert differ(first(trainer, 1), first(trainer, 2))
    module = make()
    kept = {name: tensor.detach().numpy().copy() for name, tensor in module.named_parameters()}
    trainer = classifier(module)
    trainer.train(first(trainer), config())
    assert_equal(first(trainer, 1), kept)
    assert_equal(first(trainer, 2), kept)


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


@pytest.mark.parametrize("length, steps", [({"epochs": 2}, 14), ({"steps": 9}, 9), ({"epochs": 0}, 0)])
def test_a_loop_of_ones_own(length, steps):
    trainer = classifier(train=my_train)
    weights = first(trainer)
    found = trainer.train(weights, config(**length))
    one = copied(found.weights)
    assert found.steps == steps and differ(one, weights) == (steps > 0)
    assert_equal(copied(trainer.train(weights, config(**length)).weights), one)


def test_a_loop_that_returns_no_loss_has_that_before_training():
    trainer = classifier(train=lambda *arguments: my_train(*arguments) and None)
    weights = first(trainer)
    found = trainer.train(weights, config())
    one = copied(found.weights)
    assert found.loss == trainer.evaluate(weights).loss
    assert_equal(one, copied(classifier(train=my_train).train(weights, config()).weights))


def test_a_loader_of_the_users_keeps_its_collation_and_workers():
    def collate(examples):
        return torch.stack([x for x, _ in examples]) * 2, torch.tensor([int(y) for _, y in examples])

    loader = DataLoader(DATA, batch_size=3, shuffle=True, collate_fn=collate, num_workers=2)
    doubled = TensorDataset(FEATURES * 2, LABELS)
    trainer, plain = classifier(data=loader), classifier(data=doubled)
    weights = first(trainer)
    assert_equal(copied(trainer.train(weights, config()).weights), copied(plain.train(weights, config()).weights))
    assert trainer.evaluate(weights).loss == pytest.approx(plain.evaluate(weights).loss)


def test_what_cannot_be_a_trainer():
    class Stream(IterableDataset):
        def __iter__(self):
            return iter(DATA)

    frozen = make()
    frozen.requires_grad_(False)
    sampler = WeightedRandomSampler([1.0] * 50, 50)
    for build, problem in [
        (lambda: classifier(data=Stream()), "no length"),
        (lambda: classifier(data=DataLoader(DATA, sampler=sampler)), "a sampler of its own"),
        (lambda: classifier(data=Subset(DATA, [])), "no examples"),
        (lambda: classifier(frozen), "nothing to train"),
        (lambda: TorchTrainer(make, DATA), "either loss"),
        (lambda: classifier(batch_loss=lambda module, batch: 0), "either loss"),
    ]:
        with pytest.raises(tributary.TrainerError, match=problem):
            build()
    trainer = classifier(optimizer=lambda parameters, config: None)
    with pytest.raises(tributary.TrainerError, match="optimizer made NoneType"):
        trainer.train(first(trainer), config())
    triples = TensorDataset(FEATURES, FEATURES, LABELS)
    trainer = classifier(data=triples)
    with pytest.raises(tributary.TrainerError, match="give batch_loss"):
        trainer.evaluate(first(trainer))


# Parts of a model


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
