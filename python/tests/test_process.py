"""Trainers as processes: what they print, how they fail, and how they end."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from agent import SOURCES, Agent, Ended, train_fields

QUADRATIC = """
    import numpy as np
    import tributary

    TARGET = np.arange(6, dtype=np.float32).reshape(2, 3)

    class Quadratic(tributary.Trainer):
        name, examples = "quadratic", 10

        def tensors(self):
            return {"w": (2, 3), "b": ()}

        def loss(self, weights):
            return float(((weights["w"] - TARGET) ** 2).sum() + weights["b"] ** 2)

        def train(self, weights, config):
            w, b = weights["w"].copy(), weights["b"].copy()
            loss = self.loss(weights)
            for step, rows in enumerate(config.batches(self.examples), 1):
                w -= config.learning_rate * 2 * (w - TARGET)
                b -= config.learning_rate * 2 * b
                config.progress(step, config.step_count(self.examples), loss)
            return tributary.Trained({"w": w, "b": b}, loss)

        def evaluate(self, weights):
            return tributary.Evaluation(self.loss(weights), metrics={"accuracy": 0.5})

        def gradient(self, weights, group):
            return tributary.Gradient({"w": 2 * (weights["w"] - TARGET), "b": 2 * weights["b"]}, self.loss(weights))
"""
RUN = """
    if __name__ == "__main__":
        tributary.run(Quadratic())
"""


def test_every_call(start):
    agent = start(QUADRATIC + RUN)
    assert agent.describe() == {
        "tensors": [{"name": "w", "shape": [2, 3]}, {"name": "b", "shape": []}],
        "examples": 10, "groups": 1, "name": "quadratic"}
    assert agent.describe()["name"] == "quadratic"
    first = agent.initialize(7)
    assert (agent.initialize(7) == first).all() and (agent.initialize(8) != first).any()
    trained, found = agent.train(first, batch=4, epochs=2)
    assert found == {"examples": 10, "steps": 6, "loss": pytest.approx(agent.evaluate(first)["loss"])}
    assert agent.evaluate(trained)["loss"] < agent.evaluate(first)["loss"]
    assert agent.evaluate(trained)["metrics"] == {"accuracy": 0.5}
    assert agent.train(first, steps=3)[1]["steps"] == 3
    assert agent.progress[0]["step"] == 1
    kept, found = agent.train(first, epochs=0)
    assert (kept == first).all() and found["steps"] == 0
    gradient, _ = agent.gradient(first, group=0)
    expected = 2 * (first - np.array([0, 1, 2, 3, 4, 5, 0], np.float32))
    np.testing.assert_allclose(gradient, expected, rtol=1e-6)
    assert agent.end() == 0
    assert agent.log() == ""


def test_whatever_is_printed_is_logged(start):
    agent = start("""
    print("before")
    import os, subprocess, sys
    """ + QUADRATIC + """
        def initialize(self, seed):
            print("by print")
            sys.stdout.write("by write\\n")
            os.write(1, b"by descriptor\\n")
            subprocess.run(["echo", "by a child"], check=True)
            assert sys.stdin.read() == ""
            assert "TRIBUTARY_TRAINER" not in os.environ
            return super().initialize(seed)
    """ + RUN)
    agent.describe()
    agent.initialize()
    assert agent.end() == 0
    lines = agent.log().splitlines()
    assert sorted(lines) == ["before", "by a child", "by descriptor", "by print", "by write"]


@pytest.mark.parametrize("body, error, traceback", [
    ("raise ValueError('the file data.csv has no column')", "ValueError: the file data.csv has no column", True),
    ("raise SystemExit('no data')", "SystemExit: no data", True),
    ("raise tributary.TrainerError('no data')", "no data", False),
    ("raise ValueError('é' * 70_000)", "ValueError: " + "é" * ((65_536 - 12) // 2), True),
    ("weights['w'] -= 1", "ValueError: output array is read-only", True),
    ("return weights", "AttributeError: 'dict' object has no attribute 'steps'", True),
    ("return tributary.Trained({'w': weights['w']}, 1)", "the trained weights lack 'b'", False),
])
def test_a_call_that_fails_leaves_the_trainer_ready(start, body, error, traceback):
    agent = start(QUADRATIC + f"""
        def train(self, weights, config):
            {body}
    """ + RUN)
    agent.describe()
    first = agent.initialize()
    found = agent.error("train", **train_fields())
    assert found.startswith(error) and len(found.encode()) <= 65_536
    assert agent.evaluate(first)["examples"] == 10
    assert agent.end() == 0
    assert ("Traceback" in agent.log()) == traceback


def test_what_the_agent_may_not_ask(start):
    agent = start(QUADRATIC + RUN)
    assert "there is no call 'predict'" in agent.error("predict")
    agent.describe()
    agent.initialize()
    assert "there is no group 1" in agent.error("gradient", group=1)
    assert "KeyError: 'seed'" in agent.error("initialize")
    os.ftruncate(agent.memory, 4096)
    assert agent.end() == 0


def test_memory_of_another_size_is_refused(start):
    agent = start(QUADRATIC + RUN)
    agent.ask("describe")
    os.ftruncate(agent.memory, 4096)
    assert "has 4096 bytes where the tensors need 8192" in agent.error("initialize", seed="0")


SLOW = QUADRATIC + """
        def train(self, weights, config):
            print("training")
            while True:
                (np.ones((64, 64)) @ np.ones((64, 64))).sum()
