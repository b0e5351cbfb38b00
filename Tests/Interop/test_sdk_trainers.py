"""`tributary trainer check` finds nothing wrong with trainers that the Python SDK makes of right code."""

import pathlib
import sys
import textwrap

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

TORCH = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
import tributary
from tributary.torch import TorchTrainer

features = torch.randn(200, 4, generator=torch.Generator().manual_seed(1))
data = TensorDataset(features, (features.sum(1) > 0).long())
print("what a program prints breaks nothing")
"""
CLASSIFIER = """
def make():
    return nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Dropout(0.3), nn.Linear(6, 2))

tributary.run(TorchTrainer(make, data, loss=nn.CrossEntropyLoss(), optimizer=torch.optim.AdamW))
"""
HALF = """
def make():
    return nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2)).bfloat16()

halves = TensorDataset(features.bfloat16(), data.tensors[1])
tributary.run(TorchTrainer(make, DataLoader(halves, num_workers=2), loss=nn.CrossEntropyLoss()))
"""
ADAPTER = """
class Adapted(nn.Module):
    def __init__(self):
        super().__init__()
        self.base = nn.Linear(4, 2)
        self.base.requires_grad_(False)
        self.down, self.up = nn.Linear(4, 2, bias=False), nn.Linear(2, 2, bias=False)

    def forward(self, features):
        return self.base(features) + self.up(self.down(features))

def train(model, loader, config):
    optimizer = torch.optim.Adam((p for p in model.parameters() if p.requires_grad), lr=config.learning_rate)
    for _ in range(config.epochs):
        for features, labels in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(features), labels).backward()
            optimizer.step()

tributary.run(TorchTrainer(Adapted, data, loss=nn.CrossEntropyLoss(), train=train))
"""
LANGUAGE = """
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.mix = nn.Embedding(11, 6), nn.Linear(6, 6)
        self.output = nn.Linear(6, 11, bias=False)
        self.output.weight = self.embedding.weight

    def forward(self, tokens):
        return self.output(torch.tanh(self.mix(self.embedding(tokens))))

def loss(model, batch):
    tokens, = batch
    return nn.functional.cross_entropy(model(tokens[:, :-1]).transpose(1, 2), tokens[:, 1:])

texts = TensorDataset(torch.randint(11, (40, 9), generator=torch.Generator().manual_seed(2)))
tributary.run(TorchTrainer(Model, texts, batch_loss=loss))
"""
NUMPY = """
import numpy as np
import tributary

x = np.random.default_rng(1).standard_normal((60, 3))
y = x @ [1, -2, 0.5] + 0.3

def gradient_of(weights, rows):
    rest = x[rows] @ weights["w"] + weights["b"] - y[rows]
    return {"w": 2 * x[rows].T @ rest / len(rows), "b": 2 * rest.mean()}, (rest**2).mean()

@tributary.trainer(
    tensors={"w": (3,), "b": ()}, examples=60, gradient=lambda weights: gradient_of(weights, np.arange(60)),
    initialize=lambda seed: {"w": np.random.default_rng(seed).standard_normal(3), "b": np.zeros(())})
def fit(weights, config):
    weights, losses = {name: value.astype(float) for name, value in weights.items()}, []
    for rows in config.batches(60):
        slope, loss = gradient_of(weights, rows)
        losses.append(loss)
        weights = {name: value - config.learning_rate * slope[name] for name, value in weights.items()}
    return weights, np.mean(losses or [0])

tributary.run(fit)
"""
FLOWER = """
import numpy as np
import tributary
from tributary.flower import FlowerTrainer

class Mean:
    def __init__(self):
        self.mean = np.random.standard_normal(3)

    def get_parameters(self, config):
        return [self.mean]

    def fit(self, parameters, config):
        mean = parameters[0]
        for _ in range(config["steps"]):
            mean += config["learning_rate"] * (np.arange(3) - mean)
        return [mean], 9, {}

    def evaluate(self, parameters, config):
        return float(((parameters[0] - np.arange(3)) ** 2).sum()), 9, {}

def gradient(parameters):
    rest = parameters[0] - np.arange(3)
    return [2 * rest], (rest**2).sum()

tributary.run(FlowerTrainer(Mean, examples=9, gradient=gradient))
"""
RIGHT = {
    "classifier": TORCH + CLASSIFIER, "half": TORCH + HALF, "adapter": TORCH + ADAPTER, "language": TORCH + LANGUAGE,
    "numpy": NUMPY, "flower": FLOWER,
}


@pytest.fixture
def check(tributary, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "python" / "src"))

    def check(script: str, *arguments):
        path = tmp_path / "trainer.py"
        path.write_text(textwrap.dedent(script))
        options = [option for argument in arguments for option in ("--argument", argument)]
        return tributary("trainer", "check", path, "--folder", tmp_path, "--python", sys.executable, *options)

    return check


@pytest.mark.parametrize("name", RIGHT)
def test_a_trainer_of_the_sdk_is_fine(check, name):
    done = check(RIGHT[name])
    assert done.stdout.endswith("the trainer is fine\n"), done.stdout + done.stderr
    assert done.returncode == 0


def test_the_example_is_fine(check):
    folder = ROOT / "examples" / "tabular"
    done = check((folder / "trainer.py").read_text(), folder / "breast_cancer.csv")
    assert done.stdout.endswith("the trainer is fine\n"), done.stdout + done.stderr


@pytest.mark.parametrize(("name", "right", "wrong", "problem"), [
    ("numpy", "return weights, np", "return {'w': weights['w']}, np", "the trained weights lack 'b'"),
    ("numpy", "2 * rest.mean()}", "2 * rest[:2]}", "tensor 'b' of the gradient has shape (2,)"),
    ("numpy", "2 * x[rows].T", "3 * x[rows].T", 'wrong in "w"'),
    ("flower", ", gradient=gradient", "", "a NumPyClient has no gradient"),
    ("classifier", "data, loss", "1, loss", "the data set has no length"),
])
def test_a_mistake_is_named(check, name, right, wrong, problem):
    assert right in RIGHT[name]
    done = check(RIGHT[name].replace(right, wrong))
    assert done.returncode == 3 and problem in done.stdout, done.stdout + done.stderr
