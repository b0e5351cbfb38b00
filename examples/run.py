#!/usr/bin/env python3
"""Runs an example on this machine: keys, a network of one validator, and contributors, each a process of its own.

Each contributor trains on its share of the data, and each few versions the model is pulled, verified, and measured on
examples that nobody trained on. What comes of it is in report.json and curve.svg of the run's folder. An example says
in its run.json how its trainer is started on each share, how many contributors there are, and for how many versions.
"""

import argparse
import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import plot

HERE = pathlib.Path(__file__).resolve().parent
STAKE, BOND, AUTHOR_UNITS = 1_000, 1_000, 100_000_000
START_SECONDS, STOP_SECONDS, POLL_SECONDS = 60, 30, 0.5


def die_with_parent():
    """Has the kernel end the child if this process goes, however it goes."""
    death_signal_option = 1
    ctypes.CDLL(None).prctl(death_signal_option, signal.SIGKILL)


def interrupt(number, frame):
    raise KeyboardInterrupt


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Run:
    """A network's processes, and what they work with, in a folder."""

    def __init__(self, example: pathlib.Path, folder: pathlib.Path, data: pathlib.Path, arguments: dict, size: dict):
        self.example, self.folder, self.data, self.arguments, self.size = example, folder, data, arguments, size
        self.port, self.processes = free_port(), dict[str, subprocess.Popen]()
        self.contributors = [f"contributor-{index}" for index in range(1, size["contributors"] + 1)]
        # A trainer a process: more threads than that would stand in each other's way.
        self.environment = {**os.environ, "OMP_NUM_THREADS": "1"}

    def prepare(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in ("keys", "logs", "nodes", "configs"):
            (self.folder / name).mkdir(parents=True)
        for name in ("author", "validator", *self.contributors):
            self.tributary("key", "new", self.key(name))
        units = [f"--allocate={self.key(name)}:{2 * BOND}" for name in self.contributors]
        units += [f"--allocate={self.key('author')}:{AUTHOR_UNITS}", f"--validator={self.key('validator')}:{STAKE}"]
        self.tributary("network", "init", self.genesis, "--name", self.example.name, *units)

    def start(self) -> str:
        """Starts everybody, and returns the task."""
        listen = {"listen": {"address": "127.0.0.1", "port": self.port}}
        self.spawn("validator", {"engine": {"folder": self.node("validator")}, **listen})
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            self.check()
            if time.monotonic() > deadline:
                raise RuntimeError(f"the validator does not start; see {self.log('validator')}")
            time.sleep(POLL_SECONDS)
        task = self.tributary(
            "task", "create", self.example / self.size["task"], "--key", self.key("author"), "--json", *self.reach())
        for name in self.contributors:
            gateway = {"gateways": [f"http://127.0.0.1:{self.port}"], "folder": self.node(name)}
            self.spawn(name, gateway)
        return json.loads(task)["task"]

    def spawn(self, name: str, settings: dict):
        settings |= {"genesis": str(self.genesis), "key": str(self.key(name)), "trainer": self.trainer(name)}
        with open(self.log(name), "wb") as log:
            self.processes[name] = subprocess.Popen(
                ["tributary", name.split("-")[0], self.config(name, settings)], stdout=subprocess.DEVNULL, stderr=log,
                start_new_session=True, preexec_fn=die_with_parent, env=self.environment)

    def trainer(self, name: str) -> dict:
        """The trainer of a contributor, of the validator, or of the test."""
        kind, _, index = name.partition("-")
        shown = {"data": self.data, "contributors": len(self.contributors), "index": index}
        arguments = [argument.format(**shown) for argument in self.arguments[kind]]
        return {"command": [sys.executable, "trainer.py", *arguments], "folder": str(self.example)}

    def measure(self, version: int) -> dict:
        """Pulls a version, verifies it, and measures it."""
        path = self.folder / "model.safetensors"
        self.tributary("model", "pull", "--version", version, "--out", path, *self.reach())
        data = self.config("test", {"trainer": self.trainer("test")})
        return json.loads(self.tributary("model", "evaluate", path, "--data", data, "--json"))

    def watch(self, task: str):
        """Yields each version that is to be measured, once it is final."""
        for wanted in range(0, self.size["versions"] + 1, self.size["measuredEvery"]):
            while wanted > self.version(task):
                self.check()
                time.sleep(POLL_SECONDS)
            yield wanted

    def version(self, task: str) -> int:
        with contextlib.suppress(OSError):
            path = f"http://127.0.0.1:{self.port}/v1/tasks/{task}"
            request = urllib.request.Request(path, headers={"Accept": "application/json"})
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer).get("version", 0)
        return 0

    def answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        return False

    def check(self):
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise RuntimeError(f"{name} ended with {process.returncode}; see {self.log(name)}")

    def stop(self):
        for names in (self.contributors, ["validator"]):
            running = [self.processes.pop(name) for name in names if name in self.processes]
            for process in running:
                process.terminate()
            for process in running:
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()

    def tributary(self, *arguments) -> str:
        command = ["tributary", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment, cwd=self.example)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def reach(self) -> list:
        return ["--gateway", f"http://127.0.0.1:{self.port}", "--genesis", self.genesis]

    def config(self, name: str, settings: dict) -> pathlib.Path:
        path = self.folder / "configs" / f"{name}.json5"
        path.write_text(json.dumps(settings, indent=2))
        return path

    def key(self, name: str) -> pathlib.Path:
        return self.folder / "keys" / f"{name}.key"

    def node(self, name: str) -> str:
        return str(self.folder / "nodes" / name)

    def log(self, name: str) -> pathlib.Path:
        return self.folder / "logs" / f"{name}.log"

    @property
    def genesis(self) -> pathlib.Path:
        return self.folder / "genesis"


