"""Speeches of plays, dealt out by speaker. A speech is a line "Name:", the lines after it, and an empty line."""

import pathlib

import torch
from torch.utils.data import Dataset, Subset

from model import CONTEXT

# What texts are made of; whatever else a text holds is left out.
CHARACTERS = "\n !$&',-.3:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# The last tenth of a text is for measuring, and of the speeches before it each twentieth is for judging.
TEST_SHARE, JUDGED_SPEECHES, JUDGED_WINDOWS = 0.1, 20, 64


class Windows(Dataset):
    """Pairs of CONTEXT characters and those that follow them, which start at every `stride`-th character."""

    def __init__(self, text: str, stride: int):
        places = {character: place for place, character in enumerate(CHARACTERS)}
        self.codes = torch.tensor([places[character] for character in text if character in places])
        self.starts = range(0, len(self.codes) - CONTEXT, stride)
        if not self.starts:
            raise ValueError(f"a share has at most {CONTEXT} characters: use a longer text, or fewer shares")

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        start = self.starts[index]
        return self.codes[start : start + CONTEXT], self.codes[start + 1 : start + CONTEXT + 1]


def speeches(text: str) -> list[tuple[str, str]]:
    """Each speaker with what is said, in the text's order."""
    return [(speech.split(":", 1)[0], speech + "\n\n") for speech in text.split("\n\n")]


def shares(text: str, count: int) -> list[str]:
    """The speeches of each of `count` contributors: whoever has the least so far is given the speaker with the most."""
    said: dict[str, str] = {}
    for speaker, speech in speeches(text):
        said[speaker] = said.get(speaker, "") + speech
    found = [""] * count
    for speaker in sorted(said, key=lambda name: (-len(said[name]), name)):
        least = min(range(count), key=lambda share: len(found[share]))
        found[least] += said[speaker]
    return found


def examples(path: pathlib.Path | None, share: str) -> Dataset:
    """The examples of a share: "3/8" of the contributors', counted from 1, or "all", "validator" or "test"."""
    if path is None:
        return Windows(CHARACTERS, 1)
    text = path.read_text()
    training = text[: int(len(text) * (1 - TEST_SHARE))]
    if share == "test":
        return Windows(text[len(training) :], CONTEXT)
    every = speeches(training)
    if share == "validator":
        windows = Windows("".join(speech for _, speech in every[::JUDGED_SPEECHES]), CONTEXT)
        chosen = range(0, len(windows), max(1, len(windows) // JUDGED_WINDOWS))
        return Subset(windows, chosen[:JUDGED_WINDOWS])
    del every[::JUDGED_SPEECHES]
    training = "".join(speech for _, speech in every)
    if share == "all":
        return Windows(training, 1)
    index, count = map(int, share.split("/"))
    return Windows(shares(training, count)[index - 1], 1)
