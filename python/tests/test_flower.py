"""Flower's NumPyClients as trainers: one with the class's signature, and one of Flower itself."""

import pathlib

import numpy as np
import pytest

import tributary
from tributary.flower import FlowerTrainer

X = np.random.default_rng(1).standard_normal((30, 4))
Y = X @ np.array([1.0, -2.0, 0.5, 0.0]) + 3


class Client:
    """Least squares as a Flower client does it: a state of its own, set at each call and changed in place."""

    def __init__(self):
        self.w, self.b = np.random.standard_normal(4).astype(np.float32), np.zeros(1)
        self.rounds = np.array(7)
        self.configs = []

    def get_properties(self, config):
        return {}

    def get_parameters(self, config):
        return [self.w, self.b, self.rounds]

    def set_parameters(self, parameters):
        self.w, self.b, self.rounds = parameters

    def residual(self):
        return X @ self.w + self.b - Y

    def fit(self, parameters, config):
        self.set_parameters(parameters)
        self.configs.append(config)
        losses = []
        for _ in range(config.get("epochs", 1)):
            losses.append(float((self.residual() ** 2).mean()))
            self.w -= (config["learning_rate"] * 2 * X.T @ self.residual() / 30).astype(np.float32)
            self.b -= config["learning_rate"] * 2 * self.residual().mean()
        return self.get_parameters({}), 30, {"train_loss": float(np.mean(losses))}

    def evaluate(self, parameters, config):
        self.set_parameters(parameters)
        return float((self.residual() ** 2).mean()), 30, {"r": 0.5, "note": "text"}


def gradient(parameters):
    w, b, _ = parameters
    rest = X @ w + b - Y
    return [2 * X.T @ rest / 30, np.array([2 * rest.mean()]), np.array(0)], (rest**2).mean()


def config(epochs=1, seed=3):
    return tributary.TrainingConfig(epochs, None, 10, 0.05, 0, seed)


def first(trainer, seed=5):
    return {name: np.array(value, np.float32) for name, value in trainer.initialize(seed).items()}


def test_a_client_unchanged():
    trainer = FlowerTrainer(Client, examples=30, names=["w", "b", "rounds"])
    # Whole numbers are not trained.
    assert dict(trainer.tensors()) == {"w": (4,), "b": (1,)}
    weights = first(trainer)
    kept = {name: value.copy() for name, value in weights.items()}
    found = trainer.train(weights, config(40))
    assert {name: (value == kept[name]).all() for name, value in weights.items()} == {"w": True, "b": True}
    assert found.steps == 120
    # In the client's precision, with what it began with for whole numbers.
    client = trainer._client
    assert (client.w.dtype, client.b.dtype, int(client.rounds)) == (np.float32, np.float64, 7)
    assert client.configs == [
        {"epochs": 40, "batch_size": 10, "learning_rate": 0.05, "weight_decay": 0, "seed": 3}]
    # The mean over the epochs, each before its step.
    assert trainer.evaluate(found.weights).loss < found.loss < trainer.evaluate(weights).loss
    assert trainer.evaluate(weights).metrics == {"r": 0.5}


def test_first_weights_of_a_client_and_of_what_makes_one():
    made, client = FlowerTrainer(Client, examples=30), Client()
    assert (first(made, 1)["parameters.0"] == first(made, 1)["parameters.0"]).all()
    assert (first(made, 1)["parameters.0"] != first(made, 2)["parameters.0"]).any()
    start = client.w.copy()
    trainer = FlowerTrainer(client, examples=30)
    trainer.train(first(trainer), config())
    assert (first(trainer, 1)["parameters.0"] == start).all()
    lazy = FlowerTrainer(lambda: Client(), examples=30, name="lazy")
    assert (first(lazy, 1)["parameters.0"] == first(made, 1)["parameters.0"]).all() and lazy.name == "lazy"


