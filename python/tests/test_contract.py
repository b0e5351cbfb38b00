"""What is checked of trainers, with messages that name the mistake; and trainers out of functions."""

import math

import numpy as np
import pytest

import tributary
from tributary.calls import Calls

SHAPES = {"w": (2, 3), "b": (3,)}


class Good(tributary.Trainer):
    name, examples, groups = "good", 12, 3

    def tensors(self):
        return SHAPES

    def train(self, weights, config):
        return tributary.Trained(weights, 0.5)

    def evaluate(self, weights):
        return tributary.Evaluation(0.25, 12, {"accuracy": np.float32(1), "top5": 2})

    def gradient(self, weights, group):
        return tributary.Gradient(weights, 0.25, 4 if group is not None else None)


class Session:
    """Asks a trainer without a process."""

    def __init__(self, trainer):
        self.sent = []
        self.calls = Calls(trainer, self.provide, self.sent.append)
        self.memory = bytearray()

    def provide(self, size):
        self.memory.extend(bytes(size))
        return self.memory

    def ask(self, call, **fields):
        length = {} if {"epochs", "steps"} & set(fields) else {"epochs": 1}
        defaults = {"batchSize": 5, "learningRate": 0.1, "weightDecay": 0, "seed": str(2**64 - 1), **length}
        return self.calls.answer({"id": 9, "call": call, **defaults, **fields})


def changed(**members):
    return Session(type("Changed", (Good,), members)())


def returns(value):
    return lambda self, *arguments: value


def test_a_good_trainer():
    session = Session(Good())
    assert session.ask("describe")["result"]["groups"] == 3
    assert session.ask("initialize") == {"id": 9, "result": {}}
    assert session.ask("train")["result"] == {"examples": 12, "steps": 3, "loss": 0.5}
    assert session.ask("evaluate")["result"] == {"examples": 12, "loss": 0.25, "metrics": {"accuracy": 1, "top5": 2}}
    assert session.ask("gradient")["result"]["examples"] == 12
    assert session.ask("gradient", group=2)["result"]["examples"] == 4
    # Two regions of 36 bytes, each on a page of its own.
    assert len(session.memory) == 8192


W, B = np.zeros((2, 3)), np.zeros(3)
TRAINED = [
    ({"w": W}, "the trained weights lack 'b': return every tensor"),
    ({}, "lack 'w', 'b'"),
    ({"w": W, "b": B, "c": B}, "have 'c', which tensors() does not name"),
    ({"w": W.T, "b": B}, "tensor 'w' of the trained weights has shape (3, 2), and tensors() says (2, 3)"),
    ({"w": W, "b": np.zeros(3, int)}, "tensor 'b' of the trained weights has type int64"),
    ({"w": W, "b": np.zeros(3, complex)}, "type complex128"),
    ({"w": W, "b": ["a", "b", "c"]}, "type <U1"),
    ({"w": W, "b": np.array([0, math.nan, math.inf])}, "has 2 of 3 values that are not finite"),
    ({"w": W, "b": np.array([0, 0, 1e300])}, "1 of 3 values that are not finite in single precision"),
    ([W, B], "the trained weights came as list: return a dictionary"),
]


@pytest.mark.parametrize("weights, problem", TRAINED)
def test_what_is_wrong_with_trained_weights(weights, problem):
    answer = changed(train=returns(tributary.Trained(weights, 1))).ask("train")
    assert problem in answer["error"]


