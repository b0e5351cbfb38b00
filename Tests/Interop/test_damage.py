"""`tributary audit` finds a flipped byte wherever it is, and names the place."""

import json
import pathlib
import random
import shutil

import pytest

from networks import Ledger, records

SEED = 20_240
DAMAGED = 3


@pytest.fixture
def network(demo, tmp_path) -> pathlib.Path:
    """A copy to damage."""
    return pathlib.Path(shutil.copytree(demo.network, tmp_path / "network"))


@pytest.fixture
def unsealed(network) -> pathlib.Path:
    """A copy whose bytes nothing but the network's own digests and signatures guards."""
    (network / "MANIFEST").unlink()
    return network


def flipped(path: pathlib.Path, place: int, bit: int):
    data = bytearray(path.read_bytes())
    data[place] ^= 1 << bit
    path.write_bytes(data)


def places(network: pathlib.Path, random_: random.Random) -> list[tuple[pathlib.Path, int]]:
    """About sixty: every kind of file, its start, its end, and somewhere between."""
    chosen = []
    for name, count in [("log.sqlite", 20), ("genesis", 6), ("MANIFEST", 8)]:
        chosen += [(network / name, 0), (network / name, (network / name).stat().st_size - 1)]
        chosen += [(network / name, random_.randrange((network / name).stat().st_size)) for _ in range(count)]
    for folder, count in [("blobs", 12), ("keys", 8)]:
        files = sorted(path for path in (network / folder).rglob("*") if path.is_file())
        for path in random_.sample(files, count):
            chosen.append((path, random_.randrange(path.stat().st_size)))
    return chosen


def test_an_untouched_copy_passes(network, tributary):
    done = tributary("audit", network)
    assert done.returncode == 0, done.stderr


def test_every_flipped_byte_is_found_and_its_file_named(network, tributary):
    random_ = random.Random(SEED)
    chosen = places(network, random_)
    assert len(chosen) >= 60
    for path, place in chosen:
        original = path.read_bytes()
        bit = random_.randrange(8)
        flipped(path, place, bit)
        done = tributary("audit", network, "--json")
        where = f"seed {SEED}: {path.relative_to(network)} byte {place} bit {bit}"
        assert done.returncode == DAMAGED, where
        assert json.loads(done.stdout)["ok"] is False, where
        # A flip in the manifest's list of files may name the file whose line it is in.
        assert path.name in done.stderr or path.name == "MANIFEST", f"{where}: {done.stderr}"
        assert str(network) in done.stderr, f"{where}: {done.stderr}"
        path.write_bytes(original)


def test_without_the_seal_a_flip_in_a_record_is_found(unsealed, tributary):
    random_ = random.Random(SEED)
    log = unsealed / "log.sqlite"
    original = log.read_bytes()
    found = 0
    for number, record in random_.sample(list(enumerate(records(unsealed))), 16):
        # Long records go on in overflow pages; their beginning is in one place.
        start = original.find(record[:64])
        assert start > 0
        place = start + random_.randrange(64)
        flipped(log, place, random_.randrange(8))
        done = tributary("audit", unsealed)
        assert done.returncode == DAMAGED, f"seed {SEED}: record {number} byte {place}"
        assert "log.sqlite" in done.stderr or f"record {number}" in done.stderr, done.stderr
        log.write_bytes(original)
        found += 1
    assert found == 16
    assert tributary("audit", unsealed).returncode == 0


def test_without_the_seal_a_flip_in_a_blob_is_found(unsealed, tributary):
    random_ = random.Random(SEED)
    files = sorted(path for path in (unsealed / "blobs").rglob("*") if path.is_file())
    for path in random_.sample(files, 12):
        original = path.read_bytes()
        place = random_.randrange(len(original))
        flipped(path, place, random_.randrange(8))
        done = tributary("audit", unsealed)
        assert done.returncode == DAMAGED, f"seed {SEED}: {path.name} byte {place}"
        assert path.name in done.stderr, done.stderr
        path.write_bytes(original)


def test_without_the_seal_another_genesis_is_found(unsealed, tributary):
    genesis = unsealed / "genesis"
    original = genesis.read_bytes()
    for place in range(0, len(original), max(1, len(original) // 12)):
        flipped(genesis, place, 0)
        assert tributary("audit", unsealed).returncode == DAMAGED, f"byte {place}"
        genesis.write_bytes(original)


@pytest.mark.parametrize("name", ["log.sqlite", "genesis", "MANIFEST"])
@pytest.mark.parametrize("kept", [0, 0.5, 0.99])
def test_a_truncated_file_is_found(network, tributary, name, kept):
    data = (network / name).read_bytes()
    (network / name).write_bytes(data[: int(len(data) * kept)])
    done = tributary("audit", network)
    assert done.returncode == DAMAGED
    assert name in done.stderr, done.stderr


@pytest.mark.parametrize("name", ["log.sqlite", "genesis", "keys/author.key"])
def test_a_missing_file_is_found(network, tributary, name):
    (network / name).unlink()
    done = tributary("audit", network)
    assert done.returncode == DAMAGED
    assert name in done.stderr, done.stderr
    assert not (network / name).exists(), "an audit changes nothing"


@pytest.mark.parametrize("name", ["log.sqlite-wal", "extra", "blobs/00/extra", "keys/stranger.key"])
def test_an_extra_file_is_found(network, tributary, name):
    (network / name).parent.mkdir(exist_ok=True)
    (network / name).write_bytes(b"x")
    done = tributary("audit", network)
    assert done.returncode == DAMAGED
    assert name in done.stderr, done.stderr


def test_without_the_seal_missing_parts_are_found(unsealed, tributary, demo, message_class):
    ledger = Ledger(demo.network, message_class)
    merged = ledger.final[0][0].plan[0][0].hex()
    first = ledger.specification.first_weights.hex()
    for path in [unsealed / "blobs" / merged[:2] / merged, unsealed / "blobs" / first[:2] / first,
                 unsealed / "log.sqlite", unsealed / "genesis"]:
        original = path.read_bytes()
        path.unlink()
        done = tributary("audit", unsealed)
        assert done.returncode == DAMAGED, path.name
        assert path.name in done.stderr, done.stderr
        path.write_bytes(original)


def test_an_export_from_a_damaged_network_fails(unsealed, tributary, demo, message_class, tmp_path):
    step = Ledger(demo.network, message_class).final[2][1].step.hex()
    path = unsealed / "blobs" / step[:2] / step
    flipped(path, path.stat().st_size // 2, 3)
    out = tmp_path / "model.safetensors"
    done = tributary("model", "export", unsealed, "--out", out)
    assert done.returncode == DAMAGED
    assert step in done.stderr
    assert not out.exists()
