#!/usr/bin/env python3
"""Runs byzfl's rules on the data, model, attacks and seeds of `tributary tournament`.

    tributary tournament GRID --export-split SPLIT
    tournament.py SPLIT --out peers.json
    tributary tournament GRID --out FOLDER --peers peers.json

SPLIT is proved first: every digest in its manifest is recomputed from the examples that are trained on. Then
each cell is a run of synchronous federated averaging with dense Float32 updates, in which every contributor
takes part in every round, for as many local trainings as ours takes updates. byzfl's rules are told the true
number of attackers. An interrupted run goes on where it was when it is started again.
"""

import argparse
import multiprocessing
import statistics
import sys
import time

import torch

from byzfl_tournament import library
from byzfl_tournament.attacks import ATTACKS, DISGUISE
from byzfl_tournament.cells import Arena, Settings, plan
from byzfl_tournament.results import Results
from byzfl_tournament.rules import DEFAULT_RULES, is_rule
from byzfl_tournament.split import Export, SplitError

EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def arguments(argv):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("split", help="the folder that tributary tournament --export-split wrote")
    parser.add_argument("--out", required=True, help="the result file; cells that it has are not run again")
    parser.add_argument("--images", help="the IDX file of images, in place of the manifest's path")
    parser.add_argument("--labels", help="the IDX file of labels, in place of the manifest's path")
    parser.add_argument("--rules", nargs="+", default=DEFAULT_RULES, help="such as krum or arc+nnm+krum")
    parser.add_argument("--attacks", nargs="+", help="default: the grid's")
    parser.add_argument("--attackers", nargs="+", type=int, help="how many; default: the grid's")
    parser.add_argument("--skews", nargs="+", type=float, help="default: the grid's")
    parser.add_argument("--seeds", nargs="+", type=int, help="default: the grid's")
    parser.add_argument("--rounds", type=int, help="default: as many trainings as the grid takes updates")
    parser.add_argument("--server-learning-rate", type=float, help="default: the grid's")
    parser.add_argument(
        "--disguise", type=float, default=DISGUISE, help="the noise on vectors that attackers agree on"
    )
    parser.add_argument("--jobs", type=int, default=1, help="cells that are run at once")
    parser.add_argument("--plan", action="store_true", help="print the cells, and run none")
    options = parser.parse_args(argv)
    for name in ("rounds", "jobs"):
        if getattr(options, name) is not None and getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1")
    for rule in options.rules:
        if not is_rule(rule):
            parser.error(f"\"{rule}\" is not a rule of byzfl; there are {', '.join(DEFAULT_RULES)}")
    return options


def chosen(asked, offered, what):
    """What was asked for, if the split has it; all there is by default."""
    missing = [value for value in asked or [] if value not in offered]
    if missing:
        raise SplitError(f"the split has no {what} {missing[0]}; it has {', '.join(map(str, offered))}")
    return [value for value in offered if value in asked] if asked else offered


def choose(export, options):
    """The cells that were asked for, and the attacks of the grid that there is nothing for here."""
    attacks = options.attacks or export.attacks
    unknown = [name for name in attacks if name not in ATTACKS]
    if unknown and options.attacks:
        raise SplitError(f"\"{unknown[0]}\" is not an attack; there are {', '.join(ATTACKS)}")
    skews = chosen(options.skews, sorted({skew for skew, _ in export.keys}), "skew")
    seeds = chosen(options.seeds, sorted({seed for _, seed in export.keys}), "seed")
    keys = [(skew, seed) for seed in seeds for skew in skews if (skew, seed) in export.keys]
    attackers = chosen(options.attackers, export.attackers, "number of attackers")
    return plan(keys, options.rules, [name for name in attacks if name in ATTACKS], attackers), unknown


def settings_of(export, options):
    rate = options.server_learning_rate
    return Settings(
        rounds=options.rounds or export.rounds,
        server_learning_rate=export.server_learning_rate if rate is None else rate,
        epochs=export.epochs,
        batch_size=export.batch_size,
        learning_rate=export.learning_rate,
        disguise=options.disguise,
    )


class Worker:
    """Runs cells, and holds the split of the latest one."""

    def __init__(self, export, settings):
        # Cells side by side use the cores better than threads within one.
        torch.set_num_threads(1)
        self.export = export
        self.settings = settings
        self.key = None

    def __call__(self, cell):
        if self.key != (cell.skew, cell.seed):
            self.key = cell.skew, cell.seed
            self.arena = Arena(self.export.load(*self.key), self.export.widths, self.settings)
        return cell, self.arena.run(cell)


worker = None


def start_worker(*parts):
    global worker
    worker = Worker(*parts)


def work(cell):
    return worker(cell)


def results_of(cells, export, settings, jobs):
    """Runs cells, and yields each with its result as it is done."""
    if jobs == 1:
        yield from map(Worker(export, settings), cells)
        return
    # Threads of torch do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with context.Pool(jobs, start_worker, (export, settings)) as pool:
        yield from pool.imap_unordered(work, cells)


class Progress:
    """Says how far the tournament is, and about how long it still takes."""

    def __init__(self, cells, jobs):
        self.remaining = list(cells)
        self.total = len(cells)
        self.jobs = jobs
        self.seconds = {}

    def finished(self, cell, result):
        self.remaining.remove(cell)
        self.seconds.setdefault(self.kind(cell), []).append(result["seconds"])
        overall = statistics.mean(second for kind in self.seconds.values() for second in kind)
        rest = sum(statistics.mean(self.seconds.get(self.kind(cell), [overall])) for cell in self.remaining)
        print(
            f"[{self.total - len(self.remaining)}/{self.total}] {cell}: accuracy {result['accuracy']:.4f} in "
            f"{result['seconds']:.1f} s; about {duration(rest / self.jobs)} remain",
            flush=True,
        )

    def kind(self, cell):
        # What decides how long a cell takes.
        return cell.rule, cell.attack


def duration(seconds):
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{round(seconds)} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def main(argv=None):
    options = arguments(argv)
    try:
        export = Export(options.split, options.images, options.labels)
        cells, unknown = choose(export, options)
        if unknown:
            print(f"not run, for there is nothing like it here: {', '.join(unknown)}")
        if options.plan:
            print("\n".join(map(str, cells)))
            return 0
        settings = settings_of(export, options)
        results = Results(options.out, library.NAME, export.digest, settings)
        for key in dict.fromkeys((cell.skew, cell.seed) for cell in cells):
            export.load(*key)
        print("the split is proved: every example and weight is what was exported")
        rest = [cell for cell in cells if cell not in results]
        if len(rest) < len(cells):
            print(f"{len(cells) - len(rest)} of {len(cells)} cells are done already")
        progress = Progress(rest, options.jobs)
        start = time.perf_counter()
        for cell, result in results_of(rest, export, settings, options.jobs):
            results.add(result)
            progress.finished(cell, result)
        print(f"{len(rest)} cells in {duration(time.perf_counter() - start)}: {options.out}")
        return 0
    except SplitError as fault:
        print(f"tournament: {fault}", file=sys.stderr)
        return EXIT_FAILURE
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        return EXIT_INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
