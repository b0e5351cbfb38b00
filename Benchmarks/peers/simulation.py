"""Runs federated averaging of a small model in other software, on the examples that a benchmark wrote.

Usage: simulation.py FOLDER PEER ROUNDS, where PEER is numpy, flower, flwr-run or pfl. Every client takes part in every
round. Prints a JSON object: client-rounds, the seconds that they took without any start-up, and the accuracy reached.

FOLDER holds job.json (layers, clients and test as lists of rows, epochs, batchSize, learningRate), features.f32,
labels.i32 and weights.f32, all little-endian: features and weights row by row, layer by layer, weights before biases.
"""

import functools
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import numpy

CORES = len(os.sched_getaffinity(0))


class Job:
    """The model, the data and the local steps."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        fields = json.loads((folder / "job.json").read_text())
        self.layers = fields["layers"]
        self.clients = [numpy.array(rows) for rows in fields["clients"]]
        self.test = numpy.array(fields["test"])
        self.epochs, self.batch_size = fields["epochs"], fields["batchSize"]
        self.learning_rate = numpy.float32(fields["learningRate"])
        self.labels = numpy.fromfile(folder / "labels.i32", "<i4")
        self.features = numpy.fromfile(folder / "features.f32", "<f4").reshape(len(self.labels), -1)
        flat, self.weights, start = numpy.fromfile(folder / "weights.f32", "<f4"), [], 0
        for inputs, outputs in zip(self.layers, self.layers[1:]):
            self.weights.append(flat[start:start + inputs * outputs].reshape(outputs, inputs))
            start += inputs * outputs
            self.weights.append(flat[start:start + outputs])
            start += outputs

    def activations(self, weights, x):
        """What every layer gets, and at last the logits."""
        passed = [x]
        for layer in range(0, len(weights), 2):
            x = x @ weights[layer].T + weights[layer + 1]
            if layer + 2 < len(weights):
                numpy.maximum(x, 0, out=x)
            passed.append(x)
        return passed

    def train(self, weights, client, random):
        """Plain stochastic gradient descent on shuffled batches."""
        weights = [array.copy() for array in weights]
        rows = self.clients[client]
        for _ in range(self.epochs):
            order = random.permutation(rows)
            for start in range(0, len(order), self.batch_size):
                batch = order[start:start + self.batch_size]
                self.descend(weights, self.features[batch], self.labels[batch])
        return weights

    def descend(self, weights, x, labels):
        passed = self.activations(weights, x)
        delta = numpy.exp(passed[-1] - passed[-1].max(axis=1, keepdims=True))
        delta /= delta.sum(axis=1, keepdims=True)
        delta[numpy.arange(len(labels)), labels] -= 1
        delta *= self.learning_rate / numpy.float32(len(labels))
        for layer in range(len(weights) - 2, -1, -2):
            below = passed[layer // 2]
            carried = (delta @ weights[layer]) * (below > 0) if layer > 0 else None
            weights[layer] -= delta.T @ below
            weights[layer + 1] -= delta.sum(axis=0)
            delta = carried

    def accuracy(self, weights):
        logits = self.activations(weights, self.features[self.test])[-1]
        return float((logits.argmax(axis=1) == self.labels[self.test]).mean())


@functools.lru_cache(maxsize=1)
def job_of(folder):
    return Job(folder)


def run_numpy(folder, rounds):
    """A plain loop over the clients."""
    job, random = job_of(folder), numpy.random.default_rng(1)
    weights = job.weights
    start = time.perf_counter()
    for _ in range(rounds):
        total = None
        for client in range(len(job.clients)):
            trained = job.train(weights, client, random)
            total = trained if total is None else [a + b for a, b in zip(total, trained)]
        weights = [array / numpy.float32(len(job.clients)) for array in total]
    return time.perf_counter() - start, job.accuracy(weights)


def flower_apps(folder, rounds, out):
    """Flower's ServerApp and ClientApp; the first round, in which workers start, is not counted."""
    from flwr.app import ArrayRecord, Message, MetricRecord, RecordDict
    from flwr.clientapp import ClientApp
    from flwr.serverapp import ServerApp
    from flwr.serverapp.strategy import FedAvg

    client_app, server_app = ClientApp(), ServerApp()

    @client_app.train()
    def train(message, context):
        job, client = job_of(folder), int(context.node_config["partition-id"])
        weights = job.train(message.content["arrays"].to_numpy_ndarrays(), client, numpy.random.default_rng())
        metrics = MetricRecord({"num-examples": len(job.clients[client])})
        content = RecordDict({"arrays": ArrayRecord(weights), "metrics": metrics})
        return Message(content=content, reply_to=message)

    @server_app.main()
    def main(grid, context):
        job, moments = job_of(folder), []

        def note(round_number, arrays):
            moments.append(time.perf_counter())

        strategy = FedAvg(fraction_train=1.0, fraction_evaluate=0.0, min_available_nodes=len(job.clients))
        result = strategy.start(
            grid=grid, initial_arrays=ArrayRecord(job.weights), num_rounds=rounds + 1, evaluate_fn=note)
        accuracy = job.accuracy(result.arrays.to_numpy_ndarrays())
        # The function is called before the first round and after each.
        pathlib.Path(out).write_text(json.dumps([moments[-1] - moments[1], accuracy]))

    return server_app, client_app