@pytest.mark.parametrize("members, call, problem", [
    ({"tensors": returns({})}, "describe", "returns no tensors"),
    ({"tensors": returns(["w"])}, "describe", "returns no tensors"),
    ({"tensors": returns({"w": (2, 0)})}, "describe", "tensor 'w' has shape (2, 0)"),
    ({"tensors": returns({"w": 3})}, "describe", "the shape of tensor 'w' is 3"),
    ({"tensors": returns({"w": (1,) * 9})}, "describe", "at most 8 dimensions"),
    ({"tensors": returns({"": (1,)})}, "describe", "'' is no name of a tensor"),
    ({"tensors": returns({"é": (1,)})}, "describe", "'é' is no name of a tensor"),
    ({"tensors": returns({"a" * 257: (1,)})}, "describe", "is no name of a tensor"),
    ({"tensors": returns({"__metadata__": (1,)})}, "describe", "is no name of a tensor"),
    ({"tensors": returns({"w": (1 << 15, 1 << 15), "b": (1,)})}, "describe", "freeze some of them"),
    ({"examples": 0}, "describe", "the trainer's examples: 0"),
    ({"examples": 1.5}, "describe", "1.5 is no whole number"),
    ({"groups": 1025}, "describe", "the trainer's groups: 1025"),
    ({"name": "n" * 257}, "describe", "longer than 256 bytes"),
    ({"train": returns(tributary.Trained({"w": W, "b": B}, math.nan))}, "train", "the training loss is nan"),
    ({"train": returns(tributary.Trained({"w": W, "b": B}, "low"))}, "train", "'low', which is no number"),
    ({"train": returns(tributary.Trained({"w": W, "b": B}, 1, -1))}, "train", "the number of steps: -1"),
    ({"evaluate": returns(tributary.Evaluation(math.inf))}, "evaluate", "the loss is inf"),
    ({"evaluate": returns(tributary.Evaluation(1, 0))}, "evaluate", "the number of examples: 0"),
    ({"evaluate": returns(tributary.Evaluation(1, 1, {"accuracy": 50}))}, "evaluate", "lies in 0...1"),
    ({"evaluate": returns(tributary.Evaluation(1, 1, {"f1": math.nan}))}, "evaluate", "the metric 'f1' is nan"),
    ({"evaluate": returns(tributary.Evaluation(1, 1, {"": 0}))}, "evaluate", "names of 1 to 64 bytes"),
    ({"evaluate": returns(tributary.Evaluation(1, 1, dict.fromkeys(map(str, range(65)), 0)))}, "evaluate", "most 64"),
    ({"evaluate": tributary.Trainer.evaluate}, "evaluate", "define evaluate(weights)"),
    ({"gradient": tributary.Trainer.gradient}, "gradient", "define gradient(weights, group)"),
    ({"gradient": returns(tributary.Gradient({"w": W}, 1))}, "gradient", "the gradient lack 'b'"),
    ({"initialize": returns({"w": W})}, "initialize", "the first weights lack 'b'"),
])
def test_what_is_wrong_with_a_trainer(members, call, problem):
    assert problem in changed(**members).ask(call)["error"]


def test_a_loss_of_progress_that_is_no_number_ends_the_training():
    def train(self, weights, config):
        config.progress(1, 2, math.nan)

    assert "the loss at step 1 is nan" in changed(train=train).ask("train")["error"]


def test_much_progress_is_thinned_out():
    def train(self, weights, config):
        for step in range(100_000):
            config.progress(step, 100_000, 1.0)
        return tributary.Trained(weights, 1)

    session = changed(train=train)
    assert "result" in session.ask("train")
    assert session.sent[0] == {"id": 9, "progress": {"step": 0, "steps": 100_000, "loss": 1.0}}
    assert len(session.sent) < 10_000


def test_no_steps_have_no_loss():
    session = changed(train=lambda self, weights, config: tributary.Trained(weights, math.nan))
    assert session.ask("train", steps=0)["result"] == {"examples": 12, "steps": 0, "loss": 0.0}
    assert "is nan" in session.ask("train", steps=1)["error"]


def test_progress_that_comes_after_the_result_is_not_sent():
    kept = []

    def train(self, weights, config):
        kept.append(config.progress)
        return tributary.Trained(weights, 1)

    session = changed(train=train)
    session.ask("train")
    kept[0](1, 2, 1.0)
    assert session.sent == []


