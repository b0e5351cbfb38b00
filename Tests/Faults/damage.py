"""What happens to files and disks."""

import contextlib
import pathlib
import random
import subprocess

import pytest

# Ends a command with whoever has started it; a change of credentials makes the kernel forget what was asked before.
TIED = ["setpriv", "--pdeathsig", "KILL", "--"]
# Changed bytes in each stretch of this length, so that no page of a database is left whole.
STRETCH_BYTES = 512


def flip(path: pathlib.Path, start=0, seed=7):
    """Changes a bit in every stretch of a file from a place on."""
    data, chance = bytearray(path.read_bytes()), random.Random(seed)
    assert len(data) > start
    for start in range(start, len(data), STRETCH_BYTES):
        place = min(start + chance.randrange(STRETCH_BYTES), len(data) - 1)
        data[place] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


class SmallDisk:
    """A disk of its own for one node, which can be filled. It outlives the node's process, and needs no rights but to
    make a user namespace."""

    MOUNT = 'mount -t tmpfs -o size="$1" none "$0" && cp -a "$2/." "$0" && echo mounted && exec sleep infinity'

    def __init__(self, folder: pathlib.Path, mebibytes: int):
        self.folder, self.aside = folder, folder.with_name(folder.name + ".before")
        folder.rename(self.aside)
        folder.mkdir()
        command = [*TIED, "unshare", "--user", "--map-root-user", "--mount", *TIED]
        command += ["sh", "-c", self.MOUNT, folder, f"{mebibytes}m", self.aside]
        self.holder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        if self.holder.stdout.readline() != "mounted\n":
            pytest.skip("this machine lets nobody make a user namespace with a file system")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.holder.kill()
        self.holder.communicate()

    def enter(self, command: list[str]) -> list[str]:
        """A command, run where the disk is."""
        there = ["nsenter", f"--target={self.holder.pid}", "--user", "--mount", "--preserve-credentials", "--"]
        return [*there, *TIED, *command]

    @property
    def filler(self) -> pathlib.Path:
        return pathlib.Path(f"/proc/{self.holder.pid}/root{self.folder}/filler")

    def fill(self):
        with contextlib.suppress(OSError), open(self.filler, "wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass

    def free(self):
        self.filler.unlink()


class WrongClocks:
    """Shows processes another time of day. Swift finds a program's arguments by where its environment lies, so
    that what libfaketime would add to the environment has to be there before."""

    LIBRARY = "/usr/$LIB/faketime/libfaketime.so.1"

    def __enter__(self):
        command = ["faketime", "-f", "+0d", "sh", "-c", 'echo "$FAKETIME_SHARED"; read -r end']
        self.holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.shared = self.holder.stdout.readline().strip()
        return self

    def __exit__(self, *_):
        self.holder.communicate("\n")

    def enter(self, days: int, command: list[str]) -> list[str]:
        """A command, run so many days later or earlier."""
        shown = [f"FAKETIME={days:+}d", f"FAKETIME_SHARED={self.shared}", "FAKETIME_DONT_FAKE_MONOTONIC=1"]
        return ["env", f"LD_PRELOAD={self.LIBRARY}", *shown, *command]
