"""What `tributary tournament` prints and writes, how it goes on after an interruption, and the split that it exports."""

import hashlib
import json
import re
import signal
import subprocess

import numpy
import pytest

GRID = """{
  scenario: {
    model: "softmax(64,10)", windows: 2, testExamples: 60, referenceExamplesPerValidator: 30,
    contributors: { count: 8 }, merge: { windowSize: 4 },
  },
  rules: ["trust", "mean"], attacks: ["sign-flip", "noise"], skews: [0.3], attackers: [0, 2], seeds: [1, 2],
}"""
CELLS = 2 * 2 * (1 + 2)


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    path = tmp_path_factory.mktemp("grid") / "small.json5"
    path.write_text(GRID)
    return path


@pytest.fixture(scope="module")
def finished(tributary, grid, tmp_path_factory):
    """A finished tournament's folder, and what it printed."""
    out = tmp_path_factory.mktemp("tournament") / "out"
    done = tributary("tournament", grid, "--out", out)
    assert done.returncode == 0, done.stderr
    return out, done


def untimed(record: dict) -> list:
    return [
        (result["cell"], {name: value for name, value in result["figures"].items() if name != "wallSeconds"})
        for result in record["results"]
    ]


def test_the_plan_lists_the_cells_and_runs_none(tributary, grid, tmp_path):
    done = tributary("tournament", grid, "--plan", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == f"{CELLS} cells" and len(lines) == CELLS + 1
    assert lines[0].split() == ["trust", "-", "skew", "0.3", "0", "attackers", "seed", "1"]
    assert not (tmp_path / "out").exists()
    cells = json.loads(tributary("tournament", grid, "--plan", "--json").stdout)["cells"]
    assert len(cells) == CELLS
    assert all((cell["attack"] is None) == (cell["attackers"] == 0) for cell in cells)


def test_what_is_written_is_what_was_planned(finished, tributary, grid):
    out, done = finished
    record = json.loads((out / "tournament.json").read_text())
    planned = json.loads(tributary("tournament", grid, "--plan", "--json").stdout)["cells"]
    cells = [{"attack": None, **result["cell"]} for result in record["results"]]
    assert cells == planned
    assert {path.name for path in out.iterdir()} == {"cells.jsonl", "tournament.json", "tournament.html"}
    assert len((out / "cells.jsonl").read_text().splitlines()) == CELLS
    for rule in ["trust", "mean"]:
        assert re.search(rf"^{rule} +[0-9.]+ % +[0-9.]+ %", done.stdout, re.M)


def test_means_and_worst_cases_follow_from_the_cells(finished):
    record = json.loads((finished[0] / "tournament.json").read_text())
    accuracies = {}
    for result in record["results"]:
        cell = result["cell"]
        accuracies.setdefault((cell["rule"], cell.get("attack")), []).append(result["figures"]["accuracy"])
    assert len(record["summaries"]) == len(accuracies) == 6
    for summary in record["summaries"]:
        values = accuracies[summary["rule"], summary["column"].get("attack")]
        assert summary["accuracy"]["mean"] == pytest.approx(numpy.mean(values))
        assert summary["accuracy"]["deviation"] == pytest.approx(numpy.std(values, ddof=1))
    for worst in record["worstCases"]:
        means = {attack: numpy.mean(values) for (rule, attack), values in accuracies.items() if rule == worst["rule"]}
        assert worst["accuracy"] == pytest.approx(min(means["sign-flip"], means["noise"]))
        assert worst["gap"] == pytest.approx(means[None] - worst["accuracy"])


def test_the_report_stands_alone(finished):
    report = (finished[0] / "tournament.html").read_text()
    assert report.startswith("<!DOCTYPE html>")
    assert not re.search(r"(src|href)\s*=\s*[\"']?https?:", report)


def test_a_finished_tournament_runs_nothing_again(finished, tributary, grid):
    out, _ = finished
    before = (out / "cells.jsonl").read_bytes()
    done = tributary("tournament", grid, "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    assert f"{CELLS}/{CELLS} finished before" in done.stderr
    assert (out / "cells.jsonl").read_bytes() == before
    assert json.loads(done.stdout) == json.loads((out / "tournament.json").read_text())


def test_the_number_of_jobs_changes_nothing(finished, tributary, grid, tmp_path):
    expected = untimed(json.loads((finished[0] / "tournament.json").read_text()))
    done = tributary("tournament", grid, "--out", tmp_path / "out", "--jobs", "1", "--json")
    assert done.returncode == 0, done.stderr
    assert untimed(json.loads(done.stdout)) == expected


def test_a_torn_line_runs_again(finished, tributary, grid, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    whole = (finished[0] / "cells.jsonl").read_bytes()
    lines = whole.splitlines(keepends=True)
    (out / "cells.jsonl").write_bytes(b"".join(lines[:7]) + lines[7][:40])
    done = tributary("tournament", grid, "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    assert "dropped a last line of 40 bytes" in done.stderr and f"7/{CELLS} finished before" in done.stderr
    assert untimed(json.loads(done.stdout)) == untimed(json.loads((finished[0] / "tournament.json").read_text()))


def test_a_folder_of_another_grid_is_left_alone(finished, tributary, tmp_path):
    other = tmp_path / "other.json5"
    other.write_text(GRID.replace("windows: 2", "windows: 3"))
    before = (finished[0] / "cells.jsonl").read_bytes()
    done = tributary("tournament", other, "--out", finished[0])
    assert done.returncode == 1
    assert f"{CELLS} of its {CELLS} cells are not in this grid" in done.stderr
    assert (finished[0] / "cells.jsonl").read_bytes() == before


def test_a_folder_with_other_files_is_left_alone(tributary, grid, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    for option in ["--out", "--export-split"]:
        done = tributary("tournament", grid, option, tmp_path)
        assert done.returncode == 2
        assert str(tmp_path) in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(binaries, tributary, grid, tmp_path):
    long = tmp_path / "long.json5"
    long.write_text(GRID.replace("seeds: [1, 2]", f"seeds: [{', '.join(map(str, range(60)))}]"))
    out = tmp_path / "out"
    process = subprocess.Popen(
        [binaries / "tributary", "tournament", long, "--out", out], stderr=subprocess.PIPE, text=True)
    try:
        assert "left" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130, rest
    stopped = re.search(r"stopped with (\d+) of 360 cells finished; the same command goes on from there", rest)
    assert stopped, rest
    lines = (out / "cells.jsonl").read_text().splitlines()
    assert len(lines) == int(stopped[1]) > 0
    assert not (out / "tournament.json").exists()
    done = tributary("tournament", long, "--out", out)
    assert done.returncode == 0, done.stderr
    assert (out / "cells.jsonl").read_text().splitlines()[: len(lines)] == lines
    assert len((out / "cells.jsonl").read_text().splitlines()) == 360


def test_a_peer_is_set_beside_ours(finished, tributary, grid, tmp_path):
    cells = [
        {"rule": "krum", "attack": attack, "skew": 0.3, "attackers": 2, "seed": seed, "accuracy": 1.0}
        for attack in ["sign-flip", "noise"] for seed in [1, 2]
    ]
    peer = tmp_path / "peer.json"
    peer.write_text(json.dumps({"peer": "other 1.0", "cells": cells}))
    done = tributary("tournament", grid, "--out", finished[0], "--peers", peer)
    assert done.returncode == 0, done.stderr
    assert re.search(r"trust less the best of other 1.0, krum, each in its worst case: -[0-9.]+ points", done.stdout)
    assert "other 1.0: krum" in (finished[0] / "tournament.html").read_text()
    peer.write_text('{"peer": "other 1.0"}')
    done = tributary("tournament", grid, "--out", finished[0], "--peers", peer)
    assert done.returncode == 1 and str(peer) in done.stderr and "'cells'" in done.stderr


def digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=32, person=b"trib.split").hexdigest()


def test_the_exported_split_is_what_its_digests_say(tributary, tmp_path):
    """A comma-separated source, so that Python reads the examples by itself."""
    generator = numpy.random.default_rng(5)
    pixels = generator.integers(0, 256, (400, 6))
    labels = generator.integers(0, 3, 400)
    rows = [[*map(str, row), str(label)] for row, label in zip(pixels, labels, strict=True)]
    source = tmp_path / "data.csv"
    source.write_text("\n".join(",".join(row) for row in rows) + "\n")
    grid = tmp_path / "grid.json5"
    scenario = GRID.replace("contributors:", f'data: {{ source: {{ csv: {{ path: "{source}", label: 6 }} }} }}, contributors:')
    grid.write_text(scenario.replace("softmax(64,10)", "mlp(6,5,3)"))
    out = tmp_path / "split"
    done = tributary("tournament", grid, "--export-split", out)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["format"] == "tributary-split-1" and manifest["parameters"] == 6 * 5 + 5 + 5 * 3 + 3
    assert manifest["source"] == {"kind": "csv", "path": str(source)}
    assert [(split["skew"], split["seed"]) for split in manifest["splits"]] == [(0.3, 1), (0.3, 2)]
    for split in manifest["splits"]:
        folder = out / split["folder"]
        held = []
        for part in [*split["contributors"], *split["references"], split["test"]]:
            data = (folder / part["file"]).read_bytes()
            indices = numpy.frombuffer(data, "<u4")
            assert digest(data) == part["digest"] and len(indices) == part["count"]
            examples = pixels[indices].astype("<f4").tobytes() + labels[indices].astype("<i4").tobytes()
            assert digest(examples) == part["examplesDigest"]
            held.extend(indices)
        assert sorted(held) == list(range(400))
        weights = (folder / split["initialWeights"]["file"]).read_bytes()
        assert digest(weights) == split["initialWeights"]["digest"] and len(weights) == 4 * manifest["parameters"]
        assert numpy.isfinite(numpy.frombuffer(weights, "<f4")).all()
        assert [entry["count"] for entry in split["attackers"]] == [2]
        assert len(set(split["attackers"][0]["indices"])) == 2
    first, second = ((out / split["folder"] / "test.u32").read_bytes() for split in manifest["splits"])
    assert first != second, "each seed has a split of its own"
    again = tributary("tournament", grid, "--export-split", out)
    assert again.returncode == 0, "an export makes room for the next"


def test_the_documented_grid_is_the_default(tributary, tmp_path):
    printed = tributary("tournament", "--print-grid")
    assert printed.returncode == 0
    path = tmp_path / "grid.json5"
    path.write_text(printed.stdout)
    assert tributary("tournament", path, "--plan").stdout == tributary("tournament", "--plan").stdout


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{ ruels: [] }", "'rules'"),
        ("{ rules: ['trsut'] }", "'trust'"),
        ("{ attacks: ['sing-flip'] }", "'sign-flip'"),
        ("{ scenario: { windws: 3 } }", "'scenario.windows'"),
        ("{ scenario: { seed: 3 } }", "use seeds"),
        ("{ attackers: [51] }", "do not fit into 50"),
        ("{", ":1"),
    ],
)
def test_a_wrong_grid_names_the_field(tributary, tmp_path, text, complaint):
    path = tmp_path / "grid.json5"
    path.write_text(text)
    done = tributary("tournament", path, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert complaint in done.stderr and "grid.json5" in done.stderr
    assert not (tmp_path / "out").exists()
