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


def flat_to_model(widths, flat):
    """A float64 model whose parameters are the flat vector, in the order of the layout."""
    layers = []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [torch.nn.Linear(inputs, outputs, dtype=torch.float64), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    torch.nn.utils.vector_to_parameters(torch.tensor(flat, dtype=torch.float64), model.parameters())
    return model


def loss_and_gradient(model, features, labels):
    model.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(features), labels)
    loss.backward()
    gradient = torch.cat([p.grad.flatten() for p in model.parameters()])
    return loss.item(), gradient.tolist()


def case(name, widths, examples, learning_rate, weight_decay):
    count = sum(i * o + o for i, o in zip(widths, widths[1:]))
    weights = random.normal(0, 0.5, count).astype(numpy.float32)
    features = random.normal(0, 1, (examples, widths[0])).astype(numpy.float32)
    labels = random.integers(0, widths[-1], examples)
    model = flat_to_model(widths, weights.astype(float))
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


def digits_case(name, widths):
    digits = load_digits()
    count = sum(i * o + o for i, o in zip(widths, widths[1:]))
    # Exact in single precision, and simple enough to be repeated in the test.
    weights = [((index * 7_919) % 1_024 - 512) / 4_096 for index in range(count)]
    model = flat_to_model(widths, weights)
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
        case("softmax(5,3)", [5, 3], 7, 0.5, 0.0),
        case("softmax(4,2)", [4, 2], 1, 0.25, 0.125),
        case("mlp(5,7,3)", [5, 7, 3], 9, 0.5, 0.0),
        case("mlp(6,5,4,3)", [6, 5, 4, 3], 8, 0.25, 0.0625),
    ],
    "digits": [digits_case("softmax(64,10)", [64, 10]), digits_case("mlp(64,32,10)", [64, 32, 10])],
}
target = pathlib.Path(__file__).resolve().parents[1] / "LearningTests" / "Fixtures" / "gradients.json"
target.write_text(json.dumps(fixture) + "\n")
