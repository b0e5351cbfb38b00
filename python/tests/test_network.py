"""Reading of networks through gateways, honest and lying."""

import json
import random

import numpy as np
import pytest
import safetensors.numpy

import tributary
from networks import Network, Server, chunks, dense8, digest, envelope, keys, message, path, root, tree, varint
from tributary import digests, light, messages, payloads
from tributary.wire import parse


@pytest.fixture(scope="module")
def network():
    """Seven versions, over two changes of the validators."""
    made = Network()
    others, last = keys(5, 20), keys(4, 40)
    for number in range(1, 8):
        successors = {2: dict.fromkeys(others, 7), 5: dict.fromkeys(last, 3)}.get(number)
        made.advance(successors=successors)
    return made


def pull(network, lie=None, version=None, server=None):
    with Server(network, lie) as server:
        return tributary.pull(network.task.hex(), server.url, network.genesis, version)


def flat(model):
    return np.concatenate([tensor.ravel() for tensor in model.tensors.values()])


@pytest.mark.parametrize("version", [0, 1, 2, 3, 6, 7, None])
def test_a_version_is_pulled_bit_for_bit(network, version):
    model = pull(network, version=version)
    number = 7 if version is None else version
    assert flat(model).tobytes() == network.weights[number].tobytes()
    assert (model.version, model.trainer) == (number, "mlp(64,80,10)")
    assert {name: tensor.shape for name, tensor in model.tensors.items()} == {
        "layers.0.weight": (80, 64), "layers.0.bias": (80,), "layers.1.weight": (10, 80), "layers.1.bias": (10,)}
    assert (model.root is None) == (number == 0)


def process(*tensors, files=()):
    """What trains a task: a process."""
    listed = [message(name, b"".join(map(varint, shape))) for name, shape in tensors]
    return message("", message("my model", listed, [message(name, bytes(32)) for name in files]))


def test_a_model_of_a_process():
    trainer = process(("w", (2, 300)), ("b", ()), ("c", (1,)), files=["a.py", "b.py"])
    network = Network(trainer=trainer, count=602)
    network.advance()
    model = pull(network)
    assert [(name, tensor.shape) for name, tensor in model.tensors.items()] == [("w", (2, 300)), ("b", ()), ("c", (1,))]
    assert flat(model).tobytes() == network.weights[1].tobytes() and model.trainer == "my model"


@pytest.mark.parametrize("trainer, problem", [
    (message("resnet"), "no native model 'resnet'"), (message("mlp(64,80,11)"), "tensors with 6010 values"),
    (message("mlp(64)"), "no native model"), (process(), "tensors of different names"),
    (message("mlp(64,80,10)") + process(("w", (6010,))), "either a native model or a process"),
    (process(("w", (601, 10)), ("w", (1,))), "tensors of different names"),
    (process(("w", (6010, 0))), "has shape"), (process(("__metadata__", (6010,))), "no name of a tensor"),
    (process(("\t", (6010,))), "no name of a tensor"), (process(("w", (6010, *[1] * 8))), "more than 8 elements"),
    (process(("w", (6010,)), files=["b", "a"]), "do not ascend"),
])
def test_what_trains_no_task(trainer, problem):
    with pytest.raises(tributary.WireError, match=problem):
        pull(Network(trainer=trainer), version=0)


def test_a_checkpoint_saves_the_steps_before(network):
    network.checkpoint(4)
    try:
        with Server(network) as server:
            reader = tributary.Network(server.url, network.genesis)
            assert flat(reader.pull(network.task.hex())).tobytes() == network.weights[7].tobytes()
            assert sum("/blobs/" in target for target in server.asked) == 4
            assert flat(reader.pull(network.task.hex(), 3)).tobytes() == network.weights[3].tobytes()
    finally:
        network.checkpoints.clear()


def flips(body, seed):
    draw = random.Random(seed)
    changed = bytearray(body)
    changed[draw.randrange(len(body))] ^= 1 << draw.randrange(8)
    return bytes(changed)


@pytest.mark.parametrize("part", ["/blobs/", "/versions/", "/handovers", "/tasks/"])
@pytest.mark.parametrize("seed", range(12))
def test_one_bit_of_anything_signed_is_one_too_many(network, part, seed):
    def lie(target, body):
        is_task = part == "/tasks/" and target == f"/v1/tasks/{network.task.hex()}"
        return flips(body, seed) if is_task or part != "/tasks/" and part in target else body

    with pytest.raises(tributary.TributaryError):
        pull(network, lie)


