"""Images in IDX files, as MNIST has them, dealt out unevenly: of each digit, shares drawn from a Dirichlet
distribution say how many images each contributor has."""

import gzip
import pathlib

import numpy as np
import torch
from torch.utils.data import TensorDataset

CONCENTRATION, SEED = 0.3, 1
# As many training images are no contributor's: validators judge with them.
JUDGING_IMAGES = 1_000


def read(path: pathlib.Path) -> np.ndarray:
    data = gzip.decompress(path.read_bytes())
    shape = np.frombuffer(data, ">u4", count=data[3], offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def deal(labels: np.ndarray, count: int) -> list[np.ndarray]:
    """The images of each of `count` contributors, each of which has one at least."""
    random = np.random.default_rng(SEED)
    parts: list[list[int]] = [[] for _ in range(count)]
    for label in np.unique(labels):
        images = random.permutation(np.flatnonzero(labels == label))
        shares = random.dirichlet(np.full(count, CONCENTRATION))
        for part, chosen in zip(parts, np.split(images, (shares.cumsum()[:-1] * len(images)).astype(int))):
            part.extend(chosen)
    for part in parts:
        if not part:
            part.append(max(parts, key=len).pop())
    return [np.array(part) for part in parts]


def examples(folder: pathlib.Path | None, share: str) -> TensorDataset:
    """The examples of a share: "3/50" of the contributors', counted from 1, or "all", "validator" or "test"."""
    if folder is None:
        return TensorDataset(torch.zeros(1, 1, 28, 28), torch.zeros(1, dtype=torch.long))
    kind = "t10k" if share == "test" else "train"
    images, labels = (read(folder / f"{kind}-{name}-ubyte.gz") for name in ("images-idx3", "labels-idx1"))
    order = np.random.default_rng(SEED).permutation(len(images))
    judging = min(JUDGING_IMAGES, len(images) // 10)
    if share == "test":
        chosen = np.arange(len(images))
    elif share in ("validator", "all"):
        chosen = order[:judging] if share == "validator" else order[judging:]
    else:
        index, count = map(int, share.split("/"))
        chosen = order[judging:][deal(labels[order[judging:]], count)[index - 1]]
    inputs = torch.from_numpy(images[chosen]).float().unsqueeze(1) / 255
    return TensorDataset(inputs, torch.from_numpy(labels[chosen]).long())
