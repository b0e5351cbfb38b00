"""Trains on everybody's speeches on one machine, to compare with: python alone.py --data input.txt

As many steps as contributors take one after the other, each with as many samples as all of them take together.
"""

import argparse
import pathlib

import torch
from torch.utils.data import DataLoader, RandomSampler

from text import examples
from trainer import make

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--steps", type=int, default=960 * 4)
    parser.add_argument("--batch", type=int, default=8 * 4)
    parser.add_argument("--rate", type=float, default=0.001)
    options = parser.parse_args()
    torch.manual_seed(7)
    test = make(options.data, "test")
    optimizer = torch.optim.AdamW(test.module.parameters(), lr=options.rate, weight_decay=0)
    training = examples(options.data, "all")
    order = RandomSampler(training, replacement=True, num_samples=options.steps * options.batch)
    for step, (inputs, targets) in enumerate(DataLoader(training, options.batch, sampler=order), 1):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(test.module(inputs), targets).backward()
        optimizer.step()
        if step % (options.steps // 10) == 0:
            weights = {name: value.detach().numpy() for name, value in test.module.named_parameters()}
            print(f"step {step}: loss {float(test.evaluate(weights).loss):.4f}", flush=True)
            test.module.train()
