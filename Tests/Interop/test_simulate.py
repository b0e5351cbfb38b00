"""What `tributary simulate` and `tributary compare` print and write."""

import json

import pytest

SCENARIO = """{
  model: "softmax(64,10)", windows: 3, testExamples: 100, validators: { count: 3 },
  contributors: { count: 200, hostile: { "sign-flip": 10 },
    devices: { slowness: { buckets: [{ parts: 9, from: 1, to: 1 }, { parts: 1, from: 10, to: 10 }] } } },
  data: { partition: { sampled: 10 } }, merge: { windowSize: 40, updatesPerContributorPerWindow: 1 },
  packetPrivacy: "plain", signatures: false, residuals: "compact",
}"""


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    path = tmp_path_factory.mktemp("scenario") / "small.json5"
    path.write_text(SCENARIO)
    return path


@pytest.fixture(scope="module")
def finished(tributary, scenario, tmp_path_factory):
    """The folders of a run on one thread and of one on three."""
    folders = []
    for threads in (1, 3):
        out = tmp_path_factory.mktemp("simulation") / f"threads-{threads}"
        done = tributary("simulate", scenario, "--threads", threads, "--out", out)
        assert done.returncode == 0, done.stderr
        assert "accuracy on the test set" in done.stdout and "client-rounds/s" in done.stdout
        assert "version 3/3" in done.stderr and "left" in done.stderr
        folders.append(out)
    return folders


def without_cost(folder):
    record = json.loads((folder / "simulation.json").read_text())
    del record["cost"], record["run"]["wallSeconds"]
    return record


def test_the_number_of_threads_does_not_matter(finished):
    one, three = map(without_cost, finished)
    assert one == three
    assert one["figures"]["versions"] == 3 and len(one["run"]["contributors"]) == 200


def test_the_report_needs_nothing_else(finished):
    page = (finished[0] / "report.html").read_text()
    for heading in ("Accuracy", "Loss", "Staleness"):
        assert f"<h2>{heading} over virtual time</h2>" in page
    assert "<script" not in page and "http://" not in page and "https://" not in page


def test_runs_are_laid_side_by_side(tributary, finished, tmp_path):
    page = tmp_path / "page.html"
    done = tributary("compare", *finished, "--out", page)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["threads-1", "threads-3"]
    rows = {line[:36].strip(): line[36:].split() for line in lines[1:]}
    assert rows["client-rounds"][0] == rows["client-rounds"][1]
    assert "Simulations compared" in page.read_text()
    runs = json.loads(tributary("compare", *finished, "--json").stdout)["runs"]
    assert [run["name"] for run in runs] == ["threads-1", "threads-3"]
    assert runs[0]["figures"] == runs[1]["figures"] and runs[0]["cost"]["threads"] == 1


def test_the_command_line_changes_the_scenario(tributary, scenario, tmp_path):
    done = tributary(
        "simulate", scenario, "--versions", 1, "--contributors", 90, "--seed", 5, "--json", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["summary"]["contributors"] == 90 and record["summary"]["seed"] == 5
    assert record["figures"]["versions"] == 1


def test_every_mistake_is_named_at_once(tributary, tmp_path):
    path = tmp_path / "wrong.json5"
    path.write_text('{ signatures: 1, residuals: "smal", data: { partition: { sampled: 1 } }, targetAccuracy: 2 }')
    done = tributary("simulate", path, "--out", tmp_path / "out")
    assert done.returncode == 1
    for field in ("signatures", "residuals", "sampled", "targetAccuracy"):
        assert field in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_with_other_files_is_left_alone(tributary, scenario, tmp_path):
    (tmp_path / "precious").touch()
    done = tributary("simulate", scenario, "--out", tmp_path)
    assert done.returncode == 2 and "other files" in done.stderr
    assert [entry.name for entry in tmp_path.iterdir()] == ["precious"]


def test_fewer_contributors_than_a_window_takes_are_refused(tributary, scenario, tmp_path):
    done = tributary("simulate", scenario, "--contributors", 35, "--out", tmp_path / "out")
    assert done.returncode == 1 and "windowSize" in done.stderr
