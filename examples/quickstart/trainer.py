"""train.py as a trainer: python trainer.py data/first.csv.gz"""

import sys

import tributary
from torch import nn
from tributary.torch import TorchTrainer

import train


def train_once(model, loader, config):
    train.train(model, loader, epochs=config.epochs, learning_rate=config.learning_rate)


if __name__ == "__main__":
    data = train.load(sys.argv[1])
    tributary.run(TorchTrainer(train.make_model, data, loss=nn.CrossEntropyLoss(), train=train_once))
