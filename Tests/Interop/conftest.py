"""What the tests share: the messages' Python classes, generated from the schema, and the samples that Swift wrote."""

import importlib
import json
import os
import pathlib
import subprocess
import sys
from dataclasses import dataclass

import pytest
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMAS = {"tributary": ROOT / "proto", "every_kind": ROOT / "Tests" / "Interop"}


@pytest.fixture(scope="session")
def binaries() -> pathlib.Path:
    """The folder with the programs of the build under test."""
    return ROOT / os.environ.get("TRIBUTARY_BINARIES", ".build/release")


@pytest.fixture(scope="session")
def debug_binaries() -> pathlib.Path:
    """The folder with the programs of a debug build of the same sources."""
    return ROOT / os.environ.get("TRIBUTARY_DEBUG_BINARIES", ".build/debug")


@pytest.fixture(scope="session")
def tributary(binaries):
    """Runs the command, and returns how it ended."""

    def run(*arguments, folder: pathlib.Path = binaries) -> subprocess.CompletedProcess:
        command = [folder / "tributary", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)

    return run


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
    count: 14, slow: { count: 3, factor: 4 },
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
def schemas(tmp_path_factory) -> dict:
    """The modules that protoc generates, by the schema's name."""
    folder = tmp_path_factory.mktemp("generated")
    for name, source in SCHEMAS.items():
        assert protoc.main(["protoc", f"-I{source}", f"--python_out={folder}", f"{name}.proto"]) == 0
    sys.path.insert(0, str(folder))
    return {name: importlib.import_module(f"{name}_pb2") for name in SCHEMAS}


@pytest.fixture(scope="session")
def message_class(schemas):
    """Finds a message's class by its name in the schema."""
    classes = {
        descriptor.name: getattr(module, descriptor.name)
        for module in schemas.values()
        for descriptor in module.DESCRIPTOR.message_types_by_name.values()
    }
    return classes.__getitem__


@pytest.fixture(scope="session")
def samples(binaries, tmp_path_factory) -> dict[str, bytes]:
    """A sample's bytes by its name, "Message.variant"."""
    folder = tmp_path_factory.mktemp("samples")
    subprocess.run([binaries / "wire-samples", folder], check=True, timeout=60)
    return {path.stem: path.read_bytes() for path in sorted(folder.glob("*.bin"))}
