"""What `tributary trainer check` says of trainers that are right, wrong, and not there."""

import json
import pathlib
import time

import pytest

TRAINERS = pathlib.Path(__file__).resolve().parents[1] / "TrainersTests" / "Fixtures"
CALLS = ["describe", "initialize", "evaluate", "gradient", "train"]


@pytest.fixture
def check(tributary):
    """Checks the trainer of the tests, which goes wrong as it is told to."""
    return lambda way, *options: tributary(
        "trainer", "check", "trainer.py", "--folder", TRAINERS, "--argument", way, *options)


def test_a_good_trainer_is_fine(check):
    done = check("good")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("the trainer is fine\n") and "WRONG" not in done.stdout
    found = json.loads(check("good", "--json").stdout)
    assert found["ok"] and found["name"] == "linear"
    assert {finding["verdict"] for finding in found["findings"]} == {"passed"}
    assert [cost["call"] for cost in found["costs"]] == CALLS
    assert all(cost["medianSeconds"] > 0 and cost["peakMemoryBytes"] > 0 for cost in found["costs"])


@pytest.mark.parametrize(
    ("way", "subject", "remedy"),
    [
        ("wrong-sign", "gradient", "not the step against it"),
        ("random-start", "initialize", "seed every source"),
        ("print", "evaluate", "print to standard error"),
        ("die", "evaluate", "a bad\N{REPLACEMENT CHARACTER} thing happened"),
    ],
)
def test_a_wrong_one_is_told_what_to_do(check, way, subject, remedy):
    done = check(way)
    assert done.returncode == 3
    wrong = done.stdout.split("WRONG ", 1)[1]
    assert wrong.startswith(f" {subject}") and remedy in wrong and "\x1b" not in wrong
    failed = [finding for finding in json.loads(check(way, "--json").stdout)["findings"] if finding["verdict"] == "failed"]
    assert subject in [finding["subject"] for finding in failed]


def test_one_that_cannot_be_started_is_named(check, tributary):
    done = tributary("trainer", "check", "no-such-program-anywhere")
    assert done.returncode == 3 and "in PATH" in done.stdout
    done = check("good", "--python", "no-such-python")
    assert done.returncode == 3 and 'no program "no-such-python"' in done.stdout


def test_one_that_hangs_costs_no_more_than_its_time(check):
    start = time.monotonic()
    done = check("mute", "--start-seconds", "1")
    assert done.returncode == 3 and "within the limit of 1.0 seconds" in done.stdout
    assert time.monotonic() - start < 60


def test_memory_is_limited(check):
    done = check("hoard", "--memory", "128")
    assert done.returncode == 3 and "more than the limit of 128 MiB" in done.stdout
