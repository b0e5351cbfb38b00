"""Tasks whose trainer is a process: checked, signed, trained by contributors and judged by a validator."""

import json
import os
import pathlib
import shutil
import signal
import sys

import numpy as np
import pytest
import safetensors.numpy

from networks import Ledger, digest
from villages import Village, until

ROOT = pathlib.Path(__file__).resolve().parents[2]
DIGITS = ROOT / "Sources" / "CDigits" / "digits.bin"
TRAINER = "softmax_trainer.py"
SHARES = 5
# Nobody trains or judges on the last share.
NODES = {"contributor-0": 0, "contributor-1": 1, "validator-0": 2, "author": 3}


def trainer(folder: pathlib.Path, share: int) -> dict:
    """A trainer's settings, with a copy of the program in a folder of its own."""
    folder.mkdir()
    shutil.copy(ROOT / "Tests" / "Interop" / TRAINER, folder)
    return {"command": [sys.executable, TRAINER, str(DIGITS), str(share), str(SHARES)], "folder": str(folder)}


@pytest.fixture
def village(binaries, tributary, tmp_path):
    made = {name: trainer(tmp_path / f"{name}-trainer", share) for name, share in NODES.items()}
    with Village(tmp_path, binaries, tributary, made) as village:
        village.task = {
            "trainer": {**made["author"], "files": [TRAINER]}, "seed": 3,
            "training": {"steps": 40, "batchSize": 16, "learningRate": 0.2},
        }
        yield village


def program(village, name: str) -> pathlib.Path:
    return village.folder / f"{name}-trainer" / TRAINER


def trainer_process(village, name: str) -> int | None:
    """The identifier of a node's trainer: the child that runs the program in its folder."""
    node = village.running[name].pid
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == node and TRAINER in (path / "cmdline").read_text():
                return int(path.name)
        except (OSError, ValueError):
            continue
    return None


def state(process: int) -> str:
    """What a process does: R if it computes, Z if it is dead and not yet waited for; empty if it is gone."""
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return ""


