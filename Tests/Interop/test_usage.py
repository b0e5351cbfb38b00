"""Wrong usage ends with exit code 2, says what was meant, and does nothing else."""

import json

import pytest

COMMANDS = [
    ("demo",), ("simulate",), ("compare",), ("tournament",), ("audit",), ("model", "export"), ("model", "pull"),
    ("model", "evaluate"),
    ("key", "new"), ("key", "show"), ("network", "init"), ("network", "show"), ("network", "nats"),
    ("network", "streams"), ("network", "export"), ("gateway",), ("validator",), ("contributor",), ("status",),
    ("task", "check"), ("task", "create"), ("task", "list"), ("task", "show"), ("task", "fund"),
    ("account", "show"), ("account", "transfer"), ("account", "bond"), ("account", "unbond"), ("trainer", "check"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_shows_every_option_and_an_example(tributary, command):
    done = tributary(*command, "--help")
    assert done.returncode == 0
    assert not done.stderr
    assert f"usage: tributary {' '.join(command)}" in done.stdout
    example = done.stdout.split("example:\n")[1].strip()
    assert example.startswith(f"tributary {' '.join(command)} ")


@pytest.mark.parametrize("arguments", [(), ("--help",), ("help",)], ids=str)
def test_the_program_lists_its_commands(tributary, arguments):
    done = tributary(*arguments)
    assert done.returncode == 0
    assert all(f"  {' '.join(command)} " in done.stdout for command in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["dmeo"], "'demo'"),
        (["model", "exprot"], "'model export'"),
        (["--demo"], "'demo'"),
        (["demo", "--sed", "3"], "'--seed'"),
        (["demo", "--outt=x"], "'--out'"),
        (["audit", "--thread", "2", "x"], "'--threads'"),
        (["model", "export", "x", "--versoin", "final"], "'--version'"),
        (["demo", "--seed", "minus one"], "--seed takes a whole number"),
        (["demo", "--seed", "18446744073709551616"], "--seed takes a whole number"),
        (["demo", "--seed"], "--seed needs a value"),
        (["demo", "--json=yes"], "--json takes no value"),
        (["demo", "somewhere"], "takes no operands"),
        (["simulate"], "'simulate' takes SCENARIO"),
        (["simulate", "--faults", "--seeds", "5-3"], "--seeds takes two numbers"),
        (["simulate", "--faults", "--seeds", "7"], "--seeds takes two numbers"),
        (["tournament", "a", "b"], "'tournament' takes [GRID]"),
        (["tournament", "--jobs", "0"], "--jobs takes a whole number"),
        (["audit"], "'audit' takes DIR"),
        (["audit", "a", "b"], "'audit' takes DIR"),
        (["audit", "x", "--threads", "0"], "--threads takes a whole number"),
        (["audit", "no-such-folder"], "no-such-folder"),
        (["model", "export", "x", "--version", "newest"], "--version takes a number or 'final'"),
        (["model", "export", "x", "--task", "abc"], "64 hexadecimal digits"),
        (["key", "nwe", "x"], "'key new'"),
        (["key", "new"], "'key new' takes FILE"),
        (["account", "transfer", "ab" * 32, "many"], "UNITS is a whole number"),
        (["account", "transfer", "ab" * 32, "0", "--key", "x"], "UNITS is a whole number"),
        (["account", "transfer", "ab" * 32, "5"], "--key FILE"),
        (["task", "fund", "ab" * 32, "5"], "--key FILE"),
        (["model", "pull", "--version", "newest"], "--version takes a number or 'final'"),
        (["model", "evaluate", "x"], "--model NAME"),
        (["status", "--versions", "0"], "--versions takes a whole number"),
        (["network", "streams", "--key", "x", "--replicas", "2"], "takes 1, 3 or 5"),
        (["trainer", "check"], "'trainer check' takes FILE-OR-COMMAND"),
        (["trainer", "check", "x", "--steps", "0"], "--steps takes a whole number from 1"),
        (["gateway", "--listen", "::1:5"], "in brackets"),
        (["gateway", "--certificate", "x"], "come together"),
        (["gateway", "--log-level", "inof"], "'info'"),
    ],
    ids=str,
)
def test_wrong_usage_names_the_remedy(tributary, arguments, meant):
    done = tributary(*arguments)
    assert done.returncode == 2, done.stderr
    assert meant in done.stderr
    assert "try 'tributary" in done.stderr
    assert not done.stdout


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{ windws: 3 }", "windows"),
        ("{ contributors: { cuont: 3 } }", "contributors.count"),
        ("{ contributors: { hostile: { signflip: 3 } } }", "sign-flip"),
        ("{ windows: 0 }", "from 1 to 10000"),
        ('{ windows: "many" }', "windows"),
        ('{ model: "transformer" }', "model"),
        ("{ windows: 3", ":1"),
        ("", "scenario.json5"),
    ],
)
def test_a_wrong_scenario_names_the_field(tributary, tmp_path, text, complaint):
    path = tmp_path / "scenario.json5"
    path.write_text(text)
    done = tributary("demo", "--scenario", path, "--out", tmp_path / "out")
    assert done.returncode == 1, done.stderr
    assert complaint in done.stderr and "scenario.json5" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_missing_scenario_is_named(tributary, tmp_path):
    done = tributary("demo", "--scenario", tmp_path / "none.json5", "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "none.json5" in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_documented_scenario_is_the_default(tributary, tmp_path):
    """What --print-scenario prints can be run as it is; a typo in it would be refused."""
    printed = tributary("demo", "--print-scenario")
    assert printed.returncode == 0
    path = tmp_path / "scenario.json5"
    path.write_text(printed.stdout.replace("windows: ", "windows: 0, // "))
    done = tributary("demo", "--scenario", path, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "windows" in done.stderr and "from 1 to 10000" in done.stderr


def test_a_version_that_is_not_final_is_refused(demo, tributary, tmp_path):
    out = tmp_path / "model.safetensors"
    done = tributary("model", "export", demo.network, "--version", "7", "--out", out)
    assert done.returncode == 1
    assert "the newest is 6" in done.stderr
    assert not out.exists()
    done = tributary("model", "export", demo.network, "--task", "00" * 32, "--out", out)
    assert done.returncode == 1
    assert not out.exists()


def test_an_export_says_what_it_wrote(demo, tributary, tmp_path):
    out = tmp_path / "model.safetensors"
    done = tributary("model", "export", demo.network, "--version", "6", "--json", "--out", out)
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert found["file"] == str(out) and found["version"] == 6 and found["trainer"] == demo.summary["summary"]["model"]
    assert found["root"] == demo.summary["auditedRoot"] and out.exists()
