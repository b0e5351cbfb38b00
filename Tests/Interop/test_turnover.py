"""Validators that are all replaced: whose window is whose, and to whom packets are sealed, follows from the log alone."""

import pathlib
import subprocess

import pytest

import sealing
from networks import Ledger


@pytest.fixture(scope="module")
def network(binaries, tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("turnover") / "network"
    subprocess.run([binaries / "turnover-network", folder], check=True, timeout=60)
    return folder


@pytest.fixture(scope="module")
def ledger(network, message_class) -> Ledger:
    return Ledger(network, message_class)


def test_a_window_is_of_those_who_closed_it(ledger):
    assert [header.epoch for _, header in ledger.final] == [0, 0, 1, 1]
    genesis = {grant.key for grant in ledger.rules.validators}
    assert genesis.isdisjoint(ledger.validators.stakes)
    for window, header in ledger.final:
        assert header.epoch == window.validators.epoch
        assert header.plan == window.plan_digest and window.plan
        assert header.next_validators == window.next_validators.digest()
        assert set(window.headers) <= set(window.validators.stakes)
        assert (set(window.validators.stakes) == genesis) == (header.epoch == 0)
    first, last, *others = [header.next_validators for _, header in ledger.final]
    assert first != last and set(others) == {last} == {ledger.validators.digest()}


def test_what_was_sealed_to_others_went_back(ledger):
    returned, = ledger.returned
    assert returned not in {update[0] for window, _ in ledger.final for update in window.updates}
    assert len(ledger.sealed) == 3 * 4 + 1 + 1, "and one was never submitted"
    assert not ledger.open and not ledger.waiting and not ledger.collecting.updates


def test_packets_are_sealed_to_those_whose_window_it_is(ledger, network):
    for window, header in ledger.final:
        for packet, _ in window.plan:
            opened = ledger.read("Packet", sealing.opened(ledger, network, window, packet)).header
            assert opened.contributor == ledger.sealed[packet][0]
    (former, _), *_, (window, _) = ledger.final
    window.validators = former.validators
    with pytest.raises(AssertionError):
        sealing.opened(ledger, network, window, window.plan[0][0])


def test_an_audit_follows_from_the_genesis_to_the_end(network, tributary):
    done = tributary("audit", network)
    assert done.returncode == 0, done.stderr
    assert "4 final, each recomputed" in done.stdout