def test_weights_are_read_only_views_of_the_input():
    seen = {}

    def evaluate(self, weights):
        seen.update(weights)
        return tributary.Evaluation(0)

    session = changed(evaluate=evaluate)
    session.ask("evaluate")
    flat = np.arange(9, dtype="<f4")
    session.memory[:36] = flat.tobytes()
    assert (seen["w"].ravel() == flat[:6]).all() and (seen["b"] == flat[6:]).all()
    with pytest.raises(ValueError, match="read-only"):
        seen["b"][0] = 1


@pytest.mark.parametrize("seed", range(20))
def test_batches_are_passes_over_all_examples(seed):
    draw = np.random.default_rng(seed)
    examples, size, epochs = (int(draw.integers(1, top)) for top in (40, 50, 4))
    config = tributary.TrainingConfig(epochs, None, size, 0.1, 0, seed)
    batches = list(config.batches(examples))
    assert len(batches) == config.step_count(examples)
    order = np.concatenate(batches)
    for start in range(0, len(order), examples):
        assert sorted(order[start : start + examples]) == list(range(examples))
    again = [batch.tolist() for batch in config.batches(examples)]
    assert again == [batch.tolist() for batch in batches]
    steps = tributary.TrainingConfig(None, len(batches) + 3, size, 0.1, 0, seed)
    longer = [batch.tolist() for batch in steps.batches(examples)]
    assert longer[: len(again)] == again and len(longer) == len(again) + 3


def test_seeds_of_64_bits_are_told_apart():
    configs = [tributary.TrainingConfig(1, None, 50, 0.1, 0, seed) for seed in (2**64 - 1, 2**64 - 2)]
    first, second = (next(config.batches(50)).tolist() for config in configs)
    assert first != second
    with pytest.raises(AssertionError):
        np.testing.assert_equal(tributary.glorot(SHAPES, 2**64 - 1), tributary.glorot(SHAPES, 2**63))


# Functions

X, Y = np.eye(3)[np.arange(12) % 3], np.arange(12) % 3 / 2.0


def mean_gradient(weights):
    rest = X @ weights["w"] - Y
    return {"w": 2 * X.T @ rest / 12}, (rest**2).mean()


def decorated(**functions):
    @tributary.trainer(tensors={"w": (3,)}, examples=12, **functions)
    def fit(weights, config):
        w, losses = weights["w"].copy(), []
        for rows in config.batches(12):
            rest = X[rows] @ w - Y[rows]
            losses.append((rest**2).mean())
            w -= config.learning_rate * 2 * X[rows].T @ rest / len(rows)
        return {"w": w}, np.mean(losses)

    return fit


def test_a_function_becomes_a_trainer():
    fit = decorated(gradient=mean_gradient)
    session = Session(fit)
    assert session.ask("describe")["result"]["name"] == "fit"
    session.ask("initialize")
    found = session.ask("train", epochs=50)["result"]
    assert found["steps"] == 150
    assert session.ask("evaluate")["result"]["loss"] == pytest.approx(session.ask("gradient")["result"]["loss"])
    config = tributary.TrainingConfig(1, None, 5, 0.1, 0, 0)
    weights, _ = fit({"w": np.zeros(3, np.float32)}, config)
    assert weights["w"].shape == (3,)


def test_what_functions_may_return():
    def evaluated(value):
        return Session(decorated(evaluate=lambda weights: value)).ask("evaluate")

    assert evaluated(0.5)["result"]["loss"] == 0.5
    assert evaluated((0.5, {"r2": 1}))["result"]["metrics"] == {"r2": 1}
    assert evaluated(tributary.Evaluation(0.5, 3))["result"]["examples"] == 3
    assert "return a pair, (loss, metrics)" in evaluated((1, 2, 3))["error"]
    assert "define evaluate(weights)" in Session(decorated()).ask("evaluate")["error"]
    assert "define gradient" in Session(decorated()).ask("gradient")["error"]
    bare = tributary.trainer(tensors={"w": (3,)}, examples=12)(lambda weights, config: weights)
    assert "the training function returned dict: return a pair, (weights, loss)" in Session(bare).ask("train")["error"]
    first = Session(decorated(initialize=lambda seed: {"w": np.full(3, float(seed % 7))}))
    assert first.ask("initialize")["result"] == {}
