"""The Python SDK reads what the gateway serves as the Swift client does, and takes nothing from one that lies."""

import json
import shutil
import subprocess
import urllib.request

import pytest
import tributary as sdk

from servers import gateway, liar


class Reading:
    """A gateway, and what the SDK needs beside its address."""

    def __init__(self, url: str, genesis: bytes, task: str):
        self.url, self.genesis, self.task = url, genesis, task

    def pull(self, url=None, **options):
        return sdk.pull(self.task, url or self.url, self.genesis, **options)


@pytest.fixture(scope="module")
def reading(demo, binaries, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reading") / "network"
    shutil.copytree(demo.network, folder)
    genesis = (folder / "genesis").read_bytes()
    with gateway(binaries, "--folder", folder, "--genesis", folder / "genesis") as running:
        task, = sdk.Network(running.url, genesis).tasks()
        yield Reading(running.url, genesis, task.id)


@pytest.mark.parametrize("version", [None, 0, 1, 4])
def test_a_model_has_the_bytes_that_swift_exports(reading, demo, tributary, tmp_path, version):
    exported, pulled = tmp_path / "exported.safetensors", tmp_path / "pulled.safetensors"
    name = "final" if version is None else version
    done = tributary("model", "export", demo.network, "--version", name, "--out", exported)
    assert done.returncode == 0, done.stderr
    reading.pull(version=version).save_safetensors(pulled)
    assert pulled.read_bytes() == exported.read_bytes()


@pytest.mark.parametrize("part", ["/v1/blobs/", "/versions/", "/v1/tasks/{}"])
def test_a_lying_gateway_gives_no_model(reading, part):
    """Any published byte that is changed, even in an answer that nobody would look at twice."""

    def lie(path, status, body):
        hit = path == part.format(reading.task) if "{}" in part else part in path
        return status, body[:40] + bytes([body[40] ^ 1]) + body[41:] if hit and status == 200 else body

    with liar(reading.url, lie) as (url, asked):
        with pytest.raises((sdk.VerificationError, sdk.WireError)):
            reading.pull(url)
    assert asked


def test_a_certificate_of_another_version_is_refused_by_the_sdk(reading):
    other = []

    def lie(path, status, body):
        if path.endswith("/versions/5"):
            other.append(body)
        return status, other[0] if path.endswith("/versions/3") else body

    with liar(reading.url, lie) as (url, _):
        assert reading.pull(url, version=5).version == 5
        with pytest.raises(sdk.VerificationError, match="another version"):
            reading.pull(url, version=3)


def test_a_gateway_that_breaks_off_is_named(reading):
    with liar(reading.url, lambda path, status, body: None if "/v1/blobs/" in path else (status, body)) as (url, _):
        with pytest.raises(sdk.GatewayError, match=url):
            reading.pull(url)
    with pytest.raises(sdk.GatewayError, match="version 7 is not final"):
        reading.pull(version=7)


def test_accounts_are_those_that_swift_proves(reading, demo, tributary, message_class):
    network = sdk.Network(reading.url, reading.genesis)
    shown = tributary("key", "show", demo.network / "keys" / "validator-0.key", "--json")
    key = json.loads(shown.stdout)["publicKey"]
    options = ["--gateway", reading.url, "--genesis", demo.network / "genesis", "--json"]
    certified = json.loads(tributary("account", "show", key, *options).stdout)["certified"]
    found = network.account(key)
    assert certified == {
        "balanceUnits": found.balance_units, "bondUnits": found.bond_units, "nonce": found.nonce, "task": found.task,
        "version": found.version}
    assert network.account("ab" * 32) is None
    assert network.account_now(key)["key"] == key and network.standing(reading.task)["version"] == 6

    def lie(path, status, body):
        if "/proof" not in path:
            return status, body
        proof = message_class("AccountProof").FromString(body)
        proof.account.balance_units += 1
        return status, proof.SerializeToString(deterministic=True)

    with liar(reading.url, lie) as (url, _), pytest.raises(sdk.VerificationError, match="is not in those"):
        sdk.Network(url, reading.genesis).account(key)


def test_a_gateway_shows_the_certificate_of_a_private_authority(demo, binaries, tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    genesis = demo.network / "genesis"
    options = ["--folder", tmp_path / "node", "--genesis", genesis]
    with gateway(binaries, *options, "--certificate", certificate, "--certificate-key", key) as running:
        assert sdk.Network(running.url, genesis, ca=str(certificate)).head()["tasks"] == 0
        with pytest.raises(sdk.GatewayError, match="CERTIFICATE_VERIFY_FAILED"):
            sdk.Network(running.url, genesis).head()


def test_a_model_behind_a_change_of_the_validators(binaries):
    process = subprocess.Popen([binaries / "door-server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        scene = json.loads(process.stdout.readline())
        url = f"http://127.0.0.1:{scene['ports']['open']}"
        with urllib.request.urlopen(f"{url}/v1/genesis", timeout=60) as answer:
            genesis = answer.read()
        found = sdk.Network(url, genesis).version(scene["task"])
        assert (found.version, found.epoch) == (scene["versions"], 1)
        assert sdk.pull(scene["task"], url, genesis).root == found.root

        def lie(path, status, body):
            return status, b"" if "/handovers" in path else body

        with liar(url, lie) as (other, _), pytest.raises(sdk.VerificationError, match="to epoch 1 are missing"):
            sdk.pull(scene["task"], other, genesis)
    finally:
        process.stdin.close()
        process.stdout.read()
        assert process.wait(timeout=60) == 0
