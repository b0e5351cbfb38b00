"""Times one library's aggregation rules on vectors from a file, and writes what they answer.

Usage: aggregation.py FOLDER COUNT DIMENSION ATTACKERS THREADS LIBRARY LIMIT, where FOLDER holds vectors.f32
and LIBRARY is byzfl-numpy, byzfl-torch or flower. Prints a JSON object: for each rule its median `seconds`, or
`stopped` after LIMIT seconds, or `refused` with a reason. Answers go to FOLDER/LIBRARY-RULE.f32.
"""

import importlib.util
import json
import os
import pathlib
import signal
import statistics
import sys
import time
import types

import numpy as np

RUNS = 2
FLOAT_BYTES = 4
# byzfl's centred clipping needs a radius; this is its default.
CLIPPING_RADIUS = 100.0


class Stopped(BaseException):
    """No Exception, because NumPy and the libraries catch these in places and go on."""


def stop(signal_number, frame):
    raise Stopped


def available_bytes():
    for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    raise OSError("/proc/meminfo does not say how much memory is available")


def nearest_rows(mixtures):
    """Three of the mixed vectors stand for all."""
    return [mixtures[0], mixtures[len(mixtures) // 2], mixtures[-1]]


def byzfl_rules(attackers):
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    from byzfl_tournament.library import aggregators, preaggregators

    f = attackers
    return {
        "mean": lambda x: aggregators.Average()(x),
        "median": lambda x: aggregators.Median()(x),
        "trimmed-mean": lambda x: aggregators.TrMean(f)(x),
        "centred-clipping": lambda x: aggregators.CenteredClipping(tau=CLIPPING_RADIUS)(x),
        "krum": lambda x: aggregators.Krum(f)(x),
        "multi-krum": lambda x: aggregators.MultiKrum(f)(x),
        "geometric-median": lambda x: aggregators.GeometricMedian()(x),
        "nnm": lambda x: preaggregators.NNM(f)(x),
        "caf": lambda x: aggregators.CAF(f)(x),
    }


def flower_functions():
    """Flower's aggregate.py without the rest of the package, of which it needs the names of types only."""
    package = importlib.util.find_spec("flwr")
    path = pathlib.Path(package.submodule_search_locations[0]) / "server" / "strategy" / "aggregate.py"
    for name, members in {
        "flwr.common": ["FitRes", "NDArray", "NDArrays", "parameters_to_ndarrays"],
        "flwr.server.client_proxy": ["ClientProxy"],
    }.items():
        module = types.ModuleType(name)
        for member in members:
            setattr(module, member, list)
        sys.modules[name] = module
    for name in ("flwr", "flwr.server"):
        module = types.ModuleType(name)
        module.__path__ = []
        sys.modules[name] = module
    specification = importlib.util.spec_from_file_location("flower_aggregate", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def flower_rules(count, attackers):
    functions = flower_functions()

    def results(x):
        return [([row], 1) for row in x]

    def bulyan(x):
        return functions.aggregate_bulyan(results(x), attackers, functions.aggregate_krum, to_keep=0)[0]

    share = attackers / count
    return {
        "mean": lambda x: functions.aggregate(results(x))[0],
        "median": lambda x: functions.aggregate_median(results(x))[0],
        "trimmed-mean": lambda x: functions.aggregate_trimmed_avg(results(x), share)[0],
        "krum": lambda x: functions.aggregate_krum(results(x), attackers, 0)[0],
        "multi-krum": lambda x: functions.aggregate_krum(results(x), attackers, count - attackers)[0],
        "bulyan": bulyan,
    }


def measure(rule, vectors, limit):
    """The median time and the answer; a first run that is not counted where that is quick."""
    signal.setitimer(signal.ITIMER_REAL, limit, 1)
    try:
        times = []
        while len(times) <= RUNS and sum(times) < limit / 4:
            answer = None
            start = time.perf_counter()
            answer = rule(vectors)
            times.append(time.perf_counter() - start)
        signal.setitimer(signal.ITIMER_REAL, 0)
        return statistics.median(times[1:] or times), answer
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def main():
    folder, library = pathlib.Path(sys.argv[1]), sys.argv[6]
    count, dimension, attackers, threads = map(int, sys.argv[2:6])
    limit = float(sys.argv[7])
    vectors = np.fromfile(folder / "vectors.f32", np.float32).reshape(count, dimension)
    rules = flower_rules(count, attackers) if library == "flower" else byzfl_rules(attackers)
    if library == "byzfl-torch":
        import torch

        torch.set_num_threads(threads)
        vectors = torch.from_numpy(vectors)
    signal.signal(signal.SIGALRM, stop)
    # A parent with threads may have handed down a mask that holds signals back.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    np.random.seed(1)

    report = {}
    for name, rule in rules.items():
        # byzfl copies n - f vectors for each of n.
        needed = count * (count - attackers) * dimension * FLOAT_BYTES if name == "nnm" else 0
        if needed > 0.8 * available_bytes():
            report[name] = {"refused": f"needs {needed / 1e9:.0f} GB"}
            continue
        try:
            seconds, answer = measure(rule, vectors, limit)
        except Stopped:
            report[name] = {"stopped": limit}
            continue
        except RuntimeError as error:
            report[name] = {"refused": str(error).splitlines()[0]}
            continue
        report[name] = {"seconds": seconds}
        if answer is not None:
            rows = nearest_rows(answer) if name == "nnm" else [answer]
            np.concatenate([np.asarray(row, np.float32).ravel() for row in rows]).tofile(
                folder / f"{library}-{name}.f32"
            )
    print(json.dumps(report))


if __name__ == "__main__":
    main()
