"""The transformer as a trainer: python trainer.py --data input.txt --share 3/8"""

import argparse
import pathlib

import torch
import tributary
from torch.nn import functional
from tributary.torch import TorchTrainer

from model import Transformer
from text import CHARACTERS, examples


def loss(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The mean over all characters, in nats."""
    return functional.cross_entropy(scores.flatten(0, 1), targets.flatten())


def adam(parameters: list[torch.nn.Parameter], config: tributary.TrainingConfig) -> torch.optim.Optimizer:
    return torch.optim.AdamW(parameters, lr=config.learning_rate, weight_decay=config.weight_decay)


def make(data: pathlib.Path, share: str) -> TorchTrainer:
    return TorchTrainer(lambda: Transformer(len(CHARACTERS)), examples(data, share), loss=loss, optimizer=adam)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="a text of plays")
    parser.add_argument("--share", required=True, help='"3/8" of the contributors\', "validator", "test" or "all"')
    options = parser.parse_args()
    # Many trainers share a machine.
    torch.set_num_threads(1)
    tributary.run(make(options.data, options.share))
