"""Tests of the peer's tournament, in the peers' own environment: python -m pytest Benchmarks/peers"""

import gzip
import json
import shutil
import struct

import numpy as np
import pytest
import torch

import tournament
from byzfl_tournament import attacks, rules
from byzfl_tournament.cells import Arena, Cell, Settings, plan
from byzfl_tournament.library import aggregators, preaggregators
from byzfl_tournament.split import Export, SplitError, blake2b
from byzfl_tournament.training import Perceptron, train

SIDE, CLASSES, HIDDEN, CONTRIBUTORS = 8, 4, 12, 10
FEATURES = SIDE * SIDE
ATTACKER_COUNT = 3


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(np.uint8).tobytes()


def make_part(folder, name, indices, features, labels):
    content = np.asarray(indices, "<u4").tobytes()
    (folder / name).write_bytes(content)
    examples = features[indices].astype("<f4").tobytes() + labels[indices].astype("<i4").tobytes()
    return {
        "file": name, "count": len(indices), "digest": blake2b(content), "examplesDigest": blake2b(examples),
    }


def make_split(folder, skew, seed, features, labels):
    random = np.random.default_rng(seed)
    order = random.permutation(len(labels))
    place = folder / f"skew-{skew}-seed-{seed}"
    place.mkdir()
    test, rest = order[:80], order[80:]
    # Parts of 1, 2, ... shares of the rest, so that contributors take different numbers of steps.
    cuts = np.cumsum(np.arange(1, CONTRIBUTORS)) * len(rest) // (CONTRIBUTORS * (CONTRIBUTORS + 1) // 2)
    sizes = [(FEATURES, HIDDEN), (HIDDEN, CLASSES)]
    layers = [np.append(random.normal(0, 0.3, a * b), np.zeros(b)) for a, b in sizes]
    weights = np.concatenate(layers).astype("<f4")
    (place / "initial-weights.f32").write_bytes(weights.tobytes())
    return {
        "skew": skew, "seed": seed, "folder": place.name,
        "test": make_part(place, "test.u32", test, features, labels),
        "references": [],
        "contributors": [
            make_part(place, f"contributor-{index}.u32", part, features, labels)
            for index, part in enumerate(np.split(rest, cuts))
        ],
        "initialWeights": {
            "file": "initial-weights.f32", "count": weights.size, "digest": blake2b(weights.tobytes()),
        },
        "attackers": [{"count": ATTACKER_COUNT, "indices": [7, 0, 4]}],
    }


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """A small export: images whose class is where their upper half is bright."""
    folder = tmp_path_factory.mktemp("export")
    random = np.random.default_rng(1)
    labels = random.integers(0, CLASSES, 480)
    pixels = random.integers(0, 120, (480, SIDE, SIDE))
    for image, label in zip(pixels, labels):
        image[:4, 2 * label : 2 * label + 2] += 100
    (folder / "images").write_bytes(idx(pixels))
    (folder / "labels.gz").write_bytes(gzip.compress(idx(labels)))
    features = pixels.reshape(480, -1).astype(np.float32) / np.float32(255)
    manifest = {
        "format": "tributary-split-1",
        "source": {"kind": "idx", "images": str(folder / "images"), "labels": str(folder / "labels.gz")},
        "featureCount": FEATURES, "classCount": CLASSES, "examples": 480,
        "model": f"mlp({FEATURES},{HIDDEN},{CLASSES})", "parameters": 0,
        "training": {"epochs": 2, "batchSize": 8, "learningRate": 0.3},
        "windows": 15, "windowSize": 5, "serverLearningRate": 1.0, "contributors": CONTRIBUTORS,
        "attacks": ["sign-flip", "backdoor", "unheard-of"], "attackers": [0, ATTACKER_COUNT],
        "splits": [make_split(folder, skew, 1, features, labels) for skew in (0.1, 1.0)],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def damaged(exported, tmp_path):
    """A copy to damage; its manifest still names the first one's source."""
    return shutil.copytree(exported, tmp_path / "export")


def settings(rounds, **others):
    values = dict(server_learning_rate=1.0, epochs=2, batch_size=8, learning_rate=0.3) | others
    return Settings(rounds=rounds, **values)


def arena(exported, rounds, **others):
    export = Export(exported)
    return Arena(export.load(0.1, 1), export.widths, settings(rounds, **others))


def change_manifest(folder, change):
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def flip_last_bit(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def test_the_export_is_read_as_it_was_written(exported):
    export = Export(exported)
    split = export.load(1.0, 1)
    assert export.rounds == 8  # 15 windows of 5 updates are 75 trainings; 8 rounds of 10 are the first above.
    assert sum(map(len, split.contributors)) + len(split.test) == 480
    assert split.attackers == {0: [], ATTACKER_COUNT: [0, 4, 7]}
    assert split.features.dtype == np.float32 and split.features.max() <= 1


@pytest.mark.parametrize("name", ["test.u32", "contributor-3.u32", "initial-weights.f32"])
def test_a_changed_file_is_refused(damaged, name):
    flip_last_bit(damaged / "skew-0.1-seed-1" / name)
    with pytest.raises(SplitError, match=name):
        Export(damaged).load(0.1, 1)


@pytest.mark.parametrize("kind", ["images", "labels"])
def test_examples_that_differ_in_one_bit_are_refused(exported, tmp_path, kind):
    content = (exported / "images").read_bytes()
    if kind == "labels":
        content = gzip.decompress((exported / "labels.gz").read_bytes())
    (tmp_path / kind).write_bytes(content)
    flip_last_bit(tmp_path / kind)
    # Every example is held by somebody, so one of the digests must differ.
    with pytest.raises(SplitError, match="differ"):
        Export(exported, **sources(exported, {kind: tmp_path / kind})).load(0.1, 1)


def sources(exported, others):
    return {"images": exported / "images", "labels": exported / "labels.gz"} | others


def test_other_images_are_refused_by_their_shape(exported, tmp_path):
    (tmp_path / "images").write_bytes(idx(np.zeros((480, SIDE, SIDE + 1))))
    with pytest.raises(SplitError, match="shape"):
        Export(exported, **sources(exported, {"images": tmp_path / "images"}))


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda manifest: manifest.update(format="tributary-split-2"), "format"),
        (lambda manifest: manifest.pop("windows"), "not a manifest"),
        (lambda manifest: manifest.update(model="transformer(64,4)"), "not a model"),
        (lambda manifest: manifest.update(model="mlp(64,12,5)"), "does not take"),
        (lambda manifest: manifest.update(source={"kind": "digits"}), "IDX"),
        (lambda manifest: manifest["splits"][0]["attackers"][0].update(indices=[1, 1, 2]), "attackers"),
        (lambda manifest: manifest["splits"][0]["attackers"][0].update(indices=[1, 2, 10]), "attackers"),
        (lambda manifest: manifest["splits"][0]["contributors"].pop(), "contributors"),
        (
            lambda manifest: manifest["splits"][0].update(test=manifest["splits"][0]["contributors"][2]),
            "held twice",
        ),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(damaged, change, message):
    change_manifest(damaged, change)
    with pytest.raises(SplitError, match=message):
        Export(damaged).load(0.1, 1)


@pytest.mark.parametrize("widths", [[5, 3], [5, 4, 3], [5, 6, 4, 3]])
@pytest.mark.parametrize("epochs, batch_size", [(1, 4), (3, 5), (1, 1000)])
def test_training_is_what_autograd_makes_of_the_same_batches(widths, epochs, batch_size):
    network = Perceptron(widths)
    generator = torch.Generator().manual_seed(3)
    weights = 0.5 * torch.randn(network.parameters, generator=generator)
    features = torch.randn(60, widths[0], generator=generator)
    labels = torch.randint(widths[-1], (60,), generator=generator)
    shards = list(torch.randperm(60, generator=generator).split([2, 23, 1, 20, 14]))
    configuration = settings(1, epochs=epochs, batch_size=batch_size)

    found = train(network, weights, features, labels, shards, configuration, torch.Generator().manual_seed(5))
    order = torch.Generator().manual_seed(5)
    for shard, update in zip(shards, found):
        model = torch.nn.Sequential()
        for inputs, outputs in zip(widths, widths[1:]):
            model.extend([torch.nn.Linear(inputs, outputs), torch.nn.ReLU()])
        model.pop(len(model) - 1)
        torch.nn.utils.vector_to_parameters(weights.clone(), model.parameters())
        descent = torch.optim.SGD(model.parameters(), lr=configuration.learning_rate)
        for _ in range(epochs):
            for batch in shard[torch.randperm(len(shard), generator=order)].split(batch_size):
                descent.zero_grad()
                torch.nn.functional.cross_entropy(model(features[batch]), labels[batch]).backward()
                descent.step()
        expected = torch.nn.utils.parameters_to_vector(model.parameters()) - weights
        assert torch.allclose(update, expected.detach(), rtol=1e-4, atol=1e-5)


def test_the_mean_learns_without_attackers(exported):
    result = arena(exported, 20).run(Cell("mean", None, 0.1, 0, 1))
    assert result["accuracy"] > 0.95 and result["loss"] < 0.3 and result["attack"] is None


def test_a_cell_gives_the_same_result_again(exported):
    # CAF and bucketing draw from torch's own generator, the disguise from the cell's.
    cell = Cell("bucketing+caf", "ipm", 0.1, ATTACKER_COUNT, 1)
    first, second = (arena(exported, 3).run(cell) | {"seconds": 0} for _ in range(2))
    assert first == second


def test_a_backdoor_works_on_the_mean_and_leaves_accuracy(exported):
    result = arena(exported, 20).run(Cell("mean", "backdoor", 0.1, ATTACKER_COUNT, 1))
    assert result["accuracy"] > 0.95 and result["backdoorSuccess"] > 0.9
    assert arena(exported, 20).run(Cell("mean", None, 0.1, 0, 1))["backdoorSuccess"] == 0


def test_a_model_that_is_no_longer_finite_has_the_accuracy_of_chance(exported):
    result = arena(exported, 9).run(Cell("mean", "inf", 0.1, ATTACKER_COUNT, 1))
    assert result["accuracy"] < 0.5 and result["loss"] is None
    json.dumps(result, allow_nan=False)
    assert arena(exported, 9).run(Cell("median", "inf", 0.1, ATTACKER_COUNT, 1))["accuracy"] > 0.8


@pytest.mark.parametrize("rule", rules.DEFAULT_RULES)
@pytest.mark.parametrize("f", [0, 10, 20])
def test_every_rule_stays_among_the_honest_and_leaves_its_input(rule, f):
    generator = torch.Generator().manual_seed(f)
    vectors = 1 + 0.1 * torch.randn(50, 40, generator=generator)
    if f and rule != "mean":
        vectors[-f:] = -vectors[-f:]
    before = vectors.clone()
    merged = rules.Chain(rule, 50, f)(vectors)
    assert torch.equal(vectors, before)
    assert merged.shape == (40,) and merged.dtype == torch.float32
    # Centred clipping and static clipping shorten, and centred clipping lets the attackers pull.
    assert torch.cosine_similarity(merged, torch.ones(40), dim=0) > 0.9


@pytest.mark.parametrize("n, f, d", [(50, 10, 700), (50, 20, 700), (7, 0, 3), (9, 4, 1)])
def test_what_replaces_byzfls_code_gives_its_results(n, f, d):
    vectors = torch.randn(n, d, generator=torch.Generator().manual_seed(n * d))
    assert torch.allclose(rules.MixedNNM(f)(vectors), preaggregators.NNM(f)(vectors), rtol=1e-5, atol=1e-6)
    for rule in (aggregators.Median(), aggregators.TrMean(f), aggregators.Meamed(f)):
        assert torch.allclose(rules.InNumPy(rule)(vectors), rule(vectors), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("f", [1, 10, 20])
def test_caf_is_byzfls_where_byzfls_ends(f):
    vectors = torch.randn(50, 200, generator=torch.Generator().manual_seed(f))
    vectors[:f] += 0.5
    torch.manual_seed(7)
    expected = aggregators.CAF(f)(vectors)
    torch.manual_seed(7)
    assert torch.allclose(rules.EndingCAF(f)(vectors), expected, rtol=1e-4, atol=1e-5)


def view(f=20, d=300, rule="mean", **others):
    generator = torch.Generator().manual_seed(11)
    honest = 0.2 + torch.randn(50 - f, d, generator=generator)
    own = torch.randn(f, d, generator=generator)
    rule = attacks.stateless(rules.Chain(rule, 50, f))
    return attacks.View(honest=honest, own=own, f=f, rule=rule, last_step=None, generator=generator, **others)


@pytest.mark.parametrize("name", attacks.ATTACKS)
@pytest.mark.parametrize("f", [1, 20])
def test_every_attack_sends_a_vector_an_attacker_in_every_round(name, f):
    seen = view(f)
    honest = seen.honest.clone()
    for _ in range(2):
        sent = attacks.ATTACKS[name].send(seen)
        assert sent.shape == (f, 300) and sent.dtype == torch.float32
        assert name == "inf" or sent.isfinite().all()
        seen.last_step = seen.honest.mean(0)
    assert torch.equal(seen.honest, honest)


def test_attacks_have_the_strengths_of_their_papers():
    # Phi^-1(0.8) and Phi^-1(0.6), as in the paper's supplement.
    assert attacks.little_is_enough_deviations(50, 20) == pytest.approx(0.8416, abs=1e-4)
    assert attacks.little_is_enough_deviations(50, 10) == pytest.approx(0.2533, abs=1e-4)
    assert attacks.little_is_enough_deviations(50, 26) == pytest.approx(3.0902, abs=1e-4)
    assert attacks.little_is_enough_deviations(50, 1) == 0
    seen = view(disguise=0)
    mean, deviation = seen.honest.mean(0), seen.honest.std(0)
    assert torch.allclose(attacks.ATTACKS["ipm"].send(seen)[4], -mean, atol=1e-6)
    assert torch.allclose(attacks.ATTACKS["alie"].send(seen)[4], mean - 0.8416 * deviation, atol=1e-3)
    assert torch.allclose(attacks.ATTACKS["sybil"].send(seen).sum(0), -20 * mean, atol=1e-5)


def test_min_max_and_min_sum_reach_their_bounds_and_keep_to_them():
    seen = view(disguise=0)
    distances = torch.cdist(seen.honest, seen.honest)
    furthest = (attacks.ATTACKS["min-max"].send(seen)[0] - seen.honest).norm(dim=1).max()
    assert furthest == pytest.approx(distances.max().item(), rel=1e-4)
    total = (attacks.ATTACKS["min-sum"].send(seen)[0] - seen.honest).square().sum()
    assert total == pytest.approx(distances.square().sum(1).max().item(), rel=1e-4)


def test_disguises_tell_copies_apart_and_can_be_left_out():
    first, second, *_ = attacks.ATTACKS["ipm"].send(view())
    assert 0.88 < torch.cosine_similarity(first, second, dim=0) < 0.96
    first, second, *_ = attacks.ATTACKS["ipm"].send(view(disguise=0))
    assert torch.equal(first, second)


def test_a_search_beats_fixed_strength_and_leaves_the_rule_as_it_was():
    chain = rules.Chain("centred-clipping", 50, 20)
    chain(torch.randn(50, 300))
    remembered = chain.stages[-1].m.clone()
    seen = view(disguise=0)
    seen.rule = attacks.stateless(chain)

    def harm(name):
        sent = attacks.ATTACKS[name].send(seen)
        return (seen.rule(torch.cat([seen.honest, sent])) - seen.honest.mean(0)).norm()

    assert harm("ipm-optimised") >= harm("ipm")
    assert torch.equal(chain.stages[-1].m, remembered)


def test_a_trigger_touches_its_patch_alone():
    images = torch.full((3, FEATURES), 0.25)
    triggered = attacks.stamped(images, 1.0)
    changed = (triggered != images).nonzero()[:, 1].unique()
    assert changed.tolist() == [45, 46, 47, 53, 54, 55, 61, 62, 63]
    assert attacks.trigger_features(8) == list(range(8)) and attacks.trigger_features(11) == list(range(9))


def test_a_poisoned_half_gets_trigger_and_target():
    features, labels = torch.rand(9, FEATURES), torch.arange(9) % 3 + 1
    poisoned, targets = attacks.plant_backdoor(features, labels, 4, torch.Generator().manual_seed(1))
    chosen = targets == attacks.BACKDOOR_TARGET
    assert chosen.sum() == 5
    assert torch.equal(poisoned[~chosen], features[~chosen])
    assert torch.equal(targets[~chosen], labels[~chosen])
    assert (poisoned[chosen][:, attacks.trigger_features(FEATURES)] == features.max()).all()


def test_a_plan_has_each_cell_once_and_one_without_attackers():
    cells = plan([(0.1, 1), (1.0, 1)], ["mean", "krum"], ["ipm", "alie"], [0, 5])
    assert len(cells) == len(set(cells)) == 2 * (2 + 2 * 2)
    assert all((cell.attack is None) == (cell.attackers == 0) for cell in cells)


def command(exported, out, *others):
    return tournament.main([str(exported), "--out", str(out), "--rounds", "2", "--skews", "0.1", *others])


def without_times(path):
    cells = [cell | {"seconds": 0} for cell in json.loads(path.read_text())["cells"]]
    return sorted(cells, key=lambda cell: json.dumps(cell, sort_keys=True))


def test_an_interrupted_tournament_goes_on(exported, tmp_path, monkeypatch, capsys):
    whole, parts = tmp_path / "whole.json", tmp_path / "new" / "parts.json"
    assert command(exported, whole, "--rules", "mean", "krum") == 0
    assert len(without_times(whole)) == 2 * (1 + 2)
    assert "unheard-of" in capsys.readouterr().out

    run, calls = Arena.run, []

    def interrupted(arena, cell):
        calls.append(cell)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return run(arena, cell)

    monkeypatch.setattr(Arena, "run", interrupted)
    assert command(exported, parts, "--rules", "mean", "krum") == 130
    assert len(without_times(parts)) == 3
    assert command(exported, parts, "--rules", "mean", "krum") == 0
    assert len(calls) == 4 + 3
    assert without_times(parts) == without_times(whole)
    assert command(exported, parts, "--rules", "mean", "krum") == 0
    assert len(calls) == 7


def test_cells_side_by_side_give_the_same_results(exported, tmp_path):
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    assert command(exported, one, "--rules", "mean", "caf") == 0
    assert command(exported, two, "--rules", "mean", "caf", "--jobs", "2") == 0
    assert without_times(one) == without_times(two)


@pytest.mark.parametrize(
    "others, message",
    [
        (["--rounds", "3"], "another settings"),
        (["--disguise", "0"], "another settings"),
        (["--seeds", "2"], "no seed 2"),
        (["--attackers", "4"], "no number of attackers 4"),
        (["--attacks", "ipm", "unheard-of"], "not an attack"),
    ],
)
def test_what_does_not_fit_is_refused(exported, tmp_path, capsys, others, message):
    out = tmp_path / "out.json"
    assert command(exported, out, "--rules", "mean", "--attackers", "0") == 0
    before = out.read_bytes()
    assert command(exported, out, "--rules", "mean", *others) == 1
    assert message in capsys.readouterr().err
    assert out.read_bytes() == before


def test_a_file_that_holds_no_results_is_left_alone(exported, tmp_path, capsys):
    out = tmp_path / "out.json"
    out.write_text("[1, 2")
    assert command(exported, out, "--rules", "mean") == 1
    assert "not a result file" in capsys.readouterr().err
    assert out.read_text() == "[1, 2"


def test_unknown_rules_and_numbers_are_usage_errors(exported, tmp_path):
    for others in (["--rules", "nnm"], ["--rules", "krum+nnm"], ["--jobs", "0"], ["--rounds", "-1"]):
        with pytest.raises(SystemExit) as stopped:
            command(exported, tmp_path / "out.json", *others)
        assert stopped.value.code == 2
