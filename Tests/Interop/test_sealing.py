"""Sealed packets are what docs/WIRE.md says, computed without libsodium."""

import json
import pathlib
import re
import shutil

import pytest

import sealing
from networks import Ledger, blob, digest

DOCUMENT = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "WIRE.md").read_text()


def test_the_primitives_are_the_rfcs():
    scalar = bytes.fromhex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4")
    point = bytes.fromhex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")
    product = "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
    assert sealing.x25519(scalar, point).hex() == product
    key = bytes(range(0x80, 0xA0))
    text = (b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
            b"sunscreen would be it.")
    nonce = bytes.fromhex("070000004041424344454647")
    ciphertext = sealing.chacha20(key, nonce, text)
    assert ciphertext.hex().startswith("d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6")
    associated = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
    assert sealing.aead_tag(key, nonce, associated, ciphertext).hex() == "1ae10b594f09e26a7e902ecbd0600691"


def sample_seed(number: int) -> bytes:
    return digest("trib.samples", number)


def documented(label: str) -> list[str]:
    """The hexadecimal values of a row of the example, and of the rows below it that name nothing."""
    found = re.search(rf"^\| {label} \| `([0-9a-f]+)` \|\n((?:^\| \| `[0-9a-f]+` \|\n)*)", DOCUMENT, re.M)
    return [found[1], *re.findall(r"`([0-9a-f]+)`", found[2])]


def test_the_example_of_the_document(samples, message_class):
    sample = message_class("SealedBlob").FromString(samples["SealedBlob.two"])
    # Ed25519 keys are in no stock library here: the sender's and the recipients' stand in messages that they signed.
    keys = {number: bytes.fromhex(value) for number, value in re.findall(r"K\((\d+)\) = `([0-9a-f]{64})`", DOCUMENT)}
    place = (sample_seed(31), sample_seed(32), keys["63"])
    recipients = [keys["61"], keys["62"]]
    key, ephemeral, slots, ciphertext = sealing.seal(b"a packet", sample_seed(63), recipients, place)
    assert (ephemeral, slots, ciphertext) == (sample.ephemeral_key, list(sample.slots), sample.ciphertext)
    assert documented("content key") == [key.hex()]
    assert documented("its digest") == [digest("trib.sealed.key", key).hex()]
    assert documented("ephemeral_key") == [ephemeral.hex()]
    assert documented("slots") == [slot.hex() for slot in slots]
    assert documented("ciphertext") == [ciphertext.hex()]
    for number in ["61", "62"]:
        assert sealing.key_in_slot(sample, sample_seed(int(number)), keys[number], recipients) == key
    assert sealing.unseal(sample, key, recipients, place) == b"a packet"
    with pytest.raises(AssertionError):
        sealing.unseal(sample, key, recipients, (*place[:2], keys["61"]))


def test_released_keys_are_those_of_the_commitments(demo, message_class):
    ledger = Ledger(demo.network, message_class)
    assert len(ledger.final) == 6
    for window, _ in ledger.final:
        assert len(window.keys) == len(window.plan) > 0
        for key, (packet, _) in zip(window.keys, window.plan):
            contributor, key_digest = ledger.sealed[packet]
            assert digest("trib.sealed.key", key) == key_digest
            header = ledger.read("Packet", sealing.opened(ledger, demo.network, window, packet)).header
            assert header.contributor == contributor


def test_a_validator_opens_what_was_rejected_too(demo, message_class):
    """Keys of rejected packets are not released; a validator's own key opens them."""
    ledger = Ledger(demo.network, message_class)
    path = demo.network / "keys" / "validator-0.key"
    seed = bytes.fromhex(path.read_text().split()[1])
    rejected = [
        update for window, _ in ledger.final for update in window.updates
        if update[0] not in {packet for packet, _ in window.plan}]
    assert rejected
    recipients = list(ledger.validators.stakes)
    for packet, contributor, _ in rejected[:3]:
        sealed = ledger.read("SealedBlob", blob(demo.network, packet))
        keys = {sealing.key_in_slot(sealed, seed, own, recipients) for own in recipients}
        place = (ledger.network, ledger.task, contributor)
        opened = [key for key in keys if digest("trib.sealed.key", key) == ledger.sealed[packet][1]]
        assert len(opened) == 1, "one of the slots is this validator's"
        header = ledger.read("Packet", sealing.unseal(sealed, opened[0], recipients, place)).header
        assert header.contributor == contributor


@pytest.fixture(scope="module")
def kept(tributary, scenario, tmp_path_factory) -> pathlib.Path:
    """The same demo, whose packets stay with the validators."""
    folder = tmp_path_factory.mktemp("kept")
    path = folder / "kept.json5"
    path.write_text(scenario.read_text().replace("windows: 6", 'windows: 3, packetPrivacy: "sealed-kept"'))
    done = tributary("demo", "--scenario", path, "--out", folder / "out")
    assert done.returncode == 0, done.stderr
    return folder / "out" / "network"


def test_an_audit_says_what_it_could_not_recompute(kept, tributary):
    done = tributary("audit", kept)
    assert done.returncode == 0, done.stderr
    assert "recomputed    0 of them" in done.stdout
    assert "not checked   the other 3" in done.stdout
    assert "--key" in done.stdout
    assert "each recomputed" not in done.stdout
    finding = json.loads(tributary("audit", kept, "--json").stdout)
    assert (finding["versions"], finding["recomputed"], finding["merged"]) == (3, 0, 0)


def test_an_audit_with_a_validators_key_recomputes_everything(kept, tributary):
    for number in range(2):
        key = kept / "keys" / f"validator-{number}.key"
        done = tributary("audit", kept, "--key", key)
        assert done.returncode == 0, done.stderr
        assert "3 final, each recomputed to its certified root" in done.stdout
        assert "not checked" not in done.stdout
        assert key.read_text().split()[1] not in done.stdout + done.stderr


def test_a_model_is_exported_without_any_key(kept, tributary, tmp_path):
    done = tributary("model", "export", kept, "--out", tmp_path / "model.safetensors")
    assert done.returncode == 0, done.stderr
    assert "version 3" in done.stdout


def test_other_keys_are_wrong_usage(kept, tributary, tmp_path):
    done = tributary("audit", kept, "--key", kept / "keys" / "contributor-0.key")
    assert done.returncode == 2
    assert "no validator" in done.stderr
    exposed = tmp_path / "exposed.key"
    shutil.copy(kept / "keys" / "validator-0.key", exposed)
    exposed.chmod(0o644)
    done = tributary("audit", kept, "--key", exposed)
    assert done.returncode != 0
    assert "chmod 600" in done.stderr
