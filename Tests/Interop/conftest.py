"""What these tests share: a finished demo, and the samples of messages that Swift wrote."""

import json
import pathlib
import subprocess
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Demo:
    """What one `tributary demo` left."""

    out: pathlib.Path
    stdout: str
    summary: dict

    @property
    def network(self) -> pathlib.Path:
        return self.out / "network"


# Two chunks of parameters, so that the last is shorter; attackers, and slow ones for staleness.
SCENARIO = """{
  seed: 5, model: "mlp(64,80,10)", windows: 6, testExamples: 120, referenceExamplesPerValidator: 30,
  contributors: {
    count: 14,
    devices: { slowness: { buckets: [{ parts: 11, from: 1, to: 1 }, { parts: 3, from: 4, to: 4 }] } },
    hostile: { "sign-flip": 1, copycat: 1, "label-flip": 1, noise: 1 },
  },
  merge: { windowSize: 6, serverLearningRate: 0.75, upForm: "sparse:256", downForm: "sparse:512" },
  reward: { escrowUnits: 500000, unitsPerVersion: 100000 },
}"""


@pytest.fixture(scope="session")
def scenario(tmp_path_factory) -> pathlib.Path:
    """The file of a scenario that takes a second."""
    path = tmp_path_factory.mktemp("scenario") / "small.json5"
    path.write_text(SCENARIO)
    return path


@pytest.fixture(scope="session")
def demo(tributary, scenario, tmp_path_factory) -> Demo:
    """A finished demo. Tests that change its files work on a copy."""
    out = tmp_path_factory.mktemp("demo") / "out"
    done = tributary("demo", "--scenario", scenario, "--out", out)
    assert done.returncode == 0, done.stderr
    return Demo(out, done.stdout, json.loads((out / "summary.json").read_text()))


@pytest.fixture(scope="session")
def samples(binaries, tmp_path_factory) -> dict[str, bytes]:
    """A sample's bytes by its name, "Message.variant"."""
    folder = tmp_path_factory.mktemp("samples")
    subprocess.run([binaries / "wire-samples", folder], check=True, timeout=60)
    return {path.stem: path.read_bytes() for path in sorted(folder.glob("*.bin"))}
