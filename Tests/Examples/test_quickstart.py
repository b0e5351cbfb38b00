"""The README's quickstart, exactly as it is written there."""

import os
import pathlib
import re
import signal
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUICKSTART = ROOT / "examples" / "quickstart"
HEADING = "## Quickstart for an engineer"
# A machine may be busy; nothing here waits for so long when all is well.
PATIENCE_SECONDS = 900


def blocks(language: str) -> list[str]:
    """The quickstart's blocks of code in a language."""
    section = (ROOT / "README.md").read_text().split(f"\n{HEADING}\n")[1].split("\n## ")[0]
    return re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


def test_the_script_is_untouched_and_few_lines_are_added():
    assert "tributary" not in (QUICKSTART / "train.py").read_text()
    added = (QUICKSTART / "trainer.py").read_text()
    assert len(added.splitlines()) <= 30
    assert blocks("python") == [added]


def test_the_commands_lead_to_a_verified_model(tmp_path):
    script = tmp_path / "commands.sh"
    script.write_text("set -euo pipefail\n" + "\n".join(blocks("sh")))
    environment = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}
    # A file and no pipe, which what is left behind would hold open.
    with open(tmp_path / "output", "w") as output:
        process = subprocess.Popen(
            ["bash", script], cwd=ROOT, env={**environment, "HOME": str(tmp_path)}, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True)
    try:
        process.wait(PATIENCE_SECONDS)
    finally:
        # Whatever the commands have left behind.
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    output = (tmp_path / "output").read_text()
    assert process.returncode == 0, output
    accuracies = [float(found) for found in re.findall(r"^accuracy (0\.\d+)$", output, re.MULTILINE)]
    alone, together = accuracies
    assert alone < 0.92 < together, output
