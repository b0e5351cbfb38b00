"""Processes that die, in every phase of a window and together, and validators that are too few."""

import pytest

pytestmark = pytest.mark.long
PHASES = ["collecting", "drawingSeed", "judging", "revealing", "attesting"]


@pytest.mark.parametrize("phase", PHASES)
def test_any_process_may_die_in_any_phase(trial, phase):
    for victim in ("gateway-1", "validator-2", "contributor-1", "log leader"):
        trial.await_phase(phase)
        name = trial.leader() if victim == "log leader" else victim
        trial.await_phase(phase)
        trial.kill(name)
        trial.revive(name)
        trial.settle()


@pytest.mark.parametrize("phase", PHASES)
def test_all_of_a_kind_may_die_at_once(trial, phase):
    for victims in (trial.validators(), trial.gateway_names(), trial.contributors()):
        trial.await_phase(phase)
        trial.kill_all(victims)
        trial.revive(*victims)
        trial.settle()


def test_everything_may_die_at_once(trial):
    for phase in PHASES:
        trial.await_phase(phase)
        names = list(trial.processes)
        trial.kill_all(names)
        trial.revive(*names)
        trial.settle()


@pytest.mark.parametrize("harm", ["killed", "frozen"])
def test_two_validators_of_four_halt_the_network_until_one_is_back(trial, harm):
    stopped = ["validator-1", "validator-3"]
    before = trial.version()
    if harm == "killed":
        trial.kill_all(stopped)
    else:
        for name in stopped:
            trial.freeze(name)
    trial.await_standstill()
    # What they had attested before may have become final.
    assert trial.version() <= before + 2
    if harm == "killed":
        trial.revive(stopped[0])
    else:
        trial.thaw(stopped[0])
    trial.settle(versions=2, without=stopped[1:])
    if harm == "killed":
        trial.revive(stopped[1])
    else:
        trial.thaw(stopped[1])
    trial.settle()
