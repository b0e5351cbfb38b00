"""The convolutional net as a trainer: python trainer.py --data FOLDER --share 3/50"""

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
    parser.add_argument("--data", type=pathlib.Path, required=True, help="the folder of MNIST's four .gz files")
    parser.add_argument("--share", required=True, help='"3/50" of the contributors\', "validator", "test" or "all"')
    options = parser.parse_args()
    # Many trainers share a machine.
    torch.set_num_threads(1)
    tributary.run(TorchTrainer(make, examples(options.data, options.share), loss=nn.CrossEntropyLoss()))