def test_a_lie_in_what_is_not_signed_is_found_as_well(network):
    wrong = np.ones(len(network.weights[0]), "<f4").tobytes()
    network.put(wrong)
    listed = [{"version": 6, "blob": digest("trib.blob", wrong).hex(), "bytes": len(wrong)}]
    swapped = [{"step": step.hex()} for step in reversed(network.steps[:3])]
    for place, lie, problem in [
        ("/checkpoints", json.dumps(listed), "do not match its certified root"),
        ("/checkpoints", json.dumps([{"version": "6", "blob": "a"}]), "no list of records"),
        ("/checkpoints", json.dumps([{"version": 6, "blob": "../../etc"}]), "64 hexadecimal digits"),
        ("/checkpoints", "[" * 100_000, "not JSON"),
        ("/versions?", json.dumps(swapped), "another step than that to version 1"),
        ("/versions?", "[]", "does not list the versions up to 7"),
        ("/versions?", "{}", "no list of records"),
    ]:
        with pytest.raises(tributary.TributaryError, match=problem):
            pull(network, lambda target, body: lie.encode() if place in target else body)


def test_a_certificate_of_another_version_is_refused(network):
    def lie(target, body):
        return network.certificates[6] if target.endswith("/versions/3") else body

    with pytest.raises(tributary.VerificationError, match="another version"):
        pull(network, lie, 3)


def test_a_version_that_is_not_final(network):
    with pytest.raises(tributary.GatewayError, match="version 8 is not final"):
        pull(network, version=8)


def test_handovers_that_are_missing_or_out_of_order(network):
    for lie, problem in [
        (message([]), "the handovers to epoch 2 are missing"),
        (message(network.handovers[1:]), "does not follow epoch 0"),
        (message(network.handovers[:1]), "does not follow epoch 1"),
    ]:
        with pytest.raises(tributary.VerificationError, match=problem):
            pull(network, lambda target, body: lie if "handovers" in target else body)


def test_two_thirds_are_not_enough_and_strangers_never():
    network = Network(dict.fromkeys(keys(6), 10))
    four = list(network.stakes)[:4]
    network.advance(signers=four)
    with pytest.raises(tributary.VerificationError, match="40 of 60 of the weight signed"):
        pull(network)
    network.certificates[1] = network.certificate(network.headers[1], list(network.stakes)[:5])
    assert pull(network).version == 1
    network.certificates[1] = network.certificate(network.headers[1], [*network.stakes, *keys(1, 90)])
    with pytest.raises(tributary.VerificationError, match="is no validator of epoch 0"):
        pull(network)
    network.certificates[1] = message([])
    with pytest.raises(tributary.VerificationError, match="nobody signed"):
        pull(network)


def test_a_cap_takes_the_votes_of_a_large_stake():
    signing = keys(5)
    network = Network(dict(zip(signing, [1_000_000, 10, 10, 10, 10])))
    network.advance(signers=[signing[0], signing[1], signing[2]])
    with pytest.raises(tributary.VerificationError, match="of the weight signed"):
        pull(network)
    network.certificates[1] = network.certificate(network.headers[1], signing[1:])
    assert pull(network).version == 1


def test_attestations_of_different_versions_do_not_add_up(network):
    signers = list(Network().stakes)
    made = Network()
    made.advance()
    other = made.header(1, made.steps[0], made.weights[0], digest("trib.validators", b""))
    bodies = [message(made.headers[1], bytes(32)), message(other, bytes(32))]
    made.certificates[1] = message([envelope(14, key, bodies[at % 2]) for at, key in enumerate(signers)])
    with pytest.raises(tributary.VerificationError, match="for different versions"):
        pull(made)
    made.certificates[1] = message([envelope(14, signers[0], bodies[0])] * 4)
    with pytest.raises(tributary.WireError, match="keys do not ascend"):
        pull(made)
    made.certificates[1] = message([envelope(13, key, bodies[0]) for key in signers])
    with pytest.raises(tributary.VerificationError, match="of kind 13"):
        pull(made)


def test_another_network_is_refused(network):
    other = Network(dict.fromkeys(keys(4), 11))
    with Server(network) as server, pytest.raises(tributary.VerificationError, match="another task"):
        tributary.pull(network.task.hex(), server.url, other.genesis)
    with Server(network) as server, pytest.raises(tributary.VerificationError, match="another network"):
        tributary.Network(server.url, other.genesis).head()


def test_what_a_network_says_and_proves(network, tmp_path):
    genesis = tmp_path / "genesis"
    genesis.write_bytes(network.genesis)
    with Server(network) as server:
        reader = tributary.Network(server.url + "/", genesis)
        assert reader.head()["tasks"] == 1 and reader.genesis.name == "test"
        task, = reader.tasks()
        assert (task.id, task.name, task.trainer) == (network.task.hex(), "task", "mlp(64,80,10)")
        version = reader.version(task.id)
        assert (version.version, version.epoch) == (7, 2)
        assert reader.version(task.id, 9) is None
        for index in range(5):
            account = reader.account((bytes([index]) * 32).hex())
            assert (account.balance_units, account.bond_units, account.nonce) == (100 + index, 5, index)
            assert (account.task, account.version) == (task.id, 7)
        assert reader.account("ab" * 32) is None