""" + RUN


def test_the_end_of_requests_ends_a_training(start):
    agent = start(SLOW)
    agent.describe()
    agent.initialize()
    agent.request("train", **train_fields())
    assert agent.log_line() == "training\n"
    assert agent.end() == 0


@pytest.mark.parametrize("is_training", [False, True])
def test_a_trainer_ends_with_its_agent(tmp_path, is_training):
    """An agent that is killed closes no descriptor of its own accord."""
    script = tmp_path / "trainer.py"
    script.write_text(__import__("textwrap").dedent(SLOW))
    program = f"""
import sys, time
sys.path.insert(0, {os.path.dirname(__file__)!r})
from agent import Agent, train_fields
agent = Agent(sys.executable, {str(script)!r})
agent.describe()
agent.initialize()
if {is_training}:
    agent.request("train", **train_fields())
    agent.log_line()
print(agent.process.pid, flush=True)
time.sleep(600)
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        trainer = os.pidfd_open(int(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    import select
    assert select.select([trainer], [], [], 60)[0], "the trainer outlives its agent"
    os.close(trainer)


@pytest.mark.parametrize("data, problem", [
    (b"hello, trainer", "begins with b'hell'"),
    (b"TRBF\xff\xff\xff\xff", "announces 4294967295 bytes"),
    (b"TRBF\x02\x00\x00\x00[]", "no object"),
    (b"TRBF\x09", "end inside a frame"),
])
def test_what_is_no_request_ends_the_trainer(start, data, problem):
    agent = start(QUADRATIC + RUN)
    agent.write(data)
    assert agent.end() == 1
    assert problem in agent.log()


def test_requests_that_trickle(start):
    agent = start(QUADRATIC + RUN)
    read = agent.write
    agent.write = lambda data: [read(data[at : at + 1]) for at in range(len(data))]
    agent.describe()
    assert agent.end() == 0


def test_too_many_tensors_for_a_frame(start):
    agent = start(QUADRATIC + """
        def tensors(self):
            return {f"{number:0>200}": (1,) for number in range(10_000)}
    """ + RUN)
    assert "the most is 1048576" in agent.error("describe")
    assert agent.end() == 0


def test_another_version_of_the_protocol(start):
    agent = start(QUADRATIC + RUN, environment={"TRIBUTARY_TRAINER": "2"})
    with pytest.raises(Ended):
        agent.read(1)
    assert agent.end() == 1
    assert "version 2" in agent.log()


def by_hand(tmp_path, script: str, **variables):
    path = tmp_path / "by_hand.py"
    path.write_text(__import__("textwrap").dedent(script))
    environment = {**os.environ, "PYTHONPATH": str(SOURCES), **variables}
    return subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=60, env=environment)


def test_started_by_hand_it_is_tried_out(tmp_path):
    done = by_hand(tmp_path, QUADRATIC + RUN)
    assert done.returncode == 0, done.stderr
    assert "by_hand.py is a trainer" in done.stdout and "2 tensors, 10 examples" in done.stdout
    assert [line.split()[0] for line in done.stdout.splitlines()[1:-1]] == [
        "describe", "initialize", "train", "evaluate", "gradient"]


def test_started_by_hand_it_says_what_fails(tmp_path):
    done = by_hand(tmp_path, QUADRATIC + "    del Quadratic.gradient\n" + RUN)
    assert done.returncode == 1
    assert "failed: this trainer trains and does not judge: define gradient" in done.stdout
    done = by_hand(tmp_path, QUADRATIC + "    Quadratic.examples = 0\n" + RUN)
    assert done.returncode == 1 and "the trainer's examples: 0 is not within" in done.stdout
    assert "gradient" not in done.stdout


def test_without_an_agent_the_variable_is_refused(tmp_path):
    done = by_hand(tmp_path, QUADRATIC + RUN, TRIBUTARY_TRAINER="1")
    assert done.returncode == 1 and "not those of an agent" in done.stderr
