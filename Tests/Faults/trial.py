"""A network of processes that a test does harm to, and what has to hold afterwards."""

import argparse
import contextlib
import json
import pathlib
import signal
import time
import urllib.request

import networks
from cluster_processes import Cluster, free_port
from relays import OrderBook, Relay, Relays

# What only a broken build needs, on a machine that is busy with other things as well.
PATIENCE_SECONDS = 240
# How long a log does not grow that has come to a standstill.
STILL_SECONDS = 8
SIZES = {"versions": 1000, "window": 3, "contributors": 4, "validators": 4, "gateways": 2, "servers": 3, "seed": 7}
# Whose key copies the network from the nats-servers.
AUDITOR = "auditor"


def until(condition, seen=lambda: "", pause=0.05):
    """Waits for a condition, and returns what it comes to."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, f"it does not happen; last seen: {seen()}"
        time.sleep(pause)
    return found


class Trial(Cluster):
    """Three nats-servers, four validators, two gateways, four contributors; each reaches the others by relays."""

    def __init__(self, folder: pathlib.Path, message_class, **sizes):
        super().__init__(folder, argparse.Namespace(**{**SIZES, "tls": False, **sizes}))
        self.message_class, self.book, self.relays = message_class, OrderBook(), Relays()
        numbers = range(self.options.servers)
        # From a node or a nats-server to a nats-server.
        self.links: dict[tuple[str, str], Relay] = {}
        for name in self.validators() + self.gateway_names():
            for index in numbers:
                self.links[name, f"nats-{index}"] = self.relays.open(self.server_ports[index])
        for index in numbers:
            for other in set(numbers) - {index}:
                self.links[f"nats-{index}", f"nats-{other}"] = self.relays.open(self.route_ports[other])
        self.doors = {name: self.relays.open(self.gateway_ports[name], self.book) for name in self.gateway_names()}
        self.monitors = [free_port() for _ in numbers]
        self.task, self.frozen = "", set()

    # The network

    def begin(self):
        self.prepare()
        self.start_nats()
        self.start_nodes()
        self.task = self.create_task()
        self.start_contributors()
        self.await_version(1)

    def routes(self, index):
        ends = [f"nats-{other}" for other in range(self.options.servers) if other != index]
        return [self.links[f"nats-{index}", end].port for end in ends]

    def servers(self, name):
        links = [relay for (start, _), relay in self.links.items() if start == name]
        return [f"nats://127.0.0.1:{relay.port}" for relay in links] or super().servers(name)

    @property
    def gateways(self):
        return [f"http://127.0.0.1:{self.doors[name].port}" for name in self.gateway_names()]

    def start(self, name, *command):
        if name.startswith("nats-") and name not in self.commands:
            self.bend(pathlib.Path(command[-1]), int(name.removeprefix("nats-")))
        super().start(name, *command)

    def bend(self, path: pathlib.Path, index: int):
        """Has a nats-server tell how it stands, and keep other servers from reaching it but by relays."""
        text = f"http: 127.0.0.1:{self.monitors[index]}\n" + path.read_text()
        path.write_text(text.replace("cluster {\n", 'cluster {\n  advertise: "127.0.0.1:1"\n'))

    def close(self):
        try:
            self.stop_all()
        finally:
            self.relays.close()

    # Doing harm

    def kill_all(self, names):
        """Kills processes together."""
        for name in names:
            self.processes[name].kill()
        for name in names:
            self.kill(name)

    def freeze(self, name: str):
        """Silences a process, which keeps its connections."""
        self.processes[name].send_signal(signal.SIGSTOP)
        self.frozen.add(name)

    def thaw(self, name: str):
        self.processes[name].send_signal(signal.SIGCONT)
        self.frozen.remove(name)

    def revive(self, *names: str):
        for name in names:
            self.start(name)

    def part(self, island: set[str]) -> list[Relay]:
        """Cuts all links between an island and the rest; returns them."""
        cut = [relay for ends, relay in self.links.items() if len(island.intersection(ends)) == 1]
        for relay in cut:
            relay.cut()
        return cut

    def mend(self, cut: list[Relay]):
        for relay in cut:
            relay.mend()

    # Looking

    def fetch(self, url: str) -> bytes | None:
        """What is at an address; nothing if nobody answers, or it is not there."""
        with contextlib.suppress(OSError):
            request = urllib.request.Request(url, headers={"Accept": "application/json"})
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.read()
        return None

    def look(self, gateway: str, path: str):
        """What a gateway says; nothing if it says nothing."""
        answer = self.fetch(f"http://127.0.0.1:{self.gateway_ports[gateway]}{path}")
        return json.loads(answer) if answer else None

    def state(self) -> dict:
        """The task as the gateway sees it that is ahead."""
        seen = [self.look(name, f"/v1/tasks/{self.task}") for name in self.gateway_names()]
        return max((view for view in seen if view), key=lambda view: view["version"], default={"version": 0})

    def version(self) -> int:
        return self.state()["version"]

    def await_version(self, goal: int):
        until(lambda: self.version() >= goal, self.seen)

    def await_phase(self, phase: str):
        until(lambda: self.state().get("phase") == phase, self.seen, pause=0.002)

    def seen(self) -> str:
        ended = {name: process.poll() for name, process in self.processes.items() if process.poll() is not None}
        last = {}
        for name in self.validators():
            lines = self.log(name).read_text().splitlines()
            last[name] = lines[-1] if lines else ""
        return json.dumps({"task": self.state(), "ended": ended, "logs": last}, indent=1)

    def await_standstill(self):
        """Waits until the log has not grown for a while, as it does where too few are left."""
        last, since = -1, time.monotonic()

        def is_still() -> bool:
            nonlocal last, since
            heads = [self.look(name, "/v1/head") for name in self.gateway_names()]
            length = max((head["logLength"] for head in heads if head), default=0)
            if length != last:
                last, since = length, time.monotonic()
            return time.monotonic() - since > STILL_SECONDS

        until(is_still, self.seen)

    def await_servers(self):
        """Waits until every nats-server that runs has all messages that its streams hold."""
        for index, monitor in enumerate(self.monitors):
            if f"nats-{index}" in self.processes and f"nats-{index}" not in self.frozen:
                until(lambda: self.fetch(f"http://127.0.0.1:{monitor}/healthz"), self.seen)

    def leader(self) -> str:
        """The nats-server that leads the log's stream."""

        def ask():
            for monitor in self.monitors:
                answer = self.fetch(f"http://127.0.0.1:{monitor}/jsz?accounts=true&streams=true")
                accounts = json.loads(answer).get("account_details", []) if answer else []
                streams = [stream for account in accounts for stream in account.get("stream_detail", [])]
                for stream in streams:
                    if stream["name"].endswith("_LOG") and stream.get("cluster", {}).get("leader"):
                        return stream["cluster"]["leader"]
            return None

        return until(ask, self.seen)

    def events(self, name: str) -> list[dict]:
        """What a node has logged. A line that a crash has torn is none."""
        found = []
        for line in self.log(name).read_text().splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                found.append(json.loads(line))
        return found

    def has_ended(self, name: str, goal: int) -> bool:
        """Waits until a node has either ended or reached a version; whether it has ended."""

        def reached() -> bool:
            if name in self.validators():
                return any(number >= goal for number, _ in self.announced(name))
            return (self.look(name, f"/v1/tasks/{self.task}") or {"version": 0})["version"] >= goal

        until(lambda: self.processes[name].poll() is not None or reached(), self.seen)
        return self.processes[name].poll() is not None

    def await_end(self, name: str) -> int:
        """Waits until a process ends by itself, and returns its code."""
        until(lambda: self.processes[name].poll() is not None, self.seen)
        return self.processes.pop(name).returncode

    def roots(self, gateway: str, goal: int) -> list[str]:
        """The roots of the versions from 1 to a goal."""
        roots: list[str] = []
        while len(roots) < goal:
            path = f"/v1/tasks/{self.task}/versions?after={len(roots)}"
            roots += [version["root"] for version in until(lambda: self.look(gateway, path), self.seen)]
        return roots[:goal]

    def announced(self, validator: str) -> list[tuple[int, str]]:
        """The versions that a validator has computed and seen certified, with their roots."""
        events = [event for event in self.events(validator) if event["event"] == "versionFinal"]
        return [(int(event["version"]), event["root"]) for event in events]

    def lean_on(self, server: str):
        """Goes on without one of the other nats-servers, so that this one is needed for all that is stored."""
        other = next(name for name in self.processes if name.startswith("nats") and name != server)
        self.kill(other)
        self.settle(versions=2)
        self.revive(other)
        self.settle()

    # What has to hold

    def settle(self, versions=1, without=()) -> dict:
        """Trains on, and compares everybody but those whom nobody has to trust: there is one chain of roots, nothing
        acknowledged is lost, nothing is applied twice, and all units are accounted for."""
        self.await_servers()
        goal = self.version() + versions
        self.await_version(goal)
        self.check()
        gateways = [name for name in self.gateway_names() if name not in without]
        roots = self.roots(gateways[0], goal)
        for gateway in gateways[1:]:
            assert self.roots(gateway, goal) == roots, gateway
        for validator in set(self.validators()) - set(without):
            # Whoever was behind may have announced later versions only.
            until(lambda: any(number >= goal for number, _ in self.announced(validator)), self.seen)
            for number, root in self.announced(validator):
                assert number > goal or root == roots[number - 1], (validator, number)
        return self.audit(roots)

    def audit(self, roots: list[str]) -> dict:
        """Replays a copy of the log that comes from the nats-servers alone."""
        accepted = dict(self.book.positions)
        assert accepted and not self.book.contradictions
        network = until(self.export, lambda: "blobs that cannot be had")
        ids = [self.identifier(data) for data in networks.records(network)]
        assert len(set(ids)) == len(ids), "a record stands in the log twice"
        lost = {order: position for order, position in accepted.items() if ids[position : position + 1] != [order]}
        assert not lost, "orders that a gateway has acknowledged are not where it said"
        done = self.run("audit", network, "--json", check=False)
        assert done.returncode == 0, done.stdout
        finding = json.loads(done.stdout)
        (head,) = finding["tasks"]
        assert finding["records"] == len(ids) and finding["versions"] == int(head["version"]) >= len(roots)
        assert self.roots(self.gateway_names()[0], finding["versions"])[-1] == head["root"]
        return finding

    def export(self) -> pathlib.Path | None:
        """A folder with a copy of the network; nothing if a replica had a blob not yet that another one has."""
        network = self.folder / "audited"
        command = ["network", "export", network, "--genesis", self.genesis, "--key", self.key(AUDITOR), "--json"]
        done = self.run(*command, *(f"--nats={url}" for url in self.servers(AUDITOR)))
        return None if json.loads(done.stdout)["missing"] else network

    def identifier(self, data: bytes) -> str:
        envelope = self.message_class("Envelope")()
        assert envelope.ParseFromString(data) == len(data)
        return networks.digest("trib.envelope", envelope.kind, envelope.signer, envelope.body).hex()
