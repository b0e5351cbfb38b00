"""The transformer as a trainer: python trainer.py --data input.txt --share 3/8

Without data it holds one line of characters, which is enough for a task's author.
"""

import argparse
import pathlib

import torch
import tributary
from torch import nn
from tributary.torch import TorchTrainer

from model import Transformer
from text import CHARACTERS, examples


def adam(parameters: list[nn.Parameter], config: tributary.TrainingConfig) -> torch.optim.Optimizer:
    return torch.optim.AdamW(parameters, lr=config.learning_rate, weight_decay=config.weight_decay)


def make(data: pathlib.Path | None, share: str) -> TorchTrainer:
    text = examples(data, share)
    return TorchTrainer(
        lambda: Transformer(len(CHARACTERS)), text, loss=nn.CrossEntropyLoss(), optimizer=adam, keeps_optimizer=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, help="a text of plays")
    parser.add_argument("--share", default="all", help='"3/8" of the contributors\', "validator", "test" or "all"')
    options = parser.parse_args()
    # Many trainers share a machine.
    torch.set_num_threads(1)
    tributary.run(make(options.data, options.share))
