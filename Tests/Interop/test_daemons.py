"""Validators and contributors as processes: whole networks of them, stopped and killed and started again."""

import argparse
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess

import pytest
from cluster_processes import Cluster

from villages import Village, until

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def village(binaries, tributary, tmp_path):
    with Village(tmp_path, binaries, tributary) as made:
        yield made


def test_a_network_trains_and_stops_cleanly(village, tributary, tmp_path):
    for name in ("validator-0", "contributor-0", "contributor-1"):
        village.start(name)
    village.open_task()
    until(lambda: village.version() >= 3)
    out = tmp_path / "model.safetensors"
    village.run("model", "pull", "--verify", "--out", out, *village.reach)
    assert out.exists()
    # A second process on the same folder is turned away, and does not disturb the first.
    for name in ("validator-0", "contributor-0"):
        done = tributary(name.split("-")[0], village.folder / f"{name}.json5")
        assert done.returncode == 1 and "another process has it open" in done.stderr
    assert village.stop("contributor-0") == 0
    assert village.stop("contributor-1", signal.SIGINT) == 130
    assert village.stop("validator-0") == 0
    for name in ("validator-0", "contributor-0", "contributor-1"):
        events = village.events(name)
        assert events[-1]["event"] == "stopped" and not [event for event in events if event["level"] == "error"]
    assert {"joined", "trained", "receipt"} <= {event["event"] for event in village.events("contributor-0")}
    # The folder at rest is a network that anybody can audit.
    done = tributary("audit", village.folder / "validator-0", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["versions"] >= 3
    secrets = [village.key(name).read_text().split()[1] for name in ("validator-0", "contributor-0")]
    logs = "".join(path.read_text() for path in village.folder.glob("*.log"))
    assert not any(secret in logs for secret in secrets)


@pytest.mark.parametrize("victim", ["validator-0", "contributor-0"])
def test_whoever_is_killed_goes_on_where_it_was(village, tributary, victim):
    for name in ("validator-0", "contributor-0", "contributor-1"):
        village.start(name)
    village.open_task()

    def lives() -> int:
        return len([event for event in village.events(victim) if event["event"] == "started"])

    for life, goal in enumerate((2, 4, 6), start=1):
        until(lambda: village.version() >= goal and lives() == life)
        assert village.stop(victim, signal.SIGKILL) == -signal.SIGKILL
        village.start(victim)
    until(lambda: village.version() >= 8 and lives() == 4)
    for name in list(village.running):
        assert village.stop(name) == 0
    done = tributary("audit", village.folder / "validator-0", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["versions"] >= 8, done.stderr


@pytest.mark.parametrize("kind", ["validator", "contributor"])
def test_a_wrong_configuration_is_named(village, tributary, kind):
    name = f"{kind}-0"
    path = village.folder / f"{name}.json5"
    right = json.loads(path.read_text())
    for change, complaint in [
        ({"theads": 1}, "did you mean 'threads'?"),
        ({"threads": 0}, "threads is 0"),
        ({"key": str(village.folder / "none.key")}, "none.key"),
        ({"genesis": str(village.folder / "none")}, "none"),
        ({"data": {"share": {"contributor": 20}}}, "data.share"),
        ({"data": {"source": {"csv": {"path": "none.csv", "label": 0}}}}, "none.csv"),
    ]:
        path.write_text(json.dumps({**right, **change}))
        done = tributary(kind, path)
        assert done.returncode == 1 and complaint in done.stderr, done.stderr
    os.chmod(village.key(name), 0o644)
    path.write_text(json.dumps(right))
    done = tributary(kind, path)
    assert done.returncode == 1 and "chmod 600" in done.stderr


def cluster(binaries, folder, *options) -> subprocess.Popen:
    command = [ROOT / "scripts" / "cluster", "--folder", folder, "--contributors", "4", "--window", "3", *options]
    environment = {**os.environ, "TRIBUTARY_BINARIES": str(binaries)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def processes_of(folder: pathlib.Path) -> list[str]:
    """The command lines of what runs with files of the folder."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            line = path.read_bytes().replace(b"\0", b" ").decode()
            if str(folder / "configs") in line:
                found.append(line)
    return found


def test_a_cluster_runs_to_its_end_and_leaves_no_process(binaries, tmp_path):
    folder = tmp_path / "cluster"
    running = cluster(binaries, folder, "--versions", "3")
    out, errors = running.communicate(timeout=110)
    assert running.returncode == 0, errors
    assert max(map(int, re.findall(r"version (\d+)/3 final after", out))) >= 3
    accuracy = float(out.split("accuracy  ")[1].split(" %")[0])
    assert accuracy > 50 and (folder / "model.safetensors").exists()
    assert processes_of(folder) == []
    errors = [line for path in (folder / "logs").glob("[vgc]*.log") for line in path.read_text().splitlines()]
    assert errors and not [line for line in errors if json.loads(line)["level"] == "error"]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)], ids=str
)
def test_a_cluster_that_is_stopped_leaves_no_process(binaries, tmp_path, number, code):
    folder = tmp_path / "cluster"
    running = cluster(binaries, folder, "--versions", "1000")
    line = running.stdout.readline()
    while "final after" not in line:
        assert line, running.stderr.read()
        line = running.stdout.readline()
    assert len(processes_of(folder)) >= 13
    running.send_signal(number)
    running.communicate(timeout=110)
    assert running.returncode == code
    until(lambda: processes_of(folder) == [])


@pytest.fixture
def town(tmp_path, binaries, monkeypatch):
    """A cluster of three nats-servers, four validators, two gateways and four contributors, all over TLS."""
    monkeypatch.setenv("TRIBUTARY_BINARIES", str(binaries))
    sizes = {"versions": 1000, "window": 3, "contributors": 4, "validators": 4, "gateways": 2, "servers": 3, "seed": 7}
    sizes |= {"tls": True}
    made = Cluster(tmp_path / "cluster", argparse.Namespace(**sizes))
    made.prepare()
    made.start_nats()
    made.start_nodes()
    made.task = made.create_task()
    made.start_contributors()
    try:
        yield made
    finally:
        made.stop_all()


def test_a_network_outlives_one_of_each_kind(town):
    """A server, a validator, a gateway and a contributor are killed: the others go on, and the validator comes back."""

    def version() -> int:
        return town.ask(f"/v1/tasks/{town.task}").get("version", 0)

    until(lambda: version() >= 2)
    for name in ("nats-0", "validator-3", "contributor-3", "gateway-1"):
        town.kill(name)
    # Three contributors are left, each of which sends one update a version: as many as close a window.
    before = version()
    until(lambda: version() >= before + 3)
    killed = len(town.log("validator-3").read_text().splitlines())
    town.start("validator-3")

    def events() -> list[str]:
        return [json.loads(line)["event"] for line in town.log("validator-3").read_text().splitlines()[killed:]]

    until(lambda: "caughtUp" in events())
    # Without another one, no version is final that the validator which came back does not certify.
    town.kill("validator-2")
    before = version()
    until(lambda: version() >= before + 3)
    town.check()
    assert town.measure()["accuracy"] > 0.5
