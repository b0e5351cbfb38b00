"""One validator of four that lies. Silence is in test_short.py."""

import json
import random

import pytest
from trial import until

pytestmark = pytest.mark.long
LIAR = "validator-3"


def bond(trial) -> int:
    key = json.loads(trial.run("key", "show", trial.key(LIAR), "--json").stdout)["publicKey"]
    return trial.look("gateway-0", f"/v1/accounts/{key}")["bondUnits"]


def replace_by_liar(trial, binaries, lie: str):
    assert trial.stop([LIAR]) == []
    trial.start(LIAR, binaries / "LyingValidator", lie, trial.folder / "configs" / f"{LIAR}.json5")


def test_another_header_makes_nothing_final(trial, binaries):
    replace_by_liar(trial, binaries, "header")
    trial.settle(versions=3, without=[LIAR])
    assert bond(trial) == 1000, "one signature a version is no offence"


def test_two_headers_cost_the_bond(trial, binaries):
    assert bond(trial) == 1000
    replace_by_liar(trial, binaries, "equivocation")
    until(lambda: bond(trial) == 0, trial.seen)
    trial.settle(versions=3, without=[LIAR])
    assert bond(trial) == 0


def test_rows_from_noise_decide_nothing(trial):
    """It judges by examples whose labels are drawn: all its rows are wrong, and its roots are right."""
    chance = random.Random(5)
    path = trial.folder / "noise.csv"
    rows = [[chance.randrange(17) for _ in range(64)] + [index % 10] for index in range(300)]
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    assert trial.stop([LIAR]) == []
    config = trial.folder / "configs" / f"{LIAR}.json5"
    data = {"source": {"csv": {"path": str(path), "label": 64}}}
    config.write_text(json.dumps({**json.loads(config.read_text()), "data": data}))
    before = trial.audit([])["merged"]
    trial.start(LIAR)
    finding = trial.settle(versions=4)
    assert finding["merged"] > before