def run_flower(folder, rounds):
    """Flower's simulation engine on Ray, a core a client."""
    from flwr.simulation import run_simulation

    with tempfile.TemporaryDirectory() as scratch:
        out = f"{scratch}/out.json"
        server_app, client_app = flower_apps(folder, rounds, out)
        run_simulation(
            server_app, client_app, num_supernodes=len(job_of(folder).clients),
            backend_config={
                "client_resources": {"num_cpus": 1, "num_gpus": 0.0}, "init_args": {"num_cpus": CORES}})
        return json.loads(pathlib.Path(out).read_text())


APP = """import sys
sys.path.insert(0, {here!r})
import simulation
apps = simulation.flower_apps({folder!r}, {rounds}, {out!r})
server = apps[0]
client = apps[1]
"""
PROJECT = """[project]
name = "bench"
version = "1.0.0"
dependencies = []
[tool.flwr.app]
publisher = "bench"
[tool.flwr.app.components]
serverapp = "bench.app:server"
clientapp = "bench.app:client"
[tool.flwr.federations]
default = "local-simulation"
[tool.flwr.federations.local-simulation]
options.num-supernodes = {clients}
options.backend.client-resources.num-cpus = 1
"""


def run_flwr(folder, rounds):
    """The same by `flwr run`, as Flower recommends."""
    clients = len(job_of(folder).clients)
    with tempfile.TemporaryDirectory() as scratch:
        out, package = pathlib.Path(scratch, "out.json"), pathlib.Path(scratch, "bench")
        package.mkdir()
        (package / "__init__.py").touch()
        here = str(pathlib.Path(__file__).resolve().parent)
        (package / "app.py").write_text(APP.format(here=here, folder=folder, rounds=rounds, out=str(out)))
        pathlib.Path(scratch, "pyproject.toml").write_text(PROJECT.format(clients=clients))
        programs = pathlib.Path(sys.executable).parent
        environment = dict(os.environ, FLWR_HOME=f"{scratch}/home", PATH=f"{programs}:{os.environ['PATH']}")
        flwr = programs / "flwr"
        # A SuperLink of a run that was killed would answer in place of this run's, and never finish.
        stop(lambda variables: is_left_over(variables.get("FLWR_HOME")))
        configuration = f"num-supernodes={clients} client-resources-num-cpus=1"
        try:
            subprocess.run(
                [flwr, "run", scratch, "--stream", "--federation-config", configuration], env=environment, check=True,
                stdout=sys.stderr, timeout=600)
        finally:
            stop(lambda variables: variables.get("FLWR_HOME") == environment["FLWR_HOME"])
        return json.loads(out.read_text())


