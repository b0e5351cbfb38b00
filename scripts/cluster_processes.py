"""A network's processes on this machine: nats-servers, validators, gateways and contributors, each with a log of its
own. None of them outlives whoever started them."""

import argparse
import contextlib
import ctypes
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
NATS = ROOT / ".venv" / "bin" / "nats-server"
MODEL = "mlp(64,32,10)"
# Units: the author pays for the versions, and each contributor needs its bond.
STAKE, BOND, UNITS_A_VERSION = 1000, 1000, 100_000
# Below those that the system picks for connections: while a server is down, none of them takes its port.
PORTS = iter(random.sample(range(15_000, 32_000), 17_000))
START_SECONDS, STOP_SECONDS, POLL_SECONDS = 60, 20, 0.5
CLUSTER_FOLDERS = {
    "keys", "logs", "nodes", "configs", "certificates", "genesis", "model.safetensors", "model.safetensors.download"}


def die_with_parent():
    """Has the kernel end the child if this process goes, however it goes."""
    death_signal_option = 1
    ctypes.CDLL(None).prctl(death_signal_option, signal.SIGKILL)


def free_port() -> int:
    """One that no other call gave."""
    for port in PORTS:
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("there is no free port left")


class Cluster:
    """The processes, by their names, in the order in which they were started."""

    def __init__(self, folder: pathlib.Path, options: argparse.Namespace):
        self.folder, self.options = folder, options
        self.tributary = ROOT / os.environ.get("TRIBUTARY_BINARIES", ".build/release") / "tributary"
        self.processes: dict[str, subprocess.Popen] = {}
        self.commands: dict[str, list] = {}
        self.server_ports = [free_port() for _ in range(options.servers)]
        self.route_ports = [free_port() for _ in range(options.servers)]
        self.gateway_ports = {name: free_port() for name in self.gateway_names()}

    # What is there before anything runs

    def prepare(self):
        if self.folder.exists():
            if {path.name for path in self.folder.iterdir()} - CLUSTER_FOLDERS:
                sys.exit(f"{self.folder} holds other files than a cluster's; name another folder with --folder")
            shutil.rmtree(self.folder)
        for name in ("keys", "logs", "nodes", "configs", "certificates"):
            (self.folder / name).mkdir(parents=True)
        if self.options.tls:
            self.certify()
        for name in self.names():
            self.run("key", "new", self.key(name))
        validators = [f"--validator={self.key(name)}:{STAKE}" for name in self.validators()]
        units = [f"--allocate={self.key(name)}:{2 * BOND}" for name in self.contributors()]
        author = f"--allocate={self.key('author')}:{UNITS_A_VERSION * self.options.versions}"
        self.run("network", "init", self.genesis, "--name", "cluster", author, *validators, *units)

    def certify(self):
        """Makes an authority, and a certificate of it for the address that all servers have here."""
        signed = ["-CA", self.pem("authority"), "-CAkey", self.pem("authority-key")]
        signed += ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]
        for name, options in {"authority": [], "server": signed}.items():
            command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
            command += ["-days", "2", "-subj", f"/CN={name}", *options]
            command += ["-keyout", self.pem(f"{name}-key"), "-out", self.pem(name)]
            subprocess.run(command, check=True, capture_output=True)

    def pem(self, name: str) -> pathlib.Path:
        return self.folder / "certificates" / f"{name}.pem"

    def names(self) -> list[str]:
        return ["operator", "auditor", "author", *self.validators(), *self.gateway_names(), *self.contributors()]

    def validators(self) -> list[str]:
        return [f"validator-{index}" for index in range(self.options.validators)]

    def gateway_names(self) -> list[str]:
        return [f"gateway-{index}" for index in range(self.options.gateways)]

    def contributors(self) -> list[str]:
        return [f"contributor-{index}" for index in range(self.options.contributors)]

    def key(self, name: str) -> pathlib.Path:
        return self.folder / "keys" / f"{name}.key"

    @property
    def genesis(self) -> pathlib.Path:
        return self.folder / "genesis"

    def run(self, *arguments, check=True) -> subprocess.CompletedProcess:
        done = subprocess.run([self.tributary, *map(str, arguments)], capture_output=True, text=True)
        if check and done.returncode != 0:
            raise RuntimeError(f"tributary {' '.join(map(str, arguments))}: {done.stderr.strip()}")
        return done

    # Starting

    def start(self, name: str, *command):
        """Starts a process, or starts it again if no command is given. It logs behind what it has logged before."""
        self.commands[name] = list(map(str, command)) or self.commands[name]
        with open(self.log(name), "ab") as log:
            self.processes[name] = subprocess.Popen(
                self.commands[name], stdout=subprocess.DEVNULL, stderr=log, start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def log(self, name: str) -> pathlib.Path:
        return self.folder / "logs" / f"{name}.log"

    def start_nats(self):
        users = [f"--member={self.key(name)}" for name in self.validators() + self.gateway_names()]
        users += [f"--operator={self.key('operator')}", f"--reader={self.key('auditor')}"]
        for index, port in enumerate(self.server_ports):
            path = self.folder / "configs" / f"nats-{index}.conf"
            cluster = [f"--cluster=127.0.0.1:{self.route_ports[index]}"]
            cluster += [f"--route=nats-route://127.0.0.1:{route}" for route in self.routes(index)]
            self.run(
                "network", "nats", path, "--genesis", self.genesis, *users,
                "--name", f"nats-{index}", "--listen", f"127.0.0.1:{port}",
                "--store", self.folder / "nodes" / f"nats-{index}", *(cluster if self.options.servers > 1 else []),
                *self.if_tls("--certificate", self.pem("server"), "--certificate-key", self.pem("server-key")),
                *self.authority(),
            )
            self.start(f"nats-{index}", NATS, "-c", path)
        streams = ["network", "streams", "--genesis", self.genesis, "--key", self.key("operator")]
        streams += ["--replicas", self.options.servers, *self.authority()]
        streams += [f"--nats={url}" for url in self.servers("operator")]
        # Servers need a moment to find one another.
        deadline = time.monotonic() + START_SECONDS
        while (done := self.run(*streams, check=False)).returncode != 0:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the nats-servers do not come up: {done.stderr.strip()}")
            time.sleep(POLL_SECONDS)

    def routes(self, index: int) -> list[int]:
        """The ports at which a nats-server looks for the others."""
        return self.route_ports

    def servers(self, name: str) -> list[str]:
        """Where a node finds the nats-servers."""
        return [f"{'tls' if self.options.tls else 'nats'}://127.0.0.1:{port}" for port in self.server_ports]

    @property
    def gateways(self) -> list[str]:
        """Where clients find the gateways."""
        return [f"{'https' if self.options.tls else 'http'}://127.0.0.1:{port}" for port in self.gateway_ports.values()]

    def if_tls(self, *arguments) -> list:
        return list(arguments) if self.options.tls else []

    def authority(self) -> list:
        return self.if_tls("--ca", self.pem("authority"))

    def config(self, name: str, settings: dict) -> pathlib.Path:
        path = self.folder / "configs" / f"{name}.json5"
        path.write_text(json.dumps({"genesis": str(self.genesis), "key": str(self.key(name)), **settings}, indent=2))
        return path

    def engine(self, name: str) -> dict:
        settings = {"folder": str(self.folder / "nodes" / name), "servers": self.servers(name)}
        if self.options.tls:
            settings["authority"] = str(self.pem("authority"))
        return {"engine": settings}

    def data(self, share) -> dict:
        plan = {"seed": self.options.seed, "validators": self.options.validators}
        plan["contributors"] = self.options.contributors
        return {"data": {"source": "digits", "deal": plan, "share": share}}

    def start_nodes(self):
        for index, name in enumerate(self.validators()):
            settings = {**self.engine(name), **self.data({"validator": index})}
            self.start(name, self.tributary, "validator", self.config(name, settings))
        for name in self.gateway_names():
            self.start_gateway(name)
        for name in self.gateway_names():
            self.await_gateway(name)

    def start_gateway(self, name: str):
        listen = {"port": self.gateway_ports[name]}
        if self.options.tls:
            listen |= {"certificate": str(self.pem("server")), "certificateKey": str(self.pem("server-key"))}
        # Everybody here has one address.
        settings = {**self.engine(name), "listen": listen, "requestsPerSecond": 100_000}
        self.start(name, self.tributary, "gateway", self.config(name, settings))

    def await_gateway(self, name: str):
        """Waits until a gateway listens."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.gateway_ports[name])):
                return
            if self.processes[name].poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} does not start; see {self.log(name)}")
            time.sleep(POLL_SECONDS)

    def create_task(self) -> str:
        path = self.folder / "configs" / "task.json5"
        merge = {"windowSize": self.options.window, "maximumStaleness": 16, "serverLearningRate": 0.5}
        merge |= {"upForm": "sparse:256", "downForm": "sparse:1024", "updatesPerContributorPerWindow": 2}
        reward = {"escrowUnits": UNITS_A_VERSION * self.options.versions, "unitsPerVersion": UNITS_A_VERSION}
        task = {"name": "digits", "model": MODEL, "seed": self.options.seed, "merge": merge, "reward": reward}
        path.write_text(json.dumps(task, indent=2))
        done = self.run("task", "create", path, "--key", self.key("author"), "--json", *self.reach())
        return json.loads(done.stdout)["task"]

    def start_contributors(self):
        for index, name in enumerate(self.contributors()):
            gateways, first = self.gateways, index % len(self.gateways)
            settings = {"folder": str(self.folder / "nodes" / name), **self.data({"contributor": index})}
            settings["gateways"] = gateways[first:] + gateways[:first]
            if self.options.tls:
                settings["authority"] = str(self.pem("authority"))
            self.start(name, self.tributary, "contributor", self.config(name, settings))

    def reach(self) -> list:
        return ["--gateway", self.gateways[0], "--genesis", self.genesis, *self.authority()]

    # Running

    def watch(self, task: str):
        """Shows each version that becomes final, until there are enough."""
        seen, start = 0, time.monotonic()
        while seen < self.options.versions:
            self.check()
            version = self.ask(f"/v1/tasks/{task}").get("version", seen)
            if version > seen:
                seen, seconds = version, time.monotonic() - start
                print(f"version {version}/{self.options.versions} final after {seconds:.0f} s", flush=True)
            time.sleep(POLL_SECONDS)

    def ask(self, path: str) -> dict:
        """What a gateway answers now; nothing if none does."""
        trust = ssl.create_default_context(cafile=self.pem("authority")) if self.options.tls else None
        for url in self.gateways:
            with contextlib.suppress(OSError):
                request = urllib.request.Request(url + path, headers={"Accept": "application/json"})
                with urllib.request.urlopen(request, timeout=10, context=trust) as answer:
                    return json.load(answer)
        return {}

    def check(self):
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise RuntimeError(f"{name} ended with {process.returncode}; see {self.log(name)}")

    def measure(self) -> dict:
        """Pulls the model, verifies every step of it, and measures it on the test examples."""
        path, data = self.folder / "model.safetensors", self.folder / "configs" / "test.json5"
        self.run("model", "pull", "--verify", "--out", path, *self.reach())
        data.write_text(json.dumps(self.data("test")))
        done = self.run("model", "evaluate", path, "--model", MODEL, "--data", data, "--json")
        return json.loads(done.stdout)

    def memory(self) -> dict[str, list[int]]:
        """The greatest resident memory of each process in MiB, by kind."""
        kinds: dict[str, list[int]] = {}
        for name, process in self.processes.items():
            with contextlib.suppress(OSError):
                lines = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
                peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
                kinds.setdefault(name.rsplit("-", 1)[0], []).append(peak >> 10)
        return kinds

    # Stopping

    def kill(self, name: str):
        """Ends a process as a crash would."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def stop(self, names: list[str]) -> list[str]:
        """Stops processes together, and returns those that did not end cleanly."""
        running = [(name, self.processes.pop(name)) for name in names if name in self.processes]
        for _, process in running:
            if process.poll() is None:
                process.terminate()
        unclean = []
        for name, process in running:
            try:
                code = process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
            # A nats-server ends with 1 when it is told to stop.
            if code not in ((0, 1) if name.startswith("nats") else (0,)):
                unclean.append(f"{name} ({code})")
        return unclean

    def stop_all(self) -> list[str]:
        """Stops everybody: those who ask before those who answer."""
        groups = [self.contributors(), self.gateway_names(), self.validators(), list(self.processes)]
        return [name for group in groups for name in self.stop(group)]
