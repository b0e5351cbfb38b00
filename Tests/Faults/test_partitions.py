"""Links that are lost: what is sent waits, nobody is told, and later all of it arrives."""

import pytest

pytestmark = pytest.mark.long


def test_a_minority_is_cut_off(trial):
    """One server with a validator and a gateway: the others go on, and the island has nothing final of its own."""
    cut = trial.part({"nats-0", "validator-0", "gateway-0"})
    held = trial.look("gateway-0", f"/v1/tasks/{trial.task}")["version"]
    trial.await_version(trial.version() + 3)
    # What had been stored when the links were lost may have been on its way.
    assert trial.look("gateway-0", f"/v1/tasks/{trial.task}")["version"] <= held + 1
    trial.mend(cut)
    trial.settle(versions=2)


def test_the_majority_of_the_servers_is_cut_off(trial):
    """All who train and judge see one server of three: nothing is acknowledged, and so nothing can be lost."""
    cut = trial.part({"nats-1", "nats-2"})
    trial.await_standstill()
    before = trial.version()
    trial.mend(cut)
    trial.await_version(before + 1)
    trial.settle(versions=2)


def test_validators_are_divided_two_and_two(trial):
    """Each side has half of the stake, and one side a quorum of the servers: no side makes a version."""
    before = trial.version()
    cut = trial.part({"nats-0", "validator-0", "validator-1", "gateway-0"})
    trial.await_standstill()
    assert trial.version() <= before + 2
    trial.mend(cut)
    trial.settle(versions=2)


def test_servers_that_see_none_of_the_others(trial):
    cut = trial.part({"nats-0"}) + trial.part({"nats-1"}) + trial.part({"nats-2"})
    trial.await_standstill()
    trial.mend(cut)
    trial.settle(versions=2)


def test_links_that_come_and_go(trial):
    for name in ("validator-1", "gateway-1", trial.leader(), "validator-2"):
        cut = trial.part({name})
        trial.await_version(trial.version() + 1)
        trial.mend(cut)
        trial.settle()
