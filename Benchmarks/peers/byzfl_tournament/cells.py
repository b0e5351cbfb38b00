"""The tournament's cells: one run of synchronous federated averaging each."""

import time
from dataclasses import asdict, dataclass

import torch

from .attacks import ATTACKS, BACKDOOR_TARGET, DISGUISE, View, stamped, stateless
from .rules import Chain
from .training import Perceptron, train

# Accuracy is the mean over this many last rounds, as ours is over versions.
MEASURED_ROUNDS = 20


@dataclass(frozen=True)
class Cell:
    """What is run: a rule under an attack (None without attackers) on one split."""

    rule: str
    attack: str
    skew: float
    attackers: int
    seed: int

    def __str__(self):
        threat = f"{self.attackers} x {self.attack}" if self.attack else "no attack"
        return f"{self.rule}, {threat}, skew {self.skew}, seed {self.seed}"

    def as_json(self):
        return asdict(self)


@dataclass(frozen=True)
class Settings:
    """How every cell is run."""

    rounds: int
    server_learning_rate: float
    epochs: int
    batch_size: int
    learning_rate: float
    disguise: float = DISGUISE

    def as_json(self):
        return asdict(self)


def plan(keys, rules, attacks, attackers):
    """All cells, one split's after another's. Without attackers there is one a rule, not one an attack."""
    cells = []
    for skew, seed in keys:
        for count in attackers:
            for attack in attacks if count else [None]:
                cells += [Cell(rule, attack, skew, count, seed) for rule in rules]
    return cells


class Arena:
    """A split, ready for its cells."""

    def __init__(self, split, widths, settings):
        self.split = split
        self.network = Perceptron(widths)
        self.class_count = widths[-1]
        self.settings = settings
        self.features = torch.from_numpy(split.features)
        self.labels = torch.from_numpy(split.labels).long()
        test = torch.from_numpy(split.test)
        self.test = self.features[test], self.labels[test]

    def run(self, cell):
        """The cell's result: accuracy, loss and backdoor success, as means over the last rounds, and seconds.

        A model that is no longer finite stays so: it counts with the accuracy that it then has, and no loss.
        """
        start = time.perf_counter()
        # byzfl draws from torch's own generator; ours decides the order of the examples and the disguises.
        torch.manual_seed(cell.seed)
        run = Run(self, cell)
        measures = []
        for number in range(self.settings.rounds):
            run.round()
            failed = not run.weights.isfinite().all()
            if failed or number >= self.settings.rounds - MEASURED_ROUNDS:
                measures.append(self.measure(run.weights, cell))
            if failed:
                measures = measures[-1:]
                break
        accuracy, loss, backdoor = (sum(column) / len(measures) for column in zip(*measures))
        return cell.as_json() | {
            "accuracy": accuracy,
            "loss": loss if loss == loss and loss != float("inf") else None,
            "backdoorSuccess": backdoor,
            "seconds": round(time.perf_counter() - start, 3),
        }

    def measure(self, weights, cell):
        """Accuracy, loss, and the share of triggered examples that are taken for the target."""
        accuracy, loss = self.network.evaluate(weights, *self.test)
        if cell.attack is None or "backdoor" not in cell.attack:
            return accuracy, loss, 0.0
        features, labels = self.test
        others = labels != BACKDOOR_TARGET
        triggered = stamped(features[others], self.features.max())
        target = torch.full((len(triggered),), BACKDOOR_TARGET)
        return accuracy, loss, self.network.evaluate(weights, triggered, target)[0]


class Run:
    """The state of one cell between rounds."""

    def __init__(self, arena, cell):
        split = arena.split
        self.arena = arena
        self.attack = ATTACKS[cell.attack] if cell.attack else None
        self.generator = torch.Generator().manual_seed(cell.seed)
        self.features, self.labels = arena.features, arena.labels
        hostile = split.attackers[cell.attackers]
        honest = [index for index in range(len(split.contributors)) if index not in hostile]
        self.shards = [torch.from_numpy(split.contributors[index]) for index in honest]
        self.honest_count, self.hostile_count = len(honest), len(hostile)
        if self.attack and self.attack.poison:
            self.hold_poisoned([torch.from_numpy(split.contributors[index]) for index in hostile])
        self.rule = Chain(cell.rule, len(split.contributors), len(hostile))
        self.weights = torch.from_numpy(split.initial_weights.copy())
        self.last_step = None
        self.memory = {}

    def hold_poisoned(self, shards):
        """Gives the attackers examples of their own."""
        poisoned = [
            self.attack.poison(
                self.features[shard], self.labels[shard], self.arena.class_count, self.generator
            )
            for shard in shards
        ]
        start = len(self.labels)
        self.features = torch.cat([self.features, *(features for features, _ in poisoned)])
        self.labels = torch.cat([self.labels, *(labels for _, labels in poisoned)])
        self.shards += torch.arange(start, len(self.labels)).split([len(shard) for shard in shards])

    def round(self):
        """Trains, attacks, aggregates and takes the step."""
        settings = self.arena.settings
        network, generator = self.arena.network, self.generator
        updates = train(
            network, self.weights, self.features, self.labels, self.shards, settings, generator
        )
        honest, own = updates[: self.honest_count], updates[self.honest_count :]
        if self.attack:
            view = View(
                honest=honest,
                own=own if len(own) else None,
                f=self.hostile_count,
                rule=stateless(self.rule),
                last_step=self.last_step,
                generator=generator,
                disguise=settings.disguise,
                memory=self.memory,
            )
            updates = torch.cat([honest, self.attack.send(view)])
        self.last_step = settings.server_learning_rate * self.rule(updates)
        self.weights = self.weights + self.last_step