def test_a_network_trains_what_its_nodes_trainers_make(village, tributary, tmp_path, message_class):
    for name in ("validator-0", "contributor-0", "contributor-1"):
        village.start(name)
    village.open_task(**village.task)
    until(lambda: village.version() >= 3)
    view = village.ask("/v1/tasks")[0]
    assert view["trainer"] == {"kind": "process", "name": "softmax regression"}
    shown = json.loads(village.run("task", "show", view["id"], "--json", *village.reach).stdout)["signed"]
    assert shown["trainer"]["tensors"][0] == {"name": "softmax.weight", "shape": [10, 64]}
    assert [file["name"] for file in shown["trainer"]["files"]] == [TRAINER] and shown["steps"] == 40

    out = tmp_path / "model.safetensors"
    village.run("model", "pull", "--verify", "--out", out, *village.reach)
    tensors = safetensors.numpy.load_file(out)
    assert {name: tensor.shape for name, tensor in tensors.items()} == {
        "softmax.weight": (10, 64), "softmax.bias": (10,),
    }
    data = tmp_path / "evaluation.json5"
    data.write_text(json.dumps({"trainer": trainer(tmp_path / "evaluation", SHARES - 1)}))
    found = json.loads(village.run("model", "evaluate", out, "--data", data, "--json").stdout)
    assert found["accuracy"] > 0.5 and found["examples"] == len(range(SHARES - 1, 1797, SHARES))
    # A trainer can start where this model is.
    village.task |= {"weights": str(out)}
    del village.task["seed"]
    path = tmp_path / "next.json5"
    path.write_text(json.dumps(village.task))
    assert json.loads(village.run("task", "check", path, "--json").stdout)["mistakes"] == []

    children = [trainer_process(village, name) for name in village.running]
    assert all(children)
    for name in list(village.running):
        assert village.stop(name) == 0
    assert all(state(child) in ("", "Z") for child in children)
    assert {"trainer", "trained", "receipt"} <= {event["event"] for event in village.events("contributor-0")}
    for name in ("validator-0", "contributor-0", "contributor-1"):
        assert not [event for event in village.events(name) if event["level"] == "error"]
    done = tributary("audit", village.folder / "validator-0", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["versions"] >= 3, done.stderr
    ledger = Ledger(village.folder / "validator-0", message_class)
    assert len(ledger.final) >= 3 and not [window for window, _ in ledger.final if window.rejections]
    (file,) = ledger.specification.trainer.process.files
    assert file.digest == digest("trib.trainer", program(village, "author").read_bytes())


def test_a_node_with_another_trainer_is_refused(village, tributary):
    """Other files, other tensors, examples in place of a trainer: each ends the contributor, and says why."""
    village.start("validator-0")
    village.open_task(**village.task)
    settings = village.folder / "contributor-0.json5"
    right = json.loads(settings.read_text())

    changed = program(village, "contributor-0")
    changed.write_text(changed.read_text() + "\n")
    done = tributary("contributor", settings)
    assert done.returncode == 1, done.stderr
    assert f"{TRAINER} is not the file that the task's author signed" in done.stderr

    changed.write_text(program(village, "author").read_text().replace('"softmax.bias"', '"softmax.offset"'))
    done = tributary("contributor", settings)
    assert done.returncode == 1 and "softmax.offset" in done.stderr and "softmax.bias" in done.stderr, done.stderr

    del right["trainer"]
    settings.write_text(json.dumps(right))
    done = tributary("contributor", settings)
    assert done.returncode == 1 and "name your command in 'trainer'" in done.stderr, done.stderr


def test_a_validator_with_another_trainer_says_so_and_judges_nothing(village):
    changed = program(village, "validator-0")
    changed.write_text(changed.read_text() + "\n")
    for name in ("validator-0", "contributor-0", "contributor-1"):
        village.start(name)
    village.open_task(**village.task)

    def halted() -> list[dict]:
        return [event for event in village.events("validator-0") if event["event"] == "taskHalted"]

    assert "is not the file that the task's author signed" in until(halted)[0]["reason"]
    assert village.version() == 0


def test_a_trainer_that_is_killed_does_no_harm(village):
    """Of a contributor in the middle of training and of the validator: both are started again, and nothing is lost."""
    for name in ("validator-0", "contributor-0", "contributor-1"):
        village.start(name)
    # A window takes both contributors' updates, so that one which gave up would end the task.
    village.open_task(**village.task | {"training": {"steps": 3000, "batchSize": 16, "learningRate": 0.2}})
    for name in ("contributor-0", "validator-0", "contributor-0"):
        child = until(lambda: trainer_process(village, name))
        until(lambda: state(child) == "R")
        os.kill(child, signal.SIGKILL)
        until(lambda: trainer_process(village, name) not in (None, child))
        before = village.version()
        until(lambda: village.version() >= before + 2)
    assert "training failed" in (village.folder / "contributor-0.log").read_text()
    for name in list(village.running):
        assert village.stop(name) == 0


def test_every_mistake_of_a_task_is_named_at_once(tributary, tmp_path):
    weights = {"softmax.weight": np.zeros((10, 63), np.float32), "softmax.bia": np.zeros(10, np.float32)}
    safetensors.numpy.save_file(weights, tmp_path / "start.safetensors")
    path = tmp_path / "task.json5"
    settings = trainer(tmp_path / "trainer", 0)
    path.write_text(
        "{\n"
        f"  trainer: {{ command: {json.dumps(settings['command'])}, folder: {json.dumps(settings['folder'])},\n"
        "    files: ['lost.py'] },\n"
        f"  weights: {json.dumps(str(tmp_path / 'start.safetensors'))},\n"
        "  merge: { windowSize: 0 },\n"
        "  reward: { escrowUnits: 1, unitsPerVersion: 2 },\n"
        "  packetPrivcy: 'plain',\n"
        "}\n"
    )
    done = tributary("task", "check", path)
    assert done.returncode == 1 and not done.stdout
    for part in (
        f"{path}:3:13: trainer.files[0]: ", "lost.py", f"{path}:4:12: weights: ",
        'the tensor "softmax.weight" has not the shape [10, 64]', 'did you mean "softmax.bias"?',
        f"{path}:5:24: merge.windowSize is 0", f"{path}:6:", f"{path}:7:3: unknown field 'packetPrivcy'",
    ):
        assert part in done.stderr, (part, done.stderr)
    mistakes = json.loads(tributary("task", "check", path, "--json").stdout)["mistakes"]
    places = [(mistake["line"], mistake["column"]) for mistake in mistakes]
    assert places == sorted(places) and len(mistakes) == 7


@pytest.mark.parametrize(
    ("program", "complaint"),
    [
        ("import sys; sys.exit('no data here')", "no data here"),
        ("print('hello', flush=True); input()", "hello"),
        (
            "import json, os; body = json.dumps({'id': 1, 'result': {'tensors': [{'name': 'w', 'shape': [0]}],"
            " 'examples': 1, 'groups': 1, 'name': ''}}).encode();"
            "os.write(1, b'TRBF' + len(body).to_bytes(4, 'little') + body)",
            "shape[0] is 0",
        ),
    ],
    ids=["exit", "print", "shape"],
)
def test_a_trainer_that_does_not_work_is_a_mistake_of_its_task(tributary, tmp_path, program, complaint):
    path = tmp_path / "task.json5"
    path.write_text("{\n" + f"  trainer: {{ command: {json.dumps([sys.executable, '-c', program])} }},\n" + "}\n")
    done = tributary("task", "check", path)
    assert done.returncode == 1 and f"{path}:2:23: trainer.command: the trainer failed" in done.stderr, done.stderr
    assert complaint in done.stderr


def test_what_would_be_signed_is_shown(tributary, tmp_path):
    path = tmp_path / "task.json5"
    path.write_text("{ model: 'mlp(64,32,10)', reward: { escrowUnits: 1000, unitsPerVersion: 300 } }")
    done = tributary("task", "check", path)
    assert done.returncode == 0 and "2410" in done.stdout and "3 versions" in done.stdout, done.stderr
    found = json.loads(tributary("task", "check", path, "--json").stdout)
    assert found["signed"]["parameters"] == 2410 and found["firstWeightsBytes"] == 9640
    assert found["paidVersions"] == 3 and 0 < found["updateBits"] < 32 * 2410
