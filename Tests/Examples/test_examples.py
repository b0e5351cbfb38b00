"""Every example, copied and run at its small size over real processes, on real data.

The environment variable TRIBUTARY_DATA names a folder with `mnist` and `tinyshakespeare`. Without it, and without such
a folder beside the repository, images are the digits that come with the product, in MNIST's form, and text is the
sample beside its example.
"""

import gzip
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("TRIBUTARY_DATA", ROOT.parent / "shared" / "data"))


def write_idx(path: pathlib.Path, values: np.ndarray):
    header = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    path.write_bytes(gzip.compress(header + values.astype(np.uint8).tobytes()))


def write_digits(folder: pathlib.Path):
    """The product's digits of 8 x 8 pixels in MNIST's form: each pixel three high and wide, within a margin of two."""
    data = (ROOT / "Sources" / "CDigits" / "digits.bin").read_bytes()
    count, pixels = struct.unpack("<II", data[8:16])
    values = np.frombuffer(data, np.uint8, offset=16)
    images = (values[: count * pixels].reshape(count, 8, 8).astype(int) * 255 // 16).repeat(3, axis=1).repeat(3, axis=2)
    images, labels = np.pad(images, ((0, 0), (2, 2), (2, 2))), values[count * pixels :]
    for kind, chosen in (("train", slice(400, None)), ("t10k", slice(400))):
        write_idx(folder / f"{kind}-images-idx3-ubyte.gz", images[chosen])
        write_idx(folder / f"{kind}-labels-idx1-ubyte.gz", labels[chosen])


@pytest.fixture(scope="session")
def images(tmp_path_factory) -> pathlib.Path:
    if (found := DATA / "mnist").is_dir():
        return found
    folder = tmp_path_factory.mktemp("images")
    write_digits(folder)
    return folder


@pytest.fixture(scope="session")
def plays() -> pathlib.Path:
    found = DATA / "tinyshakespeare" / "input.txt"
    return found if found.exists() else ROOT / "examples" / "shakespeare-transformer" / "sample.txt"


def play(name: str, folder: pathlib.Path, *options) -> list[dict]:
    """Runs a copy of an example, and returns what was measured."""
    copy = folder / name
    shutil.copytree(ROOT / "examples" / name, copy)
    command = [sys.executable, ROOT / "examples" / "run.py", copy, "--size", "small", "--folder", folder / "run"]
    done = subprocess.run([*command, *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "run" / "curve.svg").read_text().startswith("<svg")
    return json.loads((folder / "run" / "report.json").read_text())["points"]


def test_a_table(tmp_path):
    first, *_, last = play("tabular", tmp_path)
    assert last["accuracy"] > max(0.85, first["accuracy"]) and last["loss"] < 0.5 * first["loss"]


def test_images(tmp_path, images):
    first, *_, last = play("mnist-convolution", tmp_path, "--data", images)
    assert last["accuracy"] > 0.5 > first["accuracy"] and last["loss"] < first["loss"]


def test_plays(tmp_path, plays):
    first, *_, last = play("shakespeare-transformer", tmp_path, "--data", plays)
    assert last["loss"] < 3.5 < first["loss"]


def in_example(name: str, code: str) -> str:
    """What Python prints in an example's folder."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT / "examples" / name)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_image_has_one_owner(tmp_path):
    write_digits(tmp_path)
    code = f"""
import collections, pathlib, images
labels = images.read(pathlib.Path({str(tmp_path)!r}) / "train-labels-idx1-ubyte.gz")
for count in (1, 7, 50):
    parts = images.deal(labels, count)
    assert len(parts) == count and min(map(len, parts)) > 0
    assert sorted(index for part in parts for index in part) == list(range(len(labels)))
most = [collections.Counter(labels[part].tolist()).most_common(1)[0][1] / len(part) for part in images.deal(labels, 10)]
assert max(most) > 0.3, "the parts are not uneven"
folder = pathlib.Path({str(tmp_path)!r})
sizes = [len(images.examples(folder, share)) for share in ("validator", "all", "1/3", "2/3", "3/3", "test")]
assert sizes[1] == sum(sizes[2:5]) and sizes[0] + sizes[1] == len(labels), sizes
"""
    assert in_example("mnist-convolution", code) == ""


def test_each_speaker_has_one_owner():
    code = """
import collections, text
plays = open("sample.txt").read()
said = collections.Counter()
for speaker, speech in text.speeches(plays):
    said[speaker] += len(speech)
for count in (1, 3, 8):
    parts = text.shares(plays, count)
    speakers = [{speaker for speaker, _ in text.speeches(part.rstrip())} for part in parts]
    assert sum(map(len, speakers)) == len(set.union(*speakers)) == len(said)
    assert sorted("".join(parts)) == sorted("".join(speech for _, speech in text.speeches(plays)))
    assert max(map(len, parts)) - min(map(len, parts)) <= max(said.values())
"""
    assert in_example("shakespeare-transformer", code) == ""
