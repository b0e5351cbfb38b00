"""Bytes to quality: how far a transformer gets with the bits that contributors send, on plays dealt out by speaker.

Every method trains the same model on the same shares for as many tokens, at the rates below, which --tune helps to set.
Each run is kept in a file of its own, so that the same command goes on where it was stopped. Rows of figures are
written to quality.json, and the curves to quality.svg. Bits of sparse packets are those of real payloads.
"""

import argparse
import dataclasses
import itertools
import json
import pathlib
import statistics
import sys
import time

import torch

from simulation import FLOAT_BITS, Method, Plan, run

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples"))
import plot  # noqa: E402

PLAN = Plan(contributors=4, steps=4, batch=4, rounds=384)
# Tuning takes a third of the rounds and one seed, and tries these rates of contributors, each with these of the server.
TUNED_PART = 3
RATES, SERVER_RATES = [3e-4, 1e-3, 3e-3], [1.0, 2.0, 4.0]
# For DiLoCo, whose momentum takes ten times the step.
SMALL_RATES, OUTER_RATES = [1e-4, 3e-4, 1e-3], [0.4, 0.7]


def sparse(density: int, rate: float, server_rate: float) -> Method:
    # What is published is four times as dense as what is sent: so many contributors there are.
    kept = 4_096 // density
    return Method(f"Tributary 1/{density}", rate, server_rate, kept=kept, kept_down=4 * kept)


FEDAVG = Method("dense FedAvg", 1e-3)
# The same with optimisers that live on from round to round, as `TorchTrainer(keeps_optimizer=True)` has them.
KEPT_FEDAVG = Method("dense FedAvg, kept moments", 1e-3, keeps_optimizers=True)
KEPT_SPARSE = dataclasses.replace(sparse(64, 1e-3, 2), name="Tributary 1/64, kept moments", keeps_optimizers=True)
ROTATED = Method("Tributary rotated:512, kept moments", 1e-3, signs=512, keeps_optimizers=True)
# Nesterov's momentum of 0.9 and a rate of 0.7 at the server are DiLoCo's own (Douillard et al., 2023).
DILOCO = Method("dense DiLoCo", 3e-4, server_rate=0.7, momentum=0.9, keeps_optimizers=True)
METHODS = [
    FEDAVG, KEPT_FEDAVG, DILOCO, KEPT_SPARSE, ROTATED,
    sparse(16, 1e-3, 4), sparse(64, 1e-3, 4), sparse(256, 1e-3, 4),
]


class Runs:
    """What was run before, in files."""

    def __init__(self, folder: pathlib.Path, data: pathlib.Path):
        self.folder, self.data = folder, data
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, method: Method, plan: Plan, seed: int) -> pathlib.Path:
        name = method.name.replace("/", "-").replace(" ", "-").replace(",", "").replace(":", "-")
        return self.folder / f"{name}-{method.learning_rate:g}-{method.server_rate:g}-{plan.rounds}-{seed}.json"

    def kept(self, method: Method, plan: Plan, seed: int) -> dict | None:
        path = self.path(method, plan, seed)
        found = json.loads(path.read_text()) if path.exists() else {}
        settings = {"method": dataclasses.asdict(method), "plan": dataclasses.asdict(plan)}
        return found if found and settings.items() <= found.items() else None

    def get(self, method: Method, plan: Plan, seed: int) -> dict:
        if found := self.kept(method, plan, seed):
            return found
        start = time.process_time()
        settings = {"method": dataclasses.asdict(method), "plan": dataclasses.asdict(plan), "seed": seed}
        found = {**settings, **run(method, plan, self.data, seed), "seconds": round(time.process_time() - start)}
        path = self.path(method, plan, seed)
        path.with_suffix(".part").write_text(json.dumps(found))
        path.with_suffix(".part").replace(path)
        last = found["curve"][-1]
        print(f"{method.name}, rates {method.learning_rate:g} and {method.server_rate:g}, seed {seed}, {plan.rounds} rounds: loss "
              f"{last['loss']:.4f} after {last['bitsUp']:.3f} bits a parameter, {found['seconds']} s", flush=True)
        return found


