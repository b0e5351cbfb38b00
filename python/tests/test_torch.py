"""Judging and training of PyTorch modules, held to autograd, to finite differences and to loops written by hand."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from modules import (  # noqa: E402
    CLASSES, DATA, DEVICES, FEATURES, LABELS, assert_equal, assert_slope, classifier, config, copied, differ, first, make,
    my_train,
)
from torch import nn  # noqa: E402
from torch.utils.data import DataLoader, IterableDataset, Subset, TensorDataset, WeightedRandomSampler  # noqa: E402

import tributary  # noqa: E402
from tributary.torch import TorchTrainer  # noqa: E402

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


def test_moments_live_on_if_asked_to():
    """Two runs end where one optimizer over both runs' batches does, at each run's own rate."""
    runs = [config(steps=3, rate=0.1, seed=3), config(steps=4, rate=0.05, seed=4)]
    trainer = classifier(lambda: nn.Linear(4, CLASSES), optimizer=torch.optim.AdamW, keeps_optimizer=True)
    weights = first(trainer)
    module = nn.Linear(4, CLASSES)
    module.load_state_dict({name: torch.from_numpy(tensor.copy()) for name, tensor in weights.items()})
    optimizer = torch.optim.AdamW(module.parameters(), weight_decay=0.0)
    for settings in runs:
        optimizer.param_groups[0]["lr"] = settings.learning_rate
        for rows in settings.batches(50):
            optimizer.zero_grad()
            nn.CrossEntropyLoss()(module(FEATURES[rows]), LABELS[rows]).backward()
            optimizer.step()
    found = weights
    for settings in runs:
        found = copied(trainer.train(found, settings).weights)
    assert_equal(found, {name: tensor.numpy() for name, tensor in module.state_dict().items()})
    anew = classifier(lambda: nn.Linear(4, CLASSES), optimizer=torch.optim.AdamW)
    for settings in runs:
        weights = copied(anew.train(weights, settings).weights)
    assert any(not np.array_equal(found[name], weights[name]) for name in found)


def test_moments_of_ones_own_loop_are_its_own():
    with pytest.raises(tributary.TrainerError, match="your own loop makes its own optimizer"):
        classifier(keeps_optimizer=True, train=lambda module, loader, config: 0.0)


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
