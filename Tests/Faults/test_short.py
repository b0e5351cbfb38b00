"""What every build has to get through in a minute: one of each kind dies, a validator is silent, a disk forgets."""

import shutil

import pytest
from damage import flip


def test_one_of_each_kind_is_killed(trial):
    for name in ("gateway-0", "validator-1", "contributor-0", trial.leader()):
        trial.kill(name)
        trial.await_version(trial.version() + 1)
        trial.revive(name)
    trial.settle()
    # The check itself sees an order that is not there, and one at another place.
    (order, position), *_ = trial.book.positions.items()
    for wrong in ({"00" * 32: position}, {order: position + 1}):
        trial.book.positions |= wrong
        with pytest.raises(AssertionError, match="acknowledged"):
            trial.audit([])
        trial.book.positions |= {order: position}
        trial.book.positions.pop("00" * 32, None)


def test_a_silent_validator_and_a_corrupted_database(trial):
    trial.freeze("validator-0")
    trial.await_version(trial.version() + 2)
    trial.thaw("validator-0")
    copy = trial.folder / "nodes" / "validator-3" / "log"
    # A log that was closed lies in one file; the first page, which every start reads, stays as it is.
    assert trial.stop(["validator-3"]) == []
    flip(copy / "log.sqlite", start=4096)
    trial.revive("validator-3")
    assert trial.await_end("validator-3") == 1
    assert "log.sqlite" in trial.log("validator-3").read_text().splitlines()[-1]
    # The remedy: the log comes from the servers once more.
    shutil.rmtree(copy)
    trial.revive("validator-3")
    trial.settle()