def tune(runs: Runs):
    """Tries every method's rates on one seed for a part of the rounds, and prints the best of each."""
    plan = dataclasses.replace(PLAN, rounds=PLAN.rounds // TUNED_PART)
    for method in METHODS:
        rates = itertools.product(*((SMALL_RATES, OUTER_RATES) if method.momentum else (RATES, SERVER_RATES)))
        tried = [dataclasses.replace(method, learning_rate=own, server_rate=server) for own, server in rates]
        best = min(tried, key=lambda one: runs.get(one, plan, 1)["curve"][-1]["loss"])
        print(f"{method.name}: rate {best.learning_rate:g}, server's rate {best.server_rate:g}")


def report(runs: Runs, folder: pathlib.Path, seeds: int):
    found = {method.name: [run for seed in range(1, seeds + 1) if (run := runs.kept(method, PLAN, seed))]
             for method in METHODS}
    found = {name: list_ for name, list_ in found.items() if list_}
    losses = {name: [one["curve"][-1]["loss"] for one in list_] for name, list_ in found.items()}
    base = statistics.mean(losses[FEDAVG.name])
    rows = []

    def row(name: str, value: float, unit: str, peer: str, peer_value: float, bound: float | None = None):
        rows.append({"name": name, "value": value, "unit": unit, "peer": peer, "peerValue": peer_value,
                     "ratio": value / peer_value, "bound": bound})

    for name, list_ in found.items():
        last = list_[0]["curve"][-1]
        mean = statistics.mean(losses[name])
        row(f"{name}: validation loss, mean of {len(list_)} seeds", mean, "nats a character", FEDAVG.name, base)
        per_round = statistics.mean(one["curve"][-1]["bitsUp"] for one in list_) / PLAN.rounds
        row(f"{name}: sent up a round", per_round, "bits a parameter", FEDAVG.name, FLOAT_BITS)
        per_token = per_round * list_[0]["parameters"] * PLAN.contributors / PLAN.tokens_per_round
        dense = FLOAT_BITS * list_[0]["parameters"] * PLAN.contributors / PLAN.tokens_per_round
        row(f"{name}: sent up", per_token, "bits a token", FEDAVG.name, dense)
        row(f"{name}: sent down a round", last["bitsDown"] / PLAN.rounds, "bits a parameter", FEDAVG.name, FLOAT_BITS)
        print(f"{name:18} loss {mean:.4f} ({', '.join(f'{loss:.4f}' for loss in losses[name])}), {per_round:.4f} bits "
              f"a parameter, {per_token:.0f} bits a token, {FLOAT_BITS / per_round:.0f} times fewer than dense")
    (folder / "quality.json").write_text(json.dumps(rows, indent=2))
    lines = {}
    for name, list_ in found.items():
        places = zip(*(one["curve"] for one in list_))
        lines[name] = [(place[0]["bitsUp"], statistics.mean(point["loss"] for point in place)) for place in places]
    (folder / "quality.svg").write_text(plot.curves(
        "Validation loss against what each contributor sent", "bits a parameter, sent up so far", "nats a character",
        lines, is_log=True))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="tiny-shakespeare's input.txt")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "Benchmarks" / "out")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", help="run methods whose name has this in it, and report on all")
    parser.add_argument("--tune", action="store_true", help="find each method's rate first")
    options = parser.parse_args()
    torch.set_num_threads(1)
    runs = Runs(options.out / "quality", options.data)
    if options.tune:
        tune(runs)
        return
    for seed in range(1, options.seeds + 1):
        for method in METHODS:
            if (options.only or "") in method.name:
                runs.get(method, PLAN, seed)
    report(runs, options.out, options.seeds)


if __name__ == "__main__":
    main()
