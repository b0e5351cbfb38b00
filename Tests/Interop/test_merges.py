"""numpy agrees with the integer merge: every version is computed again from the packets in the log."""

import numpy as np
import pytest
import safetensors.numpy

import payloads
import sealing
from networks import Ledger, Validators, blob, digest, merkle_root

BOUND = 2**30 - 1


@pytest.fixture(scope="session")
def ledger(demo, message_class) -> Ledger:
    return Ledger(demo.network, message_class)


def packet_values(ledger, network, window, name: bytes) -> np.ndarray:
    packet = ledger.read("Packet", sealing.opened(ledger, network, window, name))
    header = packet.header
    if header.form.startswith("rotated:"):
        seed = payloads.rotation_seed(header.task, header.contributor, header.base_version)
        assert packet.payload[:8] == seed.to_bytes(8, "big")
    return payloads.decode(packet.payload, header.form, header.parameter_count)


def chunk_root(values: np.ndarray) -> bytes:
    starts = range(0, len(values), payloads.CHUNK)
    return merkle_root([values[start : start + payloads.CHUNK].tobytes() for start in starts])


def mean(updates: list[tuple[np.ndarray, int]], rate_q16: int, count: int) -> np.ndarray:
    """The weighted mean in quanta, by an integer reciprocal with 60 bits after the point."""
    total = sum(weight for _, weight in updates)
    if total == 0:
        return np.zeros(count, np.int64)
    sums = sum(values * weight for values, weight in updates)
    reciprocal = ((rate_q16 << 44) + total // 2) // total
    # Python's integers: a product has up to 120 bits.
    rounded = [(int(sum_) * reciprocal + (1 << 59)) >> 60 for sum_ in sums]
    return np.clip(np.array(rounded, dtype=np.int64), -BOUND, BOUND)


def recomputed(ledger, network):
    """Yields each version's header beside its weights and residual, computed from packets and steps."""
    specification = ledger.specification
    weights = np.frombuffer(blob(network, specification.first_weights), "<f4").copy()
    assert len(weights) == specification.parameter_count
    assert chunk_root(weights) == specification.first_parameters_root
    residual = np.zeros(len(weights), np.int64)
    for window, header in ledger.final:
        updates = [(packet_values(ledger, network, window, name), weight) for name, weight in window.plan]
        step = ledger.read("Step", blob(network, header.step))
        assert (step.task, step.version) == (ledger.task, header.version)
        values = payloads.decode(step.payload, step.form, step.parameter_count)
        if updates:
            merged = mean(updates, specification.merge.server_learning_rate_q16, len(weights))
            residual = np.clip(residual + merged, -BOUND, BOUND) - values
        kept = values != 0
        weights[kept] += values[kept].astype(np.float32) * np.float32(2**-26)
        yield window, header, weights, residual


def test_every_version_follows_from_its_packets(demo, ledger):
    previous = bytes(32)
    versions = 0
    for window, header, weights, residual in recomputed(ledger, demo.network):
        place = f"version {header.version}"
        assert header.version == versions + 1
        assert header.plan == window.plan_digest, place
        assert header.parameters_root == chunk_root(weights), place
        assert header.residual_root == chunk_root(residual.astype("<i4")), place
        assert header.previous_root == previous, place
        previous = digest(
            "trib.version", header.network, header.task, header.version, header.previous_root, header.plan,
            header.step, header.parameters_root, header.residual_root, header.accounts_root, header.epoch,
            header.next_validators)
        assert header.epoch == window.validators.epoch, place
        assert header.next_validators == window.next_validators.digest(), place
        versions += 1
    assert versions == demo.summary["summary"]["windows"]
    assert previous.hex() == demo.summary["auditedRoot"]


def test_the_demo_exercises_what_a_merge_has(demo, ledger):
    """Without staleness, rejections and several chunks the test above would show little."""
    assert ledger.specification.parameter_count > payloads.CHUNK
    assert any(window.index > base for window, _ in ledger.final for _, _, base in window.updates)
    assert any(len(window.plan) < len(window.updates) for window, _ in ledger.final)
    assert all(window.plan for window, _ in ledger.final)
    weights = {weight for window, _ in ledger.final for _, weight in window.plan}
    assert len(weights) > 3


# How many numbers of the log are one whole, by the quantity's unit.
SCALES = {
    "parameters": 1, "versions": 1, "updates": 1, "values": 1, "cosine": 2**32, "median norms": 2**32, "of the window's": 2**32,
    "polarity": 2**32, "deviations": 2**32,
}


def test_every_rejection_of_the_summary_follows_from_the_log(demo, ledger):
    expected = [
        (window.index, contributor.hex()[:8], measured, limit)
        for window, _ in ledger.final for contributor, _, measured, limit in window.rejections]
    found = []
    for rejection in demo.summary["run"]["rejections"]:
        scale = SCALES.get(rejection["unit"], 0)
        numbers = [round(scale * rejection.get(key, 0)) for key in ["measured", "limit"]]
        assert (rejection["unit"] == "") == ("measured" not in rejection) == ("limit" not in rejection)
        found.append((rejection["window"], rejection["contributor"], *numbers))
    assert found and sorted(found) == sorted(expected)
    names = {}
    for window, _ in ledger.final:
        for contributor, reason, *_ in window.rejections:
            names.setdefault(reason, set()).update(
                rejection["reason"] for rejection in demo.summary["run"]["rejections"]
                if (rejection["window"], rejection["contributor"]) == (window.index, contributor.hex()[:8]))
    assert all(len(found) == 1 for found in names.values()), names


def test_one_quantum_more_leads_to_another_root(demo, ledger):
    _, header, _, residual = next(recomputed(ledger, demo.network))
    residual[17] += 1
    assert header.residual_root != chunk_root(residual.astype("<i4"))


def test_the_exported_model_has_the_recomputed_bytes(demo, ledger, tributary, tmp_path):
    shapes = {(64, 80), (80,), (80, 64), (80, 10), (10,), (10, 80)}
    states = {header.version: weights.copy() for _, header, weights, _ in recomputed(ledger, demo.network)}
    last = max(states)
    for version, number in [("final", last), ("1", 1), (str(last), last)]:
        path = tmp_path / f"{version}.safetensors"
        done = tributary("model", "export", demo.network, "--version", version, "--out", path)
        assert done.returncode == 0, done.stderr
        tensors = safetensors.numpy.load_file(path)
        assert len(tensors) == 4
        assert {tensor.shape for tensor in tensors.values()} <= shapes
        assert all(tensor.dtype == np.float32 for tensor in tensors.values())
        data = path.read_bytes()
        assert data[8 + int.from_bytes(data[:8], "little") :] == states[number].tobytes()
        assert sum(tensor.size for tensor in tensors.values()) == states[number].size


def test_payloads_are_what_python_encodes(demo, ledger):
    sizes = []
    for window, header in ledger.final:
        step = ledger.read("Step", blob(demo.network, header.step))
        opened = [sealing.opened(ledger, demo.network, window, name) for name, _ in window.plan]
        packets = [ledger.read("Packet", packet) for packet in opened]
        messages = [(step.form, step.parameter_count, step.payload)]
        messages += [(packet.header.form, packet.header.parameter_count, packet.payload) for packet in packets]
        for form, count, payload in messages:
            kept = int(form.removeprefix("sparse:"))
            assert payloads.encode_sparse(payloads.decode(payload, form, count), kept) == payload
            sizes.append(len(payload))
    assert len(sizes) > 6


def test_the_examples_of_the_packet_page():
    sparse = bytes.fromhex("0B54D0BFC1EA02A8000000080000C000")
    assert payloads.decode(sparse, "sparse:1024", 8).tolist() == [0, 96, 0, 0, -40, 0, 0, 0]
    nothing = bytes.fromhex("0000000CFF7E0A3C0000000080000000")
    assert payloads.decode(nothing, "sparse:1024", 8).tolist() == [0] * 8
    assert payloads.decode(bytes.fromhex("027FC000"), "dense8", 3).tolist() == [254, -128, 0]
    assert payloads.decode(bytes.fromhex("0C0102"), "dense8", 2).tolist() == [12, 24]
    assert payloads.decode(bytes.fromhex("027D20"), "dense4", 3).tolist() == [14, -6, 4]
    rotated = bytes.fromhex("0123456789ABCDEF14ED")
    assert payloads.decode(rotated, "rotated:4096", 9).tolist() == [96, 0, -96, 0, 0, -96, 0, 96, -96]


def test_rotated_packets_make_the_versions_that_numpy_makes_of_them(tributary, scenario, message_class, tmp_path):
    path, out = tmp_path / "rotated.json5", tmp_path / "out"
    path.write_text(
        scenario.read_text().replace("windows: 6", "windows: 3").replace("sparse:256", "rotated:512"))
    assert tributary("demo", "--scenario", path, "--out", out).returncode == 0
    ledger = Ledger(out / "network", message_class)
    assert ledger.specification.merge.up_form == "rotated:512"
    for _, header, weights, residual in recomputed(ledger, out / "network"):
        assert header.parameters_root == chunk_root(weights)
        assert header.residual_root == chunk_root(residual.astype("<i4"))
    assert len(ledger.final) == 3


def test_committees_of_uneven_validators_decide_the_same_plans(tributary, scenario, message_class, tmp_path):
    path, out = tmp_path / "committees.json5", tmp_path / "out"
    path.write_text(
        scenario.read_text().replace("windows: 6", "windows: 4")
        .replace("merge: {", "validators: { count: 6, stakes: [40, 20, 10, 10, 10, 10] }, merge: { committeeSeats: 4,"))
    assert tributary("demo", "--scenario", path, "--out", out).returncode == 0
    ledger = Ledger(out / "network", message_class)
    assert len(ledger.final) == 4
    assert sorted(ledger.validators.weights.values()) == [10, 10, 10, 10, 20, 25]
    for window, header in ledger.final:
        assert header.plan == window.plan_digest, f"version {header.version}"
        assert header.next_validators == window.next_validators.digest()
        assert sum(window.judges.weights.values()) == 4 and set(window.rows) <= set(window.judges.weights)
    assert len({tuple(sorted(window.judges.weights.items())) for window, _ in ledger.final}) > 1


def test_weights_are_cut_to_the_cap(message_class):
    def weights(stakes: list[int], cap: int = 3_000) -> list[int]:
        validators = Validators(message_class, {bytes([index]): units for index, units in enumerate(stakes)}, cap)
        return [validators.weight(bytes([index])) for index in range(len(stakes))]

    assert weights([30, 25, 25, 20]) == [30, 25, 25, 20]
    assert weights([40, 20, 20, 20]) == [25, 20, 20, 20]
    assert weights([400, 300, 200, 100]) == [225, 225, 200, 100]
    assert weights([5, 900, 80]) == [5, 5, 5]
    assert weights([10**6, 1, 1, 1]) == [1, 1, 1, 1]
