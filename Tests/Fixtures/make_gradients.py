"""Writes Tests/LearningTests/Fixtures/gradients.json: what PyTorch computes for small native models.

Usage, with torch, numpy and scikit-learn installed:  python Tests/Fixtures/make_gradients.py
For each model: the loss and gradient of a few random examples, and the weights after three full-batch steps
of SGD with weight decay. For the digits: loss, accuracy and parts of the gradient over all 1,797 images.
Made with torch 2.13.0 in double precision, from inputs that are exact in single precision.
"""

import json
import pathlib

import numpy
import torch
from sklearn.datasets import load_digits

SEED = 20_240_601
torch.manual_seed(SEED)
random = numpy.random.default_rng(SEED)


class Convolution(torch.nn.Module):
    """Zeros around the image, a rectifier, and the maxima of squares, on rows of pixels with their channels side by side."""

    def __init__(self, height, width, channels, side, outputs):
        super().__init__()
        self.image = (height, width, channels)
        self.weight = torch.nn.Parameter(torch.zeros(outputs, side, side, channels, dtype=torch.float64))
        self.bias = torch.nn.Parameter(torch.zeros(outputs, dtype=torch.float64))

    def forward(self, x):
        x = x.view(-1, *self.image).permute(0, 3, 1, 2)
        x = torch.nn.functional.conv2d(x, self.weight.permute(0, 3, 1, 2), self.bias, padding=self.weight.shape[1] // 2)
        return torch.nn.functional.max_pool2d(torch.relu(x), 2).permute(0, 2, 3, 1).flatten(1)


def model_of(name):
    """A float64 model by its canonical name, whose parameters come in the order of the layout."""
    sizes = [[int(n) for n in field.split("x")] for field in name[name.index("(") + 1 : -1].split(",")]
    layers = []
    if name.startswith("conv"):
        height, width, channels = sizes.pop(0)
        while len(sizes[0]) == 3:
            side, _, outputs = sizes.pop(0)
            layers.append(Convolution(height, width, channels, side, outputs))
            height, width, channels = height // 2, width // 2, outputs
        sizes.insert(0, [height * width * channels])
    for (inputs,), (outputs,) in zip(sizes, sizes[1:]):
        layers += [torch.nn.Linear(inputs, outputs, dtype=torch.float64), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def parameter_count(name):
    return sum(parameter.numel() for parameter in model_of(name).parameters())


def flat_to_model(name, flat):
    model = model_of(name)
    torch.nn.utils.vector_to_parameters(torch.tensor(flat, dtype=torch.float64), model.parameters())
    return model


def loss_and_gradient(model, features, labels):
    model.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(features), labels)
    loss.backward()
    gradient = torch.cat([p.grad.flatten() for p in model.parameters()])
    return loss.item(), gradient.tolist()


def case(name, feature_count, classes, examples, learning_rate, weight_decay):
    weights = random.normal(0, 0.5, parameter_count(name)).astype(numpy.float32)
    features = random.normal(0, 1, (examples, feature_count)).astype(numpy.float32)
    labels = random.integers(0, classes, examples)
    model = flat_to_model(name, weights.astype(float))
    x, y = torch.tensor(features, dtype=torch.float64), torch.tensor(labels)
    loss, gradient = loss_and_gradient(model, x, y)
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, weight_decay=weight_decay)
    for _ in range(3):
        loss_and_gradient(model, x, y)
        optimizer.step()
    trained = torch.nn.utils.parameters_to_vector(model.parameters()).tolist()
    return {
        "model": name, "weights": weights.tolist(), "features": features.flatten().tolist(),
        "labels": labels.tolist(), "loss": loss, "gradient": gradient, "learningRate": learning_rate,
        "weightDecay": weight_decay, "trained": trained,
    }


def digits_case(name):
    digits = load_digits()
    # Exact in single precision, and simple enough to be repeated in the test.
    weights = [((index * 7_919) % 1_024 - 512) / 4_096 for index in range(parameter_count(name))]
    model = flat_to_model(name, weights)
    x = torch.tensor(digits.data / 16, dtype=torch.float64)
    y = torch.tensor(digits.target)
    loss, gradient = loss_and_gradient(model, x, y)
    accuracy = (model(x).argmax(1) == y).double().mean().item()
    return {
        "model": name, "loss": loss, "accuracy": accuracy, "gradientEvery97th": gradient[::97],
        "gradientNorm": float(numpy.linalg.norm(gradient)),
    }


fixture = {
    "generator": "Tests/Fixtures/make_gradients.py", "seed": SEED, "torch": "2.13.0",
    "cases": [
        case("softmax(5,3)", 5, 3, 7, 0.5, 0.0),
        case("softmax(4,2)", 4, 2, 1, 0.25, 0.125),
        case("mlp(5,7,3)", 5, 3, 9, 0.5, 0.0),
        case("mlp(6,5,4,3)", 6, 3, 8, 0.25, 0.0625),
        case("conv(6x5x2,3x3x4,3)", 60, 3, 6, 0.25, 0.0),
        case("conv(9x8x1,5x5x3,3x3x4,5,3)", 72, 3, 5, 0.125, 0.0625),
    ],
    "digits": [
        digits_case("softmax(64,10)"), digits_case("mlp(64,32,10)"), digits_case("conv(8x8x1,3x3x6,3x3x12,20,10)"),
    ],
}
target = pathlib.Path(__file__).resolve().parents[1] / "LearningTests" / "Fixtures" / "gradients.json"
target.write_text(json.dumps(fixture) + "\n")