def test_only_a_gradient_that_is_given_is_one():
    trainer = FlowerTrainer(Client, examples=30, gradient=gradient)
    weights = first(trainer)
    found = trainer.gradient(weights, None)
    assert found.loss == pytest.approx(trainer.evaluate(weights).loss)
    step = {name: (weights[name] - 1e-3 * found.tensors[name]).astype(np.float32) for name in weights}
    squares = sum(float((value**2).sum()) for value in found.tensors.values())
    assert trainer.evaluate(step).loss == pytest.approx(found.loss - 1e-3 * squares, rel=1e-3)
    bare = FlowerTrainer(Client, examples=30)
    with pytest.raises(tributary.TrainerError, match="a NumPyClient has no gradient"):
        bare.gradient(weights, None)


def test_a_loss_that_fit_does_not_name_is_measured_before():
    class Silent(Client):
        def fit(self, parameters, config):
            arrays, examples, _ = super().fit(parameters, config)
            return [array.copy() for array in arrays], examples, {}

    trainer = FlowerTrainer(Silent, examples=30, config=lambda config: {"learning_rate": 0.01})
    weights = first(trainer)
    found = trainer.train(weights, config())
    assert found.loss == trainer.evaluate(weights).loss
    assert trainer.evaluate(found.weights).loss < found.loss


@pytest.mark.parametrize("method, value, problem", [
    ("fit", ([], 1, {}), "the client returned 0 arrays, and get_parameters 3"),
    ("fit", [np.zeros(4)], "the client's fit returned list"),
    ("evaluate", (0.5, {}), "the client's evaluate returned tuple"),
])
def test_what_a_client_gets_wrong(method, value, problem):
    broken = type("Broken", (Client,), {method: lambda self, parameters, config: value})
    trainer = FlowerTrainer(broken, examples=30)
    with pytest.raises(tributary.TrainerError, match=problem):
        trainer.train(first(trainer), config()) if method == "fit" else trainer.evaluate(first(trainer))


def test_names_and_arrays_must_agree():
    with pytest.raises(tributary.TrainerError, match="1 names for 3 arrays"):
        FlowerTrainer(Client, examples=30, names=["w"])
    with pytest.raises(tributary.TrainerError, match="returns no arrays"):
        FlowerTrainer(type("Empty", (Client,), {"get_parameters": lambda self, config: []}), examples=30)


FLOWER = pathlib.Path(__file__).resolve().parents[2] / "Benchmarks/peers/.venv-superlink/bin/python"
SCRIPT = """
import numpy as np
from flwr.client import NumPyClient
import tributary
from tributary.flower import FlowerTrainer

class Mean(NumPyClient):
    def __init__(self):
        self.mean = np.random.standard_normal(3)

    def get_parameters(self, config):
        return [self.mean]

    def fit(self, parameters, config):
        mean = parameters[0]
        for _ in range(config["epochs"]):
            mean += config["learning_rate"] * (np.arange(3) - mean)
        return [mean], 9, {}

    def evaluate(self, parameters, config):
        return float(((parameters[0] - np.arange(3)) ** 2).sum()), 9, {}

assert hasattr(Mean(), "to_client")
tributary.run(FlowerTrainer(Mean, examples=9))
"""


@pytest.mark.skipif(not FLOWER.exists(), reason="Flower is not installed: scripts/setup-peers")
def test_a_client_of_flower_itself(start):
    agent = start(SCRIPT, python=FLOWER)
    assert agent.describe() == {
        "tensors": [{"name": "parameters.0", "shape": [3]}], "examples": 9, "groups": 1, "name": "Mean"}
    weights = agent.initialize(4)
    assert (agent.initialize(4) == weights).all()
    trained, found = agent.train(weights, epochs=30)
    assert found["loss"] == pytest.approx(agent.evaluate(weights)["loss"])
    assert agent.evaluate(trained)["loss"] < 0.1 * found["loss"]
    assert "has no gradient" in agent.error("gradient")
    assert agent.end() == 0
