"""The convolutional net as a trainer: python trainer.py --data FOLDER --share 3/50

Without data it holds one blank image, which is enough for a task's author.
"""

import argparse
import pathlib

import torch
import tributary
from torch import nn
from tributary.torch import TorchTrainer

from images import examples
from model import make

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, help="the folder of MNIST's four .gz files")
    parser.add_argument("--share", default="all", help='"3/50" of the contributors\', "validator", "test" or "all"')
    options = parser.parse_args()
    # Many trainers share a machine.
    torch.set_num_threads(1)
    tributary.run(TorchTrainer(make, examples(options.data, options.share), loss=nn.CrossEntropyLoss()))
