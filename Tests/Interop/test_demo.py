"""What `tributary demo` prints and writes, and what becomes of it when it is stopped or run again."""

import json
import re
import signal
import subprocess

import pytest


def line(text: str, start: str) -> str:
    found = [row for row in text.splitlines() if row.startswith(start)]
    assert len(found) == 1, f"{len(found)} lines start with {start!r}"
    return found[0].removeprefix(start).strip()


def number_text(number) -> str:
    if number is None:
        return "-"
    return f"{number:.0f}" if number == round(number) else f"{number:.4f}"


def test_every_printed_figure_is_in_the_summary(demo):
    figures, text = demo.summary["figures"], demo.stdout
    for title, value in [
        ("  Tributary, under attack", figures["accuracy"]),
        ("  Tributary, no attackers", figures["cleanAccuracy"]),
        ("  plain averaging, same attack", figures["averagingAccuracy"]),
    ]:
        assert line(text, title) == f"{100 * value:.1f} %"
    for group in figures["groups"] + [figures["honest"], figures["hostile"]]:
        printed = [row for row in text.splitlines() if re.match(re.escape(group["name"]) + r"  +\d", row)]
        assert len(printed) == 1, group["name"]
        assert printed[0].removeprefix(group["name"]).split() == [
            str(group["members"]), str(group["updates"]), str(group["merged"]), f"{group['creditNatsPerHead']:.4f}",
            f"{group['paidUnitsPerHead']:.0f}", str(group["paidUnits"])]
    assert figures["reasons"]
    for reason in figures["reasons"]:
        groups = ", ".join(f"{entry['group']} {entry['updates']}" for entry in reason["groups"][:3])
        numbers = " ".join(number_text(reason.get(key)) for key in ["measured", "limit"])
        counts = f"{reason['updates']} {reason['honestUpdates']} {numbers} {reason['unit']} {groups}"
        assert line(text, reason["name"] + " ").split() == counts.split()
    for name, sent, dense in [("up ", "bytesUp", "denseBytesUp"), ("down ", "bytesDown", "denseBytesDown")]:
        ratio = f"{figures[dense] / figures[sent]:.1f}x"
        assert line(text, name).split() == [str(figures[sent]), str(figures[dense]), ratio]
    records = demo.summary["run"]["logRecords"]
    assert line(text, "versions") == f"{figures['versions']} final, from {records} log records, replayed and checked"
    assert line(text, "root") == demo.summary["auditedRoot"]
    assert line(text, "time") == f"{demo.summary['wallSeconds']:.1f} s"


def test_the_figures_add_up(demo):
    run, figures = demo.summary["run"], demo.summary["figures"]
    assert figures["versions"] == demo.summary["summary"]["windows"] == 6
    assert sum(group["members"] for group in figures["groups"]) == demo.summary["summary"]["contributors"]
    for key in ["members", "updates", "merged", "rejected", "paidUnits"]:
        assert sum(group[key] for group in figures["groups"]) == figures["honest"][key] + figures["hostile"][key]
    assert sum(reason["updates"] for reason in figures["reasons"]) == len(run["rejections"])
    assert sum(flow["units"] for flow in run["flows"]) + run["escrowUnits"] == 500_000
    assert run["versions"][-1]["root"] == demo.summary["auditedRoot"]


def test_the_report_stands_alone(demo):
    report = (demo.out / "report.html").read_text()
    assert report.startswith("<!DOCTYPE html>")
    assert not re.search(r"(src|href)\s*=\s*[\"']?https?:", report)
    assert f"{100 * demo.summary['figures']['accuracy']:.1f}" in report


def test_the_json_option_prints_the_summary(tributary, scenario, tmp_path):
    done = tributary("demo", "--scenario", scenario, "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads((tmp_path / "out" / "summary.json").read_text())


def test_a_seed_gives_one_network(demo, tributary, scenario, tmp_path):
    for seed, is_same in [("5", True), ("6", False)]:
        out = tmp_path / seed
        assert tributary("demo", "--scenario", scenario, "--seed", seed, "--out", out).returncode == 0
        summary = json.loads((out / "summary.json").read_text())
        assert (summary["auditedRoot"] == demo.summary["auditedRoot"]) == is_same
        assert summary["summary"]["seed"] == int(seed)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_debug_and_release_come_to_one_root(demo, tributary, binaries, debug_binaries, threads):
    assert (debug_binaries / "tributary").exists(), "run swift build"
    findings = []
    for folder in [binaries, debug_binaries]:
        done = tributary("audit", demo.network, "--json", "--threads", threads, folder=folder)
        assert done.returncode == 0, done.stderr
        findings.append(json.loads(done.stdout))
    assert findings[0] == findings[1]
    assert findings[0]["ok"] is True and findings[0]["sealed"] is True
    assert findings[0]["tasks"][0]["root"] == demo.summary["auditedRoot"]
    assert findings[0]["versions"] == 6


def test_ctrl_c_leaves_a_network_that_passes_the_audit(binaries, tributary, scenario, tmp_path):
    long = tmp_path / "long.json5"
    long.write_text(scenario.read_text().replace("windows: 6", "windows: 10000"))
    out = tmp_path / "out"
    process = subprocess.Popen(
        [binaries / "tributary", "demo", "--scenario", long, "--out", out], stderr=subprocess.PIPE, text=True)
    try:
        assert "version 0" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130, rest
    assert "stopped" in rest
    assert not (out / "summary.json").exists()
    done = tributary("audit", out / "network")
    assert done.returncode == 0, done.stderr
    assert "every byte matches the manifest" in done.stdout
    again = tributary("demo", "--scenario", scenario, "--out", out)
    assert again.returncode == 0, "a stopped demo makes room for the next"


def test_a_folder_with_other_files_is_left_alone(tributary, scenario, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    done = tributary("demo", "--scenario", scenario, "--out", tmp_path)
    assert done.returncode == 2
    assert str(tmp_path) in done.stderr and "--out" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_network_that_is_no_demos_is_left_alone(tributary, scenario, tmp_path):
    (tmp_path / "network" / "keys").mkdir(parents=True)
    (tmp_path / "network" / "keys" / "author.key").write_text("dear")
    done = tributary("demo", "--scenario", scenario, "--out", tmp_path)
    assert done.returncode == 2
    assert (tmp_path / "network" / "keys" / "author.key").read_text() == "dear"


def test_a_folder_that_cannot_be_made_is_named(tributary, scenario, tmp_path):
    (tmp_path / "file").write_text("mine")
    for out in [tmp_path / "file", tmp_path / "file" / "below"]:
        done = tributary("demo", "--scenario", scenario, "--out", out)
        assert done.returncode == 2
        assert str(out) in done.stderr and "name another" in done.stderr and "NSError" not in done.stderr
        assert "NSCocoa" not in done.stderr
    assert (tmp_path / "file").read_text() == "mine"