def test_an_account_that_is_not_proved(network):
    key = (bytes([2]) * 32).hex()
    richer = message(bytes([2]) * 32, 10**9, 5, 2)
    levels, newest = tree(network.accounts), network.certificates[7]
    siblings = path(levels, 2)
    for lie, problem in [
        (message(richer, message(2, 5, siblings), newest), "is not in those of version 7"),
        (message(network.accounts[2], message(3, 5, siblings), newest), "is not in those of version 7"),
        (message(network.accounts[2], message(2, 4, siblings), newest), "is not in those of version 7"),
        (message(network.accounts[2], message(2, 5, siblings[:-1]), newest), "is not in those of version 7"),
        (message(network.accounts[2], message(2, 5, [*siblings, bytes(32)]), newest), "is not in those of version 7"),
        (network.proof(1), "another account"),
    ]:
        with Server(network, lambda target, body: lie if "/proof" in target else body) as server:
            with pytest.raises(tributary.VerificationError, match=problem):
                tributary.Network(server.url, network.genesis).account(key)


def test_first_weights_that_are_not_finite():
    made = Network(trainer=process(("w", (3,))), weights=np.array([0, np.nan, 1], np.float32))
    with pytest.raises(tributary.VerificationError, match="not finite"):
        pull(made, version=0)


def test_tasks_without_end(network):
    def lie(target, body):
        if not target.startswith("/v1/tasks?") and target != "/v1/tasks":
            return network.creation
        after = int(target.partition("?after=")[2] or "0", 16)
        return json.dumps([{"id": f"{after + 1 + at:064x}"} for at in range(2_000)]).encode()

    with Server(network, lie) as server, pytest.raises(tributary.GatewayError, match="more than the 1024 tasks"):
        tributary.Network(server.url, network.genesis).tasks()


def test_files_are_those_of_safetensors_and_whole(network, tmp_path):
    out = tmp_path / "model.safetensors"
    pull(network).save_safetensors(out)
    found = safetensors.numpy.load_file(out)
    names = ("layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias")
    assert np.concatenate([found[name].ravel() for name in names]).tobytes() == network.weights[7].tobytes()
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.safetensors"]
    broken = tributary.Model("ab" * 32, "t", 1, None, {"w": np.zeros(3, np.float32), "v": np.array(["none"])})
    with pytest.raises(ValueError, match="none"):
        broken.save_safetensors(tmp_path / "broken")
    with pytest.raises(OSError):
        pull(network).save_safetensors(tmp_path / "absent" / "model")
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.safetensors"]


def test_a_busy_gateway_is_asked_again(network):
    with Server(network) as server:
        server.busy += [429, 503]
        assert tributary.Network(server.url, network.genesis).head()["tasks"] == 1
        server.busy += [500]
        with pytest.raises(tributary.GatewayError, match="the gateway answers 500"):
            tributary.Network(server.url, network.genesis).head()
        server.busy += [302]
        with pytest.raises(tributary.GatewayError, match="302"):
            tributary.Network(server.url, network.genesis).head()


def test_gateways_that_are_none(network):
    with pytest.raises(tributary.GatewayError, match="begins with http"):
        tributary.Network("file:///etc/passwd", network.genesis)
    with pytest.raises(tributary.GatewayError, match="127.0.0.1:9"):
        tributary.Network("http://127.0.0.1:9", network.genesis).head()
    with pytest.raises(tributary.VerificationError, match="64 hexadecimal digits"):
        tributary.Network("http://127.0.0.1:9", network.genesis).task("../accounts")


def test_answers_have_limits(network):
    with pytest.raises(tributary.GatewayError, match="longer than"):
        pull(network, lambda target, body: bytes(2 << 20) if "/versions/" in target else body)


# Forms


@pytest.mark.parametrize("seed", range(200))
def test_a_changed_genesis_is_another_one_or_none(network, seed):
    """No two encodings have one meaning."""
    changed = flips(network.genesis, seed)
    try:
        found = parse(changed, messages.Genesis.read, "Genesis")
    except tributary.WireError:
        return
    assert found.network != network.id


