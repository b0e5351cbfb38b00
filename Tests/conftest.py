"""What all tests in Python share: the programs under test, and the messages' Python classes, generated from the schema."""

import importlib
import os
import pathlib
import subprocess
import sys

import pytest
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parents[1]
SCHEMAS = {"tributary": ROOT / "proto", "every_kind": ROOT / "Tests" / "Interop"}
# The processes of a network, what reads a network's folder without the programs under test, and the SDK.
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "Tests" / "Interop"), str(ROOT / "python" / "src")]


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
