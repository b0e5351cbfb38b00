"""A small network of real processes on one machine."""

import contextlib
import json
import pathlib
import signal
import subprocess
import time
import urllib.error
import urllib.request

from cluster_processes import free_port

# The longest that a test waits for something that happens as soon as it can.
PATIENCE_SECONDS = 60


def until(condition):
    """Waits for a condition, and returns what it comes to."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.05)
    return found


class Village:
    """A validator that is a gateway, too, on the embedded engine; and two contributors. Left, it ends all of them."""

    def __init__(self, folder: pathlib.Path, binaries: pathlib.Path, run, trainers: dict | None = None):
        """`trainers` has the settings of each node's trainer; without it, all of them train natively."""
        self.folder, self.binaries, self.command = folder, binaries, run
        self.url = f"http://127.0.0.1:{free_port()}"
        self.running: dict[str, subprocess.Popen] = {}
        names = ["validator-0", "author", "contributor-0", "contributor-1"]
        for name in names:
            self.run("key", "new", self.key(name))
        units = [f"--allocate={self.key(name)}:5000" for name in names[1:]]
        self.run("network", "init", self.genesis, f"--validator={self.key('validator-0')}:1000", *units)
        for name in names:
            kind, index = (name.split("-") + ["0"])[:2]
            settings = {"genesis": str(self.genesis), "key": str(self.key(name))}
            deal = {"validators": 1, "contributors": 2, "referenceExamplesPerValidator": 100, "testExamples": 300}
            if trainers is None:
                settings["data"] = {"deal": deal, "share": {kind: int(index)}} if kind != "author" else {}
            elif name in trainers:
                settings["trainer"] = trainers[name]
            if kind == "validator":
                settings["engine"] = {"folder": str(folder / name)}
                settings["listen"] = {"port": int(self.url.rsplit(":", 1)[1])}
            elif kind == "contributor":
                settings |= {"folder": str(folder / name), "gateways": [self.url]}
            (folder / f"{name}.json5").write_text(json.dumps(settings))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.running.values():
            process.kill()
            process.wait()

    @property
    def genesis(self) -> pathlib.Path:
        return self.folder / "genesis"

    @property
    def reach(self) -> list:
        return ["--gateway", self.url, "--genesis", self.genesis]

    def key(self, name: str) -> pathlib.Path:
        return self.folder / f"{name}.key"

    def run(self, *arguments, code=0) -> subprocess.CompletedProcess:
        done = self.command(*arguments)
        assert done.returncode == code, done.stderr
        return done

    def ask(self, path: str):
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            request = urllib.request.Request(self.url + path, headers={"Accept": "application/json"})
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        return None

    def version(self) -> int:
        tasks = self.ask("/v1/tasks")
        return tasks[0]["version"] if tasks else 0

    def start(self, name: str):
        """Starts a node, which logs behind what it has logged before."""
        with open(self.folder / f"{name}.log", "ab") as log:
            command = [self.binaries / "tributary", name.split("-")[0], self.folder / f"{name}.json5"]
            self.running[name] = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)

    def stop(self, name: str, number=signal.SIGTERM) -> int:
        process = self.running.pop(name)
        process.send_signal(number)
        return process.wait(timeout=60)

    def events(self, name: str) -> list[dict]:
        """What a node has logged, each line of which is JSON."""
        lines = (self.folder / f"{name}.log").read_text().splitlines()
        events = [json.loads(line) for line in lines]
        assert all({"time", "level", "event"} <= set(event) for event in events)
        return events

    def open_task(self, **fields):
        path = self.folder / "task.json5"
        merge = {"windowSize": 2, "maximumStaleness": 8, "serverLearningRate": 0.5, "upForm": "sparse:256"}
        reward = {"escrowUnits": 4000, "unitsPerVersion": 10}
        path.write_text(json.dumps({"name": "digits", "merge": merge, "reward": reward, **fields}))
        until(lambda: self.ask("/v1/head"))
        self.run("task", "create", path, "--key", self.key("author"), *self.reach)