def is_left_over(home):
    """Whether a run's folder, which lay among temporary ones, is gone."""
    return home is not None and home.startswith(tempfile.gettempdir()) and not os.path.exists(home)


def stop(is_wanted):
    """Ends each SuperLink that `flwr run` has left behind and whose environment is wanted."""
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if b"flower-superlink" not in (process / "cmdline").read_bytes():
                continue
            entries = (process / "environ").read_text(errors="replace").split("\0")
            if is_wanted(dict(entry.split("=", 1) for entry in entries if "=" in entry)):
                os.kill(int(process.name), signal.SIGTERM)
        except OSError:
            continue


def run_pfl(folder, rounds):
    """Apple's pfl-research with its NumPy operations; local training is the plain loop's."""
    from pfl.aggregate.simulate import SimulatedBackend
    from pfl.algorithm.base import NNAlgorithmParams
    from pfl.algorithm.federated_averaging import FederatedAveraging
    from pfl.data.dataset import Dataset
    from pfl.data.federated_dataset import FederatedDataset
    from pfl.hyperparam.base import NNEvalHyperParams, NNTrainHyperParams
    from pfl.internal.ops import numpy_ops, selector
    from pfl.metrics import Metrics
    from pfl.model.base import StatefulModel
    from pfl.stats import MappedVectorStatistics

    selector.set_framework_module(numpy_ops)
    job, random = job_of(folder), numpy.random.default_rng(1)

    class Weights(StatefulModel):
        arrays = job.weights

        def get_parameters(self, placeholders=None):
            return MappedVectorStatistics({str(place): array for place, array in enumerate(self.arrays)})

        def set_parameters(self, parameters):
            self.arrays = [parameters[str(place)] for place in range(len(self.arrays))]

        def get_model_difference(self, other_parameters, clone=False):
            return MappedVectorStatistics(
                {str(place): array - other_parameters[str(place)] for place, array in enumerate(self.arrays)},
                weight=1)

        def apply_model_update(self, statistics):
            self.arrays = [array + statistics[str(place)] for place, array in enumerate(self.arrays)]
            return self, Metrics()

        def save(self, dir_path):
            raise NotImplementedError

        load = save

        def evaluate(self, dataset, name_formatting_fn=lambda name: name, eval_params=None):
            return Metrics()

    class Averaging(FederatedAveraging):
        def train_one_user(self, initial_model_state, model, user_dataset, central_context):
            model.arrays = job.train(model.arrays, int(user_dataset.raw_data[0][0]), random)
            return model.get_model_difference(initial_model_state), Metrics()

    model = Weights()
    turn = iter(range(10 ** 9))
    users = FederatedDataset(
        lambda user: Dataset(raw_data=[numpy.array([user])], user_id=str(user)), lambda: next(turn) % len(job.clients))
    backend = SimulatedBackend(training_data=users, val_data=users)
    start = time.perf_counter()
    Averaging().run(
        algorithm_params=NNAlgorithmParams(
            central_num_iterations=rounds, evaluation_frequency=10 ** 9, train_cohort_size=len(job.clients),
            val_cohort_size=0),
        backend=backend, model=model, model_eval_params=NNEvalHyperParams(local_batch_size=None),
        model_train_params=NNTrainHyperParams(
            local_batch_size=job.batch_size, local_num_epochs=job.epochs,
            local_learning_rate=float(job.learning_rate)))
    return time.perf_counter() - start, job.accuracy(model.arrays)


PEERS = {"numpy": run_numpy, "flower": run_flower, "flwr-run": run_flwr, "pfl": run_pfl}

if __name__ == "__main__":
    # Workers find functions of a module by its name, and none of a script's.
    from simulation import PEERS, job_of

    place, peer, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    seconds, accuracy = PEERS[peer](place, count)
    done = count * len(job_of(place).clients)
    print(json.dumps({"clientRounds": done, "seconds": seconds, "accuracy": accuracy}))
