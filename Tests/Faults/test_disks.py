"""Disks that are full, that come back with other bytes, or empty."""

import shutil

import pytest
from damage import SmallDisk, flip

pytestmark = pytest.mark.long


@pytest.mark.parametrize("name", ["validator-1", "gateway-1", "contributor-2", "nats-2"])
def test_a_disk_is_full(trial, name):
    """The node may end, or wait; with room again it goes on, and nothing that it acknowledged is lost."""
    folder = trial.folder / "nodes" / name
    trial.stop([name])
    with SmallDisk(folder, mebibytes=64) as disk:
        trial.start(name, *disk.enter(trial.commands[name]))
        trial.settle(versions=2)
        disk.fill()
        trial.await_version(trial.version() + 3)
        disk.free()
        if trial.processes[name].poll() is not None:
            trial.revive(name)
        # Who cannot write may have stopped to serve, and waits for its operator.
        elif name.startswith(("nats", "gateway")):
            trial.kill(name)
            trial.revive(name)
        trial.settle(versions=2)
        trial.kill(name)


@pytest.mark.parametrize("file", ["log.sqlite", "log.sqlite-wal", "anchor"])
def test_a_copy_of_the_log_is_corrupted(trial, file):
    """The node refuses to go on, or goes on from the servers' log; it never acts on what is wrong."""
    for name in ("validator-3", "gateway-1"):
        copy = trial.folder / "nodes" / name / "log"
        if file == "log.sqlite-wal":
            trial.kill(name)
        else:
            assert trial.stop([name]) == []
        flip(copy / file)
        trial.revive(name)
        goal = trial.version() + 2
        trial.await_version(goal)
        if trial.has_ended(name, goal):
            assert str(copy) in trial.log(name).read_text().splitlines()[-1]
            # The remedy: the log comes from the servers once more.
            shutil.rmtree(copy)
            trial.revive(name)
        trial.settle()


def test_snapshots_are_corrupted(trial):
    trial.await_version(9)
    assert trial.stop(["validator-0"]) == []
    snapshots = list((trial.folder / "nodes" / "validator-0" / "state").glob("*.snapshot-*"))
    assert snapshots
    for path in snapshots:
        flip(path)
    trial.revive("validator-0")
    trial.settle()
    assert "snapshotPassedOver" in [event["event"] for event in trial.events("validator-0")]


@pytest.mark.parametrize("name", ["validator-2", "gateway-0", "contributor-3", "nats-1"])
def test_a_disk_is_lost(trial, name):
    trial.kill(name)
    shutil.rmtree(trial.folder / "nodes" / name)
    trial.revive(name)
    trial.settle(versions=2)
    if name.startswith("nats"):
        trial.lean_on(name)


@pytest.mark.parametrize("stream", ["LOG", "BLOBS"])
def test_a_server_comes_back_with_corrupted_messages(trial, stream):
    (name, *_) = [f"nats-{index}" for index in range(3) if f"nats-{index}" != trial.leader()]
    trial.kill(name)
    blocks = list((trial.folder / "nodes" / name).glob(f"**/streams/*_{stream}/msgs/*.blk"))
    assert blocks
    for path in blocks:
        flip(path)
    trial.revive(name)
    trial.settle(versions=2)
    trial.lean_on(name)
