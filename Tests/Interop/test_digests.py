"""The digests that the Swift tests compare with are hashlib's."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_the_committed_digests_are_what_the_generator_prints():
    printed = subprocess.run(
        [sys.executable, ROOT / "scripts" / "fixtures" / "blake2b_digests.py"],
        check=True, capture_output=True, text=True, timeout=60,
    ).stdout
    assert (ROOT / "Tests" / "WireTests" / "DigestGoldens.swift").read_text() == printed