@pytest.mark.parametrize("data, problem", [
    (b"\x08\x00", "left out"), (b"\x08\x80\x00", "leading zeros"), (b"\x08" + b"\xff" * 10, "too long"),
    (b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "exceeds 64 bits"), (b"\x08", "breaks off"),
    (b"\x08\x01\x08\x01", "repeated"), (b"\x12\x01a\x08\x01", "out of order"), (b"\x18\x01", "unknown"),
    (b"\x0a\x01\x01", "wire type 2"), (b"\x12\x05abc", "announces 5 bytes"), (b"\x12\x00", "empty"),
])
def test_one_encoding_of_each_message(data, problem):
    def read(reader):
        return reader.uint(1), reader.data(2)

    with pytest.raises(tributary.WireError, match=problem):
        parse(data, read, "Pair")
    assert parse(b"\x08\x96\x01\x12\x01a", read, "Pair") == (150, b"a")
    assert parse(b"", read, "Pair") == (0, b"")


@pytest.mark.parametrize("stakes, weights", [
    ([30, 25, 25, 20], [30, 25, 25, 20]), ([40, 20, 20, 20], [25, 20, 20, 20]),
    ([400, 300, 200, 100], [225, 225, 200, 100]), ([5, 900, 80], [5, 5, 5]), ([10**6, 1, 1, 1], [1, 1, 1, 1]),
])
def test_weights_are_cut_to_the_cap(stakes, weights):
    members = [(bytes([index]), units) for index, units in enumerate(stakes)]
    found = light.weights_of(messages.ValidatorSet(0, 3_000, members, b""))
    assert [found[bytes([index])] for index in range(len(stakes))] == weights


@pytest.mark.parametrize("count", [1, 2, 3, 4096, 4097, 5 * 4096, 7 * 4096 + 1])
def test_roots_and_proofs_of_every_leaf(count):
    weights = np.arange(count, dtype=np.float32)
    leaves = chunks(weights)
    levels = tree(leaves)
    assert digests.weights_root(weights) == root(levels)
    for index, data in enumerate(leaves):
        proof = path(levels, index)
        assert digests.is_proved(digests.leaf(data), index, len(leaves), proof, root(levels))
        assert not digests.is_proved(digests.leaf(data), index + 1, len(leaves), proof, root(levels))


def applied(form, data, count):
    weights = np.zeros(count, np.float32)
    payloads.apply(form, data, weights)
    return (weights * 2**26).astype(int).tolist()


SPARSE = "0B54D0BFC1EA02A8000000080000C000"


def test_the_examples_of_the_packet_page():
    assert applied("sparse:1024", bytes.fromhex(SPARSE), 8) == [0, 96, 0, 0, -40, 0, 0, 0]
    assert applied("sparse:1024", bytes.fromhex("0000000CFF7E0A3C0000000080000000"), 8) == [0] * 8
    assert applied("dense8", bytes.fromhex("027FC000"), 3) == [254, -128, 0]
    assert applied("dense8", bytes.fromhex("0C0102"), 2) == [12, 24]
    assert applied("dense4", bytes.fromhex("027D20"), 3) == [14, -6, 4]


@pytest.mark.parametrize("place", range(16))
def test_no_byte_of_a_sparse_payload_can_differ(place):
    for bit in range(8):
        changed = bytearray.fromhex(SPARSE)
        changed[place] ^= 1 << bit
        # Another string may be the code of other values, and is never another code of these.
        try:
            found = applied("sparse:1024", bytes(changed), 8)
        except tributary.WireError:
            continue
        assert found != [0, 96, 0, 0, -40, 0, 0, 0]


@pytest.mark.parametrize("form, data, count", [
    ("sparse:0", SPARSE, 8), ("sparse:4097", SPARSE, 8), ("sparse:01024", SPARSE, 8), ("dense16", "00", 2),
    ("", "", 2), ("sparse:1024", SPARSE[:-2], 8), ("sparse:1024", SPARSE + "00", 8), ("sparse:1024", "", 8),
    ("sparse:1024", "00" * 16, 8), ("sparse:1024", "FF" * 16, 8), ("sparse:512", SPARSE, 8),
    # Two kept values need more room than there is.
    ("sparse:1024", SPARSE, 4),
    ("dense8", "027FC0", 3), ("dense8", "027FC0FF00", 3), ("dense8", "06027E00", 3), ("dense8", "01000000", 3),
    ("dense8", "0180007F", 3), ("dense8", "FF010101", 3), ("dense8", "DF7F7F7F", 3), ("dense8", "0C0204", 2),
    ("dense4", "027D2F", 3), ("dense4", "0288", 2), ("dense4", "", 2),
])
def test_payloads_that_are_none(form, data, count):
    with pytest.raises(tributary.WireError):
        applied(form, bytes.fromhex(data), count)


def test_a_step_leaves_a_negative_zero_alone():
    weights = np.array([-0.0, 1.0], np.float32)
    payloads.apply("dense8", dense8(np.array([0, 1])), weights)
    assert np.signbit(weights[0]) and weights[1] > 0
