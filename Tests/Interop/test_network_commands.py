"""Keys, genesis files and the configuration of servers: what the commands write, and what they refuse."""

import json
import os
import re
import stat

import pytest

from networks import digest

STRANGER = "ab" * 32


@pytest.fixture(scope="module")
def keys(tributary, tmp_path_factory):
    """Key files by name, and what `key new` said of them."""
    folder = tmp_path_factory.mktemp("keys")
    made = {}
    for name in ("v0", "v1", "author", "operator", "gateway"):
        path = folder / f"{name}.key"
        done = tributary("key", "new", path, "--json")
        assert done.returncode == 0, done.stderr
        made[name] = (path, json.loads(done.stdout))
    return made


def test_a_key_is_new_private_and_never_overwritten(tributary, keys):
    path, made = keys["v0"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    done = tributary("key", "new", path)
    assert done.returncode == 1 and str(path) in done.stderr and not done.stdout
    assert path.read_bytes() == before
    assert len({made["publicKey"] for _, made in keys.values()}) == len(keys)
    assert re.fullmatch("[0-9a-f]{64}", made["publicKey"]) and re.fullmatch("U[A-Z2-7]{55}", made["natsUser"])


def test_what_is_shown_of_a_key_is_public(tributary, keys):
    path, made = keys["author"]
    secret = path.read_text().split()[1]
    for arguments in ([], ["--json"]):
        done = tributary("key", "show", path, *arguments)
        assert done.returncode == 0
        assert made["publicKey"] in done.stdout and made["natsUser"] in done.stdout
        assert secret not in done.stdout + done.stderr
    assert json.loads(done.stdout) == {**made, "file": str(path)}


def test_a_key_that_others_can_read_is_refused(tributary, keys, tmp_path):
    path = tmp_path / "open.key"
    path.write_bytes(keys["v0"][0].read_bytes())
    os.chmod(path, 0o640)
    done = tributary("key", "show", path)
    assert done.returncode == 1 and "chmod 600" in done.stderr
    path.write_bytes(b"nothing")
    os.chmod(path, 0o600)
    assert tributary("key", "show", path).returncode == 1
    done = tributary("key", "show", tmp_path / "none.key")
    assert done.returncode == 1 and "none.key" in done.stderr


def test_a_genesis_holds_what_it_was_given(tributary, keys, message_class, tmp_path):
    path = tmp_path / "genesis"
    done = tributary(
        "network", "init", path, "--name", "trial", "--validator", f"{keys['v0'][0]}:1000",
        "--validator", f"{STRANGER}:500", "--allocate", f"{keys['author'][0]}:20000", "--contributor-bond", "7",
        "--json",
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    genesis = message_class("Genesis").FromString(path.read_bytes())
    assert genesis.name == found["name"] == "trial"
    stakes = {keys["v0"][1]["publicKey"]: 1000, STRANGER: 500}
    assert {grant.key.hex(): grant.units for grant in genesis.validators} == stakes
    assert {entry["key"]: entry["stakeUnits"] for entry in found["validators"]} == stakes
    assert found["supplyUnits"] == 21500 and genesis.contributor_bond_units == 7
    assert found["network"] == digest("trib.network", path.read_bytes()).hex()
    shown = tributary("network", "show", path, "--json")
    assert json.loads(shown.stdout) == found
    assert found["network"] in tributary("network", "show", path).stdout
    again = tributary("network", "init", path, "--validator", f"{STRANGER}:1")
    assert again.returncode == 1 and str(path) in again.stderr


def test_a_genesis_may_come_from_a_file(tributary, keys, tmp_path):
    printed = tributary("network", "init", "--print-settings")
    assert printed.returncode == 0
    settings = tmp_path / "network.json5"
    text = printed.stdout.replace("validator-0.key", str(keys["v0"][0])).replace("author.key", str(keys["author"][0]))
    settings.write_text(text)
    done = tributary("network", "init", tmp_path / "genesis", "--settings", settings, "--name", "other", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["name"] == "other" and found["supplyUnits"] == 20001000
    settings.write_text(text.replace("stakeUnits", "stakUnits").replace("name:", "nmae:"))
    done = tributary("network", "init", tmp_path / "second", "--settings", settings)
    assert done.returncode == 1
    # All mistakes at once, each with its place.
    assert "did you mean 'name'?" in done.stderr and "did you mean 'validators[0].stakeUnits'?" in done.stderr
    assert f"{settings}:5:3:" in done.stderr
    assert not (tmp_path / "second").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        ([], 2, "--validator KEY:UNITS"),
        (["--validator", "x"], 2, "takes KEY:UNITS"),
        (["--validator", f"{STRANGER}:0"], 2, "takes KEY:UNITS"),
        (["--validator", "no-such.key:5"], 1, "no-such.key"),
        (["--validator", f"{STRANGER}:5", "--validator", f"{STRANGER}:6"], 1, "stands twice"),
        (["--validator", f"{STRANGER}:5", "--allocate", f"{STRANGER}:4611686018427387904"], 1, "units exceed"),
    ],
    ids=str,
)
def test_a_wrong_genesis_is_not_written(tributary, tmp_path, arguments, code, complaint):
    path = tmp_path / "genesis"
    done = tributary("network", "init", path, *arguments)
    assert done.returncode == code and complaint in done.stderr, done.stderr
    assert not path.exists()


def test_a_damaged_genesis_is_refused(tributary, keys, tmp_path):
    path = tmp_path / "genesis"
    assert tributary("network", "init", path, "--validator", f"{keys['v0'][0]}:1000").returncode == 0
    whole = path.read_bytes()
    for damaged in (b"", whole[:-1], whole + b"\x08\x01", b"\x00" + whole[1:]):
        path.write_bytes(damaged)
        done = tributary("network", "show", path)
        assert done.returncode == 1 and str(path) in done.stderr


def test_the_servers_file_gives_each_user_its_role(tributary, keys, tmp_path):
    genesis = tmp_path / "genesis"
    assert tributary("network", "init", genesis, "--validator", f"{keys['v0'][0]}:1000").returncode == 0
    path = tmp_path / "nats.conf"
    done = tributary(
        "network", "nats", path, "--genesis", genesis, "--operator", keys["operator"][0],
        "--member", keys["v0"][1]["natsUser"], "--reader", keys["gateway"][0], "--name", "n1",
        "--listen", "127.0.0.1:5222", "--cluster", "127.0.0.1:6222", "--route", "nats-route://127.0.0.1:6223",
        "--store", tmp_path / "store",
    )
    assert done.returncode == 0, done.stderr
    text = path.read_text()
    for name in ("operator", "v0", "gateway"):
        assert f"nkey: {keys[name][1]['natsUser']}" in text
    assert 'server_name: "n1"' in text and 'listen: "127.0.0.1:5222"' in text and "nats-route://127.0.0.1:6223" in text
    for arguments, code in [
        (["--member", "UABC"], 1),
        (["--member", keys["v0"][0], "--listen", "nowhere"], 2),
        (["--member", keys["v0"][0], "--listen", "0.0.0.0:4222"], 1),
        (["--member", keys["v0"][0], "--certificate", "x"], 2),
        ([], 1),
    ]:
        done = tributary("network", "nats", tmp_path / "wrong.conf", "--genesis", genesis, *arguments)
        assert done.returncode == code, done.stderr
        assert not (tmp_path / "wrong.conf").exists()
