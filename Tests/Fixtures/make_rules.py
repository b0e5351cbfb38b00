"""Writes Tests/AggregationTests/Fixtures/rules.json: what byzfl and plain numpy make of small batches.

Usage, with byzfl 0.0.11 and numpy installed:  python Tests/Fixtures/make_rules.py
The batches come from an integer generator that the tests repeat, so only results are stored. Names that begin
with "byzfl" follow byzfl where it differs from the paper; RuleFixtureTests says how each is asked for.
byzfl has neither Bulyan, DnC nor FLTrust: these follow the papers in numpy below. All in double precision.
"""

import json
import pathlib
import sys

import byzfl
import numpy as np


class Generator:
    """Knuth's MMIX generator; draws are the upper 31 bits."""

    def __init__(self, seed):
        self.state = seed

    def draw(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return self.state >> 33

    def uniform(self, reach):
        """From -reach to reach, in steps of reach / 2^30."""
        return (self.draw() / 2**30 - 1) * reach


def make_batch(n, d, f, seed, offset):
    """Honest vectors around a centre, the first of every three places an attacker until there are f of them,
    and a root vector. Rounded to single precision."""
    generator = Generator(seed)
    centre = [generator.uniform(1) for _ in range(d)]
    rows = []
    for row in range(n):
        hostile = row % 3 == 0 and row // 3 < f
        pull, spread = (-0.75, 0.25 + 0.125 * row) if hostile else (1, 1 + 0.0625 * row)
        rows.append([offset + pull * c + generator.uniform(spread) for c in centre])
    root = [offset + c + generator.uniform(1) for c in centre]
    return np.array(rows, np.float32).astype(float), np.array(root, np.float32).astype(float)


def top_eigenvector(dimension):
    """Stands in for the random start of byzfl's single power step, so that the step is exact.

    Called as np.random.randn from a function that has the differences and their weights at hand.
    """
    names = sys._getframe(1).f_locals
    scaled = names["diffs"] * np.sqrt(names["c"])[:, None]
    assert scaled.shape[1] == dimension
    return np.linalg.svd(scaled, full_matrices=False)[2][0]


def covariance_filter(x, f):
    randn, np.random.randn = np.random.randn, top_eigenvector
    try:
        return byzfl.CAF(f)(x)
    finally:
        np.random.randn = randn


def squared_distances(x):
    return ((x[:, None] - x[None]) ** 2).sum(axis=2)


def krum_scores(distances, neighbours):
    """The sum of the squared distances to the nearest others."""
    return np.sort(distances, axis=1)[:, 1 : 1 + neighbours].sum(axis=1)


def krum(x, f):
    """Blanchard et al. (2017): n - f - 2 neighbours."""
    return x[np.argmin(krum_scores(squared_distances(x), len(x) - f - 2))]


def multi_krum(x, f):
    """Blanchard et al. (2017): the mean of the m best, here m = n - f."""
    order = np.argsort(krum_scores(squared_distances(x), len(x) - f - 2), kind="stable")
    return x[order[: len(x) - f]].mean(axis=0)


def bulyan(x, f):
    """El Mhamdi et al. (2018): n - 2f picks by Krum, then the n - 4f values nearest to the median."""
    remaining, picked = list(range(len(x))), []
    while len(picked) < len(x) - 2 * f:
        count = len(remaining)
        scores = krum_scores(squared_distances(x[remaining]), min(count - 1, max(1, count - f - 2)))
        picked.append(remaining.pop(int(np.argmin(scores))))
    chosen = x[picked]
    keep = len(chosen) - 2 * f
    gaps = np.abs(chosen - np.median(chosen, axis=0))
    order = np.argsort(gaps, axis=0, kind="stable")
    ordered = np.take_along_axis(gaps, order, axis=0)
    assert keep == len(chosen) or (ordered[keep] - ordered[keep - 1]).min() > 1e-6, "a tie decides"
    return np.take_along_axis(chosen, order[:keep], axis=0).mean(axis=0)


def divide_and_conquer(x, f):
    """Shejwalkar and Houmansadr (2021) on all coordinates: without the f largest projections."""
    centred = x - x.mean(axis=0)
    scores = (centred @ np.linalg.svd(centred, full_matrices=False)[2][0]) ** 2
    return x[np.sort(np.argsort(scores, kind="stable")[: len(x) - f])].mean(axis=0)


def fl_trust(x, root):
    """Cao et al. (2021): clipped cosines weigh updates that are as long as the root's."""
    norms = np.linalg.norm(x, axis=1)
    trust = np.maximum(0, x @ root / (norms * np.linalg.norm(root)))
    return (trust * np.linalg.norm(root) / norms) @ x / trust.sum()


def bucketing(x, size, order):
    """byzfl's, with a given permutation."""
    permutation, np.random.permutation = np.random.permutation, lambda vectors: vectors[order]
    try:
        return byzfl.Bucketing(size)(x.copy())
    finally:
        np.random.permutation = permutation


def results(x, root, f, order):
    mixed = byzfl.NNM(f)(x)
    adaptive = byzfl.ARC(f)(x.copy())
    limit = float(np.median(np.linalg.norm(x, axis=1)))
    buckets = bucketing(x, 2, order)
    return {
        "mean": byzfl.Average()(x),
        "median": byzfl.Median()(x),
        "trimmed-mean": byzfl.TrMean(f)(x),
        "krum": krum(x, f),
        "byzfl krum": byzfl.Krum(f)(x),
        "multi-krum": multi_krum(x, f),
        "byzfl multi-krum": byzfl.MultiKrum(f)(x),
        "bulyan": bulyan(x, f),
        "byzfl geometric-median": byzfl.GeometricMedian(nu=0.1, T=3)(x),
        "geometric-median": byzfl.GeometricMedian(nu=1e-9, T=3_000)(x),
        "byzfl centred-clipping": byzfl.CenteredClipping(L=1, tau=2.0)(x),
        "byzfl centred-clipping x3": byzfl.CenteredClipping(L=3, tau=2.0)(x),
        "fltrust": fl_trust(x, root),
        "dnc": divide_and_conquer(x, f),
        "caf": covariance_filter(x, f),
        "nnm+mean": mixed.mean(axis=0),
        "nnm+median": byzfl.Median()(mixed),
        "nnm+byzfl krum": byzfl.Krum(f)(mixed),
        "nnm+trimmed-mean": byzfl.TrMean(f)(mixed),
        "nnm+caf": covariance_filter(mixed, f),
        "arc+mean": adaptive.mean(axis=0),
        "arc+nnm+byzfl geometric-median": byzfl.GeometricMedian(nu=0.1, T=3)(byzfl.NNM(f)(adaptive)),
        "clipping+mean": byzfl.Clipping(limit)(x.copy()).mean(axis=0),
        "clipping+median": byzfl.Median()(byzfl.Clipping(limit)(x.copy())),
        "bucketing+mean": buckets.mean(axis=0),
        "bucketing+median": byzfl.Median()(buckets),
    }


def rounded(values):
    return [float(f"{value:.8g}") for value in values]


def case(n, d, f, seed, offset=0.0):
    x, root = make_batch(n, d, f, seed, offset)
    order = np.random.default_rng(seed).permutation(n)
    norms = np.linalg.norm(x, axis=1)
    return {
        "count": n,
        "dimension": d,
        "tolerated": f,
        "seed": seed,
        "offset": offset,
        "order": order.tolist(),
        "clippingLimit": float(np.median(norms)),
        "norms": rounded(norms),
        "results": {name: rounded(result) for name, result in results(x, root, f, order).items()},
    }


def main():
    cases = [
        case(11, 37, 2, seed=1),
        case(20, 37, 4, seed=2),
        case(20, 257, 4, seed=3),
        case(23, 37, 5, seed=4),
        case(15, 37, 3, seed=5, offset=500.0),
    ]
    target = pathlib.Path(__file__).resolve().parents[1] / "AggregationTests" / "Fixtures" / "rules.json"
    target.parent.mkdir(exist_ok=True)
    with target.open("w") as file:
        json.dump({"byzfl": "0.0.11", "cases": cases}, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
