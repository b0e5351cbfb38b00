"""Validators' pay, computed again from a demo's log."""

import json

import pytest

from networks import Ledger
from validator_pay import Pay, split

SCENARIO = """{
  seed: 3, model: "softmax(64,10)", windows: 12, testExamples: 60, referenceExamplesPerValidator: 30,
  validators: { count: 7, stakes: [40, 30, 30, 20, 20, 20, 20], hostile: { guessing: 1, remembering: 1 } },
  contributors: {
    count: 20, canaries: { count: 6, share: 0.5 }, hostile: { noise: 2 },
    devices: { slowness: { buckets: [{ parts: 9, from: 1, to: 1 }, { parts: 1, from: 4, to: 4 }] } },
  },
  merge: { windowSize: 10, updatesPerContributorPerWindow: 1%s },
}"""


@pytest.mark.parametrize("seats", ["", ", committeeSeats: 5"])
def test_validators_are_paid_by_what_the_log_says(tributary, message_class, tmp_path, seats):
    scenario, out = tmp_path / "pay.json5", tmp_path / "out"
    scenario.write_text(SCENARIO % seats)
    done = tributary("demo", "--scenario", scenario, "--out", out)
    assert done.returncode == 0, done.stderr
    run = json.loads((out / "summary.json").read_text())["run"]
    paid = {validator["name"]: validator["paidUnits"] for validator in run["validators"]}
    ledger, pay = Ledger(out / "network", message_class), Pay()
    assert len(ledger.final) == 12
    shares = set()
    # The last version's validators are paid when the next one is final.
    for index, (window, _) in enumerate(ledger.final[:-1]):
        weights = pay.weights(window)
        units = sum(units[index] for units in paid.values())
        assert units > 0
        parts = dict(zip(weights, split(units, list(weights.values())), strict=True))
        for key in window.validators.stakes:
            assert parts.get(key, 0) == paid[key.hex()[:8]][index], f"version {index + 1}"
        shares |= {pay.share(key) for key in window.validators.stakes}
    assert len(shares) > 2, "nobody's insight has changed"
