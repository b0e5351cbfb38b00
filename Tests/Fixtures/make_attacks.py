"""Prints what AttackFormulaTests expects: the attacks' formulas in numpy, and byzfl's optimised strengths.

    python3 Tests/Fixtures/make_attacks.py        # needs numpy and byzfl 0.0.11
"""

import sys
import types
from statistics import NormalDist

# byzfl's benchmarks import torchvision; its attacks and rules do without.
sys.modules["byzfl.benchmark"] = types.ModuleType("byzfl.benchmark")

import byzfl
import numpy as np

COUNT, LENGTH = 7, 5


class Generator:
    """Knuth's MMIX generator; draws are the upper 31 bits."""

    def __init__(self, state):
        self.state = state

    def draw(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return self.state >> 33


def updates(seed, count=COUNT, length=LENGTH):
    """Multiples of 1/1024 between -1 and 1, to each column a quarter of its number added."""
    generator = Generator(seed)
    rows = [[(generator.draw() % 2049 - 1024) / 1024 + column / 4 for column in range(length)] for _ in range(count)]
    return np.array(rows)


def halved(is_within, start=10.0, precision=1e-12):
    """Shejwalkar and Houmansadr's algorithm 1."""
    gamma, step, best = start, start / 2, 0.0
    while step > precision:
        if is_within(gamma):
            best, gamma = gamma, gamma + step
        else:
            gamma -= step
        step /= 2
    return best


def bounded(x, direction):
    mean = x.mean(axis=0)
    distances = np.linalg.norm(x[:, None] - x[None], axis=2)
    farthest, sums = distances.max(), (distances**2).sum(axis=1).max()
    by_maximum = halved(lambda g: np.linalg.norm(mean + g * direction - x, axis=1).max() <= farthest)
    by_sum = halved(lambda g: (np.linalg.norm(mean + g * direction - x, axis=1) ** 2).sum() <= sums)
    return mean + by_maximum * direction, mean + by_sum * direction


def shown(name, values):
    print(f"{name}: [{', '.join(f'{value:.7g}' for value in values)}]")


def main():
    for n, f in [(50, 12), (50, 20), (25, 10), (51, 24), (100, 30), (10, 3)]:
        s = n // 2 + 1 - f
        print(f"z_max({n}, {f}) = {NormalDist().inv_cdf((n - f - s) / (n - f)):.12g}")
    x = updates(1)
    mean, deviation = x.mean(axis=0), x.std(axis=0, ddof=1)
    shown("alie(1.5)", mean - 1.5 * deviation)
    # byzfl adds where Baruch's code subtracts.
    assert np.allclose(byzfl.ALittleIsEnough(-1.5)(x), mean - 1.5 * deviation)
    shown("ipm(2)", byzfl.InnerProductManipulation(2.0)(x))
    directions = {
        "inverseUnit": -mean / np.linalg.norm(mean),
        "inverseDeviation": -deviation,
        "inverseSign": -np.sign(mean),
    }
    for name, direction in directions.items():
        by_maximum, by_sum = bounded(x, direction)
        shown(f"min-max {name}", by_maximum)
        shown(f"min-sum {name}", by_sum)
    for seed in (1, 2, 3):
        x = updates(seed, 9, 20)
        rule = byzfl.TrMean(f=3)
        for name, attack, step in [
            ("alie", byzfl.Optimal_ALittleIsEnough, -10.0),
            ("ipm", byzfl.Optimal_InnerProductManipulation, 10.0),
        ]:
            sent = attack(rule, [], 3, 20, 0.0, step, 0.8)(x)
            moved = np.linalg.norm(rule(np.concatenate((x, [sent] * 3))) - x.mean(axis=0))
            print(f"{name}-optimised, seed {seed}: {moved:.6g}")


if __name__ == "__main__":
    main()