def play(run: Run, shown: dict) -> dict:
    run.prepare()
    task, start = run.start(), time.monotonic()
    report = {**shown, "contributors": run.size["contributors"], "points": []}
    for version in run.watch(task):
        seconds, found = time.monotonic() - start, run.measure(version)
        del found["examples"]
        point = {"version": version, "seconds": round(seconds), **found}
        report["points"].append(point)
        figures = [f"{name} {value:.4f}" for name, value in point.items() if isinstance(value, float)]
        print(f"version {version}/{run.size['versions']} after {seconds:.0f} s: {', '.join(figures)}", flush=True)
        (run.folder / "report.json").write_text(json.dumps(report, indent=2))
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("example", type=pathlib.Path, help="its folder, such as examples/mnist-convolution")
    parser.add_argument("--data", type=pathlib.Path, help="the examples, as its README says")
    parser.add_argument("--size", default="full", help='a size in its run.json: "full" or "small"')
    parser.add_argument("--folder", type=pathlib.Path, help="where everything is kept; what is there goes")
    options = parser.parse_args()
    example = options.example.resolve()
    settings = json.loads((example / "run.json").read_text())
    folder = (options.folder or HERE / "runs" / example.name).resolve()
    if options.data is None and "data" not in settings:
        parser.error(f"--data is missing: {example.name} comes without examples; its README says where to get them")
    data = (options.data or example / settings["data"]).resolve()
    run = Run(example, folder, data, settings["trainer"], settings["sizes"][options.size])
    # A shell's background processes ignore Ctrl-C's signal unless they ask for it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    try:
        play(run, {name: settings[name] for name in ("title", "shown", "goal")})
        subprocess.run([sys.executable, plot.__file__, folder / "report.json", folder / "curve.svg"], check=True)
    except KeyboardInterrupt:
        sys.exit(130)
    except (OSError, RuntimeError) as error:
        sys.exit(f"the example failed: {error}")
    finally:
        run.stop()


if __name__ == "__main__":
    main()
