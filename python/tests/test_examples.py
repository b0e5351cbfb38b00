"""The examples learn what they are about, each through the protocol."""

import pathlib
import sys

import numpy as np
import pytest

from agent import Agent

pytest.importorskip("torch")
EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


def owner(part: str) -> Agent:
    folder = EXAMPLES / "tabular"
    return Agent(sys.executable, folder / "trainer.py", folder / "breast_cancer.csv", "--part", part)


def test_owners_of_a_table_learn_together():
    """Federated averaging over two owners, judged on rows that nobody trained on."""
    with owner("1/3") as one, owner("2/3") as other, owner("3/3") as judge:
        found = [agent.describe() for agent in (one, other, judge)]
        assert [description["examples"] for description in found] == [190, 190, 189]
        assert found[0]["tensors"] == found[1]["tensors"] and found[0]["groups"] == 2
        weights = judge.initialize(1)
        before = judge.evaluate(weights)
        for round_ in range(5):
            updates = [agent.train(weights, epochs=2, batch=16, rate=0.05, seed=round_)[0] for agent in (one, other)]
            weights = np.mean(updates, axis=0, dtype=np.float32)
        after = judge.evaluate(weights)
        assert after["loss"] < before["loss"] / 2 and after["metrics"]["accuracy"] > 0.93
        assert [agent.end() for agent in (one, other, judge)] == [0, 0, 0]
