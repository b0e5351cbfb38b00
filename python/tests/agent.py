"""An agent as docs/TRAINER.md describes it, written from that page and not from the SDK."""

import json
import mmap
import os
import pathlib
import queue
import select
import signal
import struct
import subprocess
import sys
import threading

import numpy as np

SOURCES = pathlib.Path(__file__).resolve().parents[1] / "src"
SECONDS = 60


class Ended(Exception):
    """The trainer closed its answers."""


class Agent:
    """Starts a trainer and speaks to it."""

    def __init__(self, *command, environment=None):
        log_read, log_write = os.pipe()
        requests_read, self.requests = os.pipe()
        self.answers, answers_write = os.pipe()
        self.memory = os.memfd_create("trainer")
        self.process = _start(command, requests_read, answers_write, log_write, self.memory, environment)
        for number in (requests_read, answers_write, log_write):
            os.close(number)
        self.number, self.layout, self.count, self.map = 0, [], 0, None
        self.progress = []
        # Lines of the log as they come, and None at its end.
        self.lines = queue.SimpleQueue()
        self.logging = threading.Thread(target=self._keep_log, args=[log_read])
        self.logging.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(SECONDS)
        self.logging.join(SECONDS)
        for number in (self.requests, self.answers, self.memory):
            if number is not None:
                os.close(number)

    # Frames

    def write(self, data: bytes):
        while data:
            data = data[os.write(self.requests, data) :]

    def read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            assert select.select([self.answers], [], [], SECONDS)[0], "the trainer is silent"
            part = os.read(self.answers, count - len(data))
            if not part:
                raise Ended(data)
            data += part
        return data

    def request(self, call: str, **fields):
        self.number += 1
        data = json.dumps({"id": self.number, "call": call, **fields}).encode()
        self.write(b"TRBF" + struct.pack("<I", len(data)) + data)

    def answer(self) -> dict:
        while True:
            magic, length = struct.unpack("<4sI", self.read(8))
            assert magic == b"TRBF", magic
            assert 2 <= length <= 1 << 20
            message = json.loads(self.read(length), parse_constant=pytest_fail)
            assert message.pop("id") == self.number
            assert len(message) == 1 and set(message) <= {"result", "error", "progress"}, message
            if "progress" not in message:
                return message
            assert set(message["progress"]) == {"step", "steps", "loss"}
            self.progress.append(message["progress"])

    # Calls

    def ask(self, call: str, **fields) -> dict:
        self.request(call, **fields)
        answer = self.answer()
        assert "result" in answer, answer
        return answer["result"]

    def error(self, call: str, **fields) -> str:
        self.request(call, **fields)
        answer = self.answer()
        assert "error" in answer, answer
        return answer["error"]

    def describe(self) -> dict:
        found = self.ask("describe")
        assert set(found) == {"tensors", "examples", "groups", "name"}
        self.layout = [(tensor["name"], tuple(tensor["shape"])) for tensor in found["tensors"]]
        self.count = sum(int(np.prod(shape)) for _, shape in self.layout)
        self.region = -(-4 * self.count // 4096) * 4096
        os.ftruncate(self.memory, 2 * self.region)
        self.map = mmap.mmap(self.memory, 2 * self.region)
        return found

    def flat(self, offset=0) -> np.ndarray:
        return np.frombuffer(self.map, "<f4", self.count, offset)

    def initialize(self, seed=0) -> np.ndarray:
        self.flat(self.region)[:] = np.nan
        assert self.ask("initialize", seed=str(seed)) == {}
        return self.output()

    def output(self) -> np.ndarray:
        found = self.flat(self.region).copy()
        assert np.isfinite(found).all()
        return found

    def train(self, weights, *, seed=0, batch=8, rate=0.1, decay=0.0, **length) -> tuple[np.ndarray, dict]:
        self.flat()[:] = weights
        self.flat(self.region)[:] = np.nan
        found = self.ask("train", **train_fields(seed, batch, rate, decay, **length))
        assert set(found) == {"examples", "steps", "loss"}
        assert (self.flat() == weights).all()
        return self.output(), found

    def evaluate(self, weights) -> dict:
        self.flat()[:] = weights
        found = self.ask("evaluate")
        assert set(found) == {"examples", "loss", "metrics"}
        return found

    def gradient(self, weights, **group) -> tuple[np.ndarray, dict]:
        self.flat()[:] = weights
        self.flat(self.region)[:] = np.nan
        found = self.ask("gradient", **group)
        assert set(found) == {"examples", "loss"}
        return self.output(), found

    # Ends

    def end(self) -> int:
        """Closes the requests, and returns the trainer's exit code."""
        os.close(self.requests)
        self.requests = None
        return self.process.wait(SECONDS)

    def _keep_log(self, descriptor: int):
        with open(descriptor, errors="replace") as file:
            for line in file:
                self.lines.put(line)
        self.lines.put(None)

    def log_line(self) -> str | None:
        """The next line of the log, for which it waits; None at the end."""
        return self.lines.get(timeout=SECONDS)

    def log(self) -> str:
        """The rest of the log of a trainer that has ended."""
        return "".join(iter(self.log_line, None))


def train_fields(seed=0, batch=8, rate=0.1, decay=0.0, **length) -> dict:
    length = length or {"epochs": 1}
    return {"batchSize": batch, "learningRate": rate, "weightDecay": decay, "seed": str(seed), **length}


def pytest_fail(name):
    raise AssertionError(f"an answer has the number {name}")


def _start(command, requests, answers, log, memory, environment):
    """The trainer with the descriptors of the page, as the leader of a process group of its own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment = {**inherited, "TRIBUTARY_TRAINER": "1", "PYTHONPATH": str(SOURCES), **(environment or {})}
    script = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.execvp(sys.argv[2], sys.argv[2:])"
    arguments = [sys.executable, "-c", script, str(memory), *map(str, command)]
    return subprocess.Popen(
        arguments, stdin=requests, stdout=answers, stderr=log, pass_fds=[memory], env=environment,
        start_new_session=True)
