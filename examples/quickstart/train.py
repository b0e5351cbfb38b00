"""Trains a small network on handwritten digits: python train.py data/first.csv.gz data/test.csv.gz"""

import sys

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def load(path):
    """Rows of 64 pixels from 0 to 16, then the digit."""
    rows = torch.from_numpy(np.loadtxt(path, delimiter=",", dtype=np.float32))
    return TensorDataset(rows[:, :-1] / 16, rows[:, -1].long())


def make_model():
    return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))


def train(model, loader, epochs, learning_rate):
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9)
    for _ in range(epochs):
        for images, digits in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images), digits).backward()
            optimizer.step()


def accuracy(model, data):
    images, digits = data.tensors
    with torch.no_grad():
        return (model(images).argmax(1) == digits).float().mean().item()


if __name__ == "__main__":
    torch.manual_seed(1)
    model = make_model()
    train(model, DataLoader(load(sys.argv[1]), batch_size=32, shuffle=True), epochs=30, learning_rate=0.05)
    print(f"accuracy {accuracy(model, load(sys.argv[2])):.3f}")
