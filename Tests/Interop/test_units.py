"""The systemd units are well-formed, start commands that there are, and give away nothing that they need not."""

import pathlib
import re
import shutil
import subprocess

import pytest

UNITS = sorted((pathlib.Path(__file__).resolve().parents[2] / "packaging" / "systemd").glob("*.service"))
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")


def fields(path: pathlib.Path) -> list[tuple[str, str]]:
    return re.findall(r"^(\w+)=(.*)$", path.read_text(), re.M)


def test_there_is_a_unit_for_each_daemon():
    assert [path.name for path in UNITS] == [
        f"tributary-{kind}@.service" for kind in ("contributor", "gateway", "validator")
    ]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_starts_a_command_that_there_is(path, tributary):
    kind = path.stem.removeprefix("tributary-").removesuffix("@")
    found = dict(fields(path))
    assert found["ExecStart"] == f"/usr/bin/tributary {kind} /etc/tributary/{kind}-%i.json5"
    assert found["WorkingDirectory"] == "%S/" + found["StateDirectory"]
    assert found["Restart"] == "on-failure" and found["User"] == "tributary"
    printed = tributary(kind, "--print-config")
    assert printed.returncode == 0 and printed.stdout.count("{") == printed.stdout.count("}")


def test_the_units_are_locked_down_alike():
    """What differs between them is who they are, and how many files a gateway opens."""
    own = {"ConditionPathExists", "Description", "ExecStart", "StateDirectory", "WorkingDirectory", "LimitNOFILE"}
    common = [[pair for pair in fields(path) if pair[0] not in own] for path in UNITS]
    assert common[0] == common[1] == common[2]
    expected = {("NoNewPrivileges", "yes"), ("ProtectSystem", "strict"), ("CapabilityBoundingSet", "")}
    assert expected <= set(common[0])


@needs_systemd
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_systemd_takes_the_units(path, tmp_path):
    # The program is not installed where the tests run.
    unit = tmp_path / path.name
    unit.write_text(path.read_text().replace("/usr/bin/tributary", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr.strip(), done.stderr
    # The exposure level, from 0 to 100: "OK" is up to 50.
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", unit]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-400:] + done.stderr
