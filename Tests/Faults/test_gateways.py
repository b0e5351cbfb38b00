"""Orders that reach two gateways, and clocks that are wrong."""

import datetime
import json

import pytest
from damage import WrongClocks
from twins import Twins

pytestmark = pytest.mark.long


def test_two_gateways_are_given_every_order(trial):
    with Twins(trial.gateways) as twins:
        assert trial.stop(trial.contributors()) == []
        for name in trial.contributors():
            path = trial.folder / "configs" / f"{name}.json5"
            path.write_text(json.dumps({**json.loads(path.read_text()), "gateways": [twins.url]}))
            trial.start(name)
        trial.await_version(trial.version() + 4)
        answers = list(twins.answers)
        assert len(answers) >= 2 * trial.options.window
        # Both say that it is in the log, at one place.
        for (status, body), other in answers:
            assert status in (200, 201) and other[0] in (200, 201), (status, body, other)
            assert json.loads(body) == json.loads(other[1])
        trial.settle(versions=2)
        trial.stop(trial.contributors())


def test_clocks_are_wrong(trial):
    """By months and years, ahead and behind. The servers' are right: nothing stands between Go and the kernel."""
    skews = {"validator-0": 400, "validator-1": -400, "gateway-0": 90, "contributor-1": -3000}
    with WrongClocks() as clocks:
        for name, days in skews.items():
            assert trial.stop([name]) == []
            trial.start(name, *clocks.enter(days, trial.commands[name]))
        trial.settle(versions=3)
        now = datetime.datetime.now(datetime.UTC)
        for name, days in skews.items():
            told = datetime.datetime.fromisoformat(trial.events(name)[-1]["time"])
            assert abs((told - now).total_seconds() / 86_400 - days) < 1, name
        assert trial.stop(list(skews)) == []
