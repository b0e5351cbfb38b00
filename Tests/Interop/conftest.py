"""What the tests share: the messages' Python classes, generated from the schema, and the samples that Swift wrote."""

import importlib
import os
import pathlib
import subprocess
import sys

import pytest
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMAS = {"tributary": ROOT / "proto", "every_kind": ROOT / "Tests" / "Interop"}


@pytest.fixture(scope="session")
def binaries() -> pathlib.Path:
    """The folder with the programs of the build under test."""
    return ROOT / os.environ.get("TRIBUTARY_BINARIES", ".build/release")


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
