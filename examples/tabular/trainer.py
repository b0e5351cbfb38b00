"""Trains a small network on a table: is a tumour benign?

    python trainer.py breast_cancer.csv              # tries every call
    python trainer.py breast_cancer.csv --part 2/5   # on the second of five parts, as one of five owners

Each owner of rows has a file of the same columns, the label in the last.
"""

import argparse

import numpy as np
import torch
from torch import nn
from torch.utils.data import TensorDataset

import tributary
from tributary.torch import TorchTrainer

# Every owner has to scale alike, whatever the own rows are: the mean and the deviation of each column.
MEANS = [
    14.1, 19.3, 92, 655, 0.0964, 0.104, 0.0888, 0.0489, 0.181, 0.0628,
    0.405, 1.22, 2.87, 40.3, 0.00704, 0.0255, 0.0319, 0.0118, 0.0205, 0.00379,
    16.3, 25.7, 107, 881, 0.132, 0.254, 0.272, 0.115, 0.29, 0.0839,
]
DEVIATIONS = [
    3.52, 4.3, 24.3, 352, 0.0141, 0.0528, 0.0796, 0.0388, 0.0274, 0.00705,
    0.277, 0.551, 2.02, 45.5, 0.003, 0.0179, 0.0302, 0.00616, 0.00826, 0.00264,
    4.83, 6.14, 33.6, 569, 0.0228, 0.157, 0.208, 0.0657, 0.0618, 0.018,
]


def make_model() -> nn.Module:
    return nn.Sequential(nn.Linear(30, 16), nn.ReLU(), nn.Linear(16, 2))


def load(path: str, part: str) -> TensorDataset:
    number, parts = map(int, part.split("/"))
    rows = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)[number - 1 :: parts]
    features = (rows[:, :30] - MEANS) / DEVIATIONS
    return TensorDataset(torch.from_numpy(features).float(), torch.from_numpy(rows[:, 30]).long())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A trainer for a table of tumours.")
    parser.add_argument("table", help="a file with the columns of breast_cancer.csv")
    parser.add_argument("--part", default="1/1", metavar="I/N", help="take every N-th row only, from the I-th on")
    options = parser.parse_args()
    data = load(options.table, options.part)
    tributary.run(TorchTrainer(make_model, data, loss=nn.CrossEntropyLoss(), device="cpu", name="tumours"))
