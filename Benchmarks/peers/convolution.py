"""Trains conv(28x28x1,3x3x16,3x3x32,64,10) by PyTorch on one thread, and prints the median core time as JSON.

Usage: convolution.py BATCH STEPS RUNS
"""

import json
import statistics
import sys
import time

import torch
from torch import nn


def main():
    batch, steps, runs = map(int, sys.argv[1:])
    torch.set_num_threads(1)
    torch.manual_seed(21)
    images, labels = torch.rand(steps, batch, 1, 28, 28), torch.randint(0, 10, (steps, batch))
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 49, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    times = []
    for _ in range(runs):
        start = time.process_time()
        for features, targets in zip(images, labels):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(features), targets).backward()
            optimizer.step()
        times.append(time.process_time() - start)
    print(json.dumps({"seconds": statistics.median(times)}))


if __name__ == "__main__":
    main()
