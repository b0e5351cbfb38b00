"""What to send when a node takes part once, and what when it takes part a hundred times.

Federated averaging on MNIST dealt out by a Dirichlet distribution over labels. All runs have as many updates in all; the
fewer nodes there are, the oftener each takes part. Every way to compress tries the server's rates below on one seed, for
each number of participations, and is then run on the others at the best. Runs are kept in files, so that the same command
goes on where it was stopped. Rows of figures are written to participation.json, and the losses to participation.svg.
"""

import argparse
import json
import pathlib
import statistics
import sys
import time

import torch
from torch.nn.functional import cross_entropy

import coders

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples"))
sys.path.insert(0, str(ROOT / "examples" / "mnist-convolution"))
import images  # noqa: E402
import plot  # noqa: E402

PIXELS, HIDDEN, LABELS = 784, 64, 10
PARAMETERS = (PIXELS + 1) * HIDDEN + (HIDDEN + 1) * LABELS
PADDED = -(-PARAMETERS // coders.CHUNK) * coders.CHUNK
PARTICIPATIONS = [1, 2, 5, 10, 25, 50, 100]
WINDOW, ROUNDS = 20, 100
CONCENTRATION = 0.3
STEPS, BATCH, RATE = 4, 16, 0.1
SERVER_RATES = [1.0, 2.0, 4.0]
POINTS = 10
# As many of the last points are averaged: single ones jump where the server's rate is high.
LAST_POINTS = 3

CODERS = {
    "dense": coders.Coder(),
    "top-k 1/16, feedback": coders.TopK(256, True),
    "top-k 1/64, feedback": coders.TopK(64, True),
    "top-k 1/256, feedback": coders.TopK(16, True),
    "top-k 1/64": coders.TopK(64, False),
    "random-k 1/16": coders.RandomK(256),
    "random-k 1/64": coders.RandomK(64),
    "sampled 1/16": coders.Sampled(256),
    "sampled 1/64": coders.Sampled(64),
    "sampled 1/256": coders.Sampled(16),
    "rotated 1 bit": coders.Rotated(4_096),
    # About as many bits as top-k of 1/16, 1/64 and 1/256 takes.
    "rotated 1/2 bit": coders.Rotated(2_048),
    "rotated 1/8 bit": coders.Rotated(512),
    "rotated 1/32 bit": coders.Rotated(128),
}


class Data:
    """Images as rows, each label's beside one another, and the test's."""

    def __init__(self, folder: pathlib.Path):
        self.images, self.labels = self._read(folder, "train")
        order = self.labels.argsort(stable=True)
        self.images, self.labels = self.images[order], self.labels[order]
        self.counts = self.labels.bincount(minlength=LABELS)
        self.starts = self.counts.cumsum(0) - self.counts
        self.test_images, self.test_labels = self._read(folder, "t10k")

    @staticmethod
    def _read(folder: pathlib.Path, kind: str) -> tuple[torch.Tensor, torch.Tensor]:
        pixels, labels = (images.read(folder / f"{kind}-{name}-ubyte.gz") for name in ("images-idx3", "labels-idx1"))
        return torch.tensor(pixels.reshape(-1, PIXELS), dtype=torch.float32) / 255, torch.tensor(labels).long()

    def deal(self, nodes: int, seed: int) -> torch.Tensor:
        """As many images for each node, of labels in proportions that a Dirichlet distribution draws for it."""
        torch.manual_seed(seed)
        each = len(self.images) // nodes
        proportions = torch.distributions.Dirichlet(torch.full((LABELS,), CONCENTRATION)).sample((nodes,))
        labels = proportions.multinomial(each, replacement=True)
        return self.starts[labels] + (torch.rand(nodes, each) * self.counts[labels]).long()


def parts(rows: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The matrices and biases of each row of parameters, with two dimensions each."""
    shapes = [(PIXELS, HIDDEN), (1, HIDDEN), (HIDDEN, LABELS), (1, LABELS)]
    split = rows[:, :PARAMETERS].split([height * width for height, width in shapes], dim=1)
    return tuple(part.view(-1, *shape) for part, shape in zip(split, shapes))


def scores(rows: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor:
    first, first_bias, second, second_bias = parts(rows)
    hidden = torch.baddbmm(first_bias, inputs, first).relu()
    return torch.baddbmm(second_bias, hidden, second)


def first_weights(seed: int) -> torch.Tensor:
    torch.manual_seed(seed)
    weights = torch.zeros(PADDED)
    first, _, second, _ = parts(weights.unsqueeze(0))
    first.normal_(0, (2 / PIXELS) ** 0.5)
    second.normal_(0, (2 / HIDDEN) ** 0.5)
    return weights


def train(weights: torch.Tensor, data: Data, shares: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """What training from the weights on each share changes, in rows."""
    rows = weights.repeat(len(shares), 1).requires_grad_()
    for _ in range(STEPS):
        chosen = shares.gather(1, torch.randint(shares.shape[1], (len(shares), BATCH), generator=random))
        loss = cross_entropy(scores(rows, data.images[chosen]).flatten(0, 1), data.labels[chosen].flatten())
        # The mean is over all nodes, and each has its own.
        gradient, = torch.autograd.grad(loss * len(shares), rows)
        rows = (rows.detach() - RATE * gradient).requires_grad_()
    return rows.detach() - weights


def run(coder: coders.Coder, server_rate: float, participations: int, data: Data, seed: int) -> dict:
    """The loss and accuracy of each tenth of the rounds, and the bits a parameter of an update's payload there."""
    nodes = WINDOW * ROUNDS // participations
    shares, weights = data.deal(nodes, seed), first_weights(seed)
    random = torch.Generator().manual_seed(seed)
    residuals: dict[int, torch.Tensor] = {}
    order: list[int] = []
    curve = []
    for number in range(1, ROUNDS + 1):
        order = order or torch.randperm(nodes, generator=random).tolist()
        chosen, order = order[:WINDOW], order[WINDOW:]
        updates = train(weights, data, shares[chosen], random)
        if coder.keeps_residuals:
            updates += torch.stack([residuals.pop(node, torch.zeros(PADDED)) for node in chosen])
        decoded = coder.encode(updates, random)
        if coder.keeps_residuals and participations > 1:
            residuals.update(zip(chosen, updates - decoded))
        weights = weights + server_rate * decoded.mean(0)
        if number % (ROUNDS // POINTS) == 0:
            with torch.no_grad():
                found = scores(weights.unsqueeze(0), data.test_images.unsqueeze(0))[0]
            curve.append({
                "loss": float(cross_entropy(found, data.test_labels).nan_to_num(99.0).clamp(max=99.0)),
                "accuracy": float((found.argmax(1) == data.test_labels).float().mean()),
                "bits": coder.bits(decoded[0]) / PADDED})
    return {"curve": curve}


def at_the_end(found: dict, figure: str) -> float:
    return statistics.mean(point[figure] for point in found["curve"][-LAST_POINTS:])


class Runs:
    """What was run before, in files."""

    def __init__(self, folder: pathlib.Path, data: pathlib.Path):
        self.folder, self.data = folder, Data(data)
        folder.mkdir(parents=True, exist_ok=True)

    def get(self, name: str, server_rate: float, participations: int, seed: int) -> dict:
        path = self.folder / f"{name.replace('/', '-').replace(' ', '-')}-{server_rate:g}-{participations}-{seed}.json"
        if path.exists():
            return json.loads(path.read_text())
        start = time.process_time()
        found = run(CODERS[name], server_rate, participations, self.data, seed)
        found["seconds"] = round(time.process_time() - start, 2)
        path.with_suffix(".part").write_text(json.dumps(found))
        path.with_suffix(".part").replace(path)
        return found

    def tuned(self, name: str, participations: int) -> tuple[float, dict]:
        """The server's rate with the least loss at the end on the first seed, and that run."""
        tried = {rate: self.get(name, rate, participations, seed=1) for rate in SERVER_RATES}
        best = min(tried, key=lambda rate: at_the_end(tried[rate], "loss"))
        return best, tried[best]


def report(runs: Runs, folder: pathlib.Path, seeds: int):
    rows, lines = [], {}
    for participations in PARTICIPATIONS:
        base = None
        for name in CODERS:
            rate, first = runs.tuned(name, participations)
            found = [first] + [runs.get(name, rate, participations, seed) for seed in range(2, seeds + 1)]
            losses = [at_the_end(one, "loss") for one in found]
            accuracy = statistics.mean(at_the_end(one, "accuracy") for one in found)
            bits = statistics.mean(point["bits"] for one in found for point in one["curve"])
            base = base or statistics.mean(losses)
            rows.append({
                "name": f"{name}, {participations} participations", "value": statistics.mean(losses), "unit": "nats",
                "peer": "dense", "peerValue": base, "ratio": statistics.mean(losses) / base, "accuracy": accuracy,
                "bitsPerParameter": bits, "serverRate": rate, "losses": losses})
            lines.setdefault(name, []).append((participations, min(statistics.mean(losses), 2.5)))
            print(f"{participations:4} {name:22} loss {statistics.mean(losses):.4f} "
                  f"({', '.join(f'{loss:.4f}' for loss in losses)}), accuracy {accuracy:.4f}, {bits:.3f} bits a "
                  f"parameter, server's rate {rate:g}", flush=True)
    (folder / "participation.json").write_text(json.dumps(rows, indent=2))
    (folder / "participation.svg").write_text(plot.curves(
        "Test loss after as many updates in all", "participations of a node", "nats", lines, is_log=True))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="the folder with MNIST's four files")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "Benchmarks" / "out")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    report(Runs(options.out / "participation", options.data), options.out, options.seeds)


if __name__ == "__main__":
    main()
