"""Writes the real updates that `tributary-bench codec` encodes: Benchmarks/packets/*.payload.

Usage, with torch and numpy installed:
  python Benchmarks/packets/make_packets.py FOLDER-OF-MNIST FILE-OF-TINY-SHAKESPEARE

Eight nodes with uneven data train from common weights, keep the 64 largest of every 4,096 changes as a sign and one of
two magnitudes, and carry the rest over into the next round, as `ErrorFeedback` does; the mean of what they sent, cut
in the same way to 256, moves the common weights. A file has what one node sent: a `Payload` message, whose values are
encoded by Tests/Interop/payloads.py. Made with torch 2.13.0; another version or machine gives other values.
"""

import gzip
import pathlib
import sys

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, scaled_dot_product_attention

here = pathlib.Path(__file__).resolve().parent
sys.path.append(str(here.parents[1] / "Tests" / "Interop"))
import payloads  # noqa: E402

SEED = 20_240_901
NODES = 8
CONTEXT = 64
MAGNITUDES = np.array([payloads.magnitude(code) for code in range(224)])
torch.manual_seed(SEED)
random = np.random.default_rng(SEED)


class Block(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.attention_norm, self.attention_in = nn.LayerNorm(width), nn.Linear(width, 3 * width)
        self.attention_out = nn.Linear(width, width)
        self.hidden = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        rows, length, width = x.shape
        heads = self.attention_in(self.attention_norm(x)).view(rows, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = scaled_dot_product_attention(*heads, is_causal=True)
        x = x + self.attention_out(mixed.transpose(1, 2).reshape(rows, length, width))
        return x + self.hidden(x)


class Transformer(nn.Module):
    def __init__(self, vocabulary: int, width: int = 160, depth: int = 3):
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocabulary, width), nn.Embedding(CONTEXT, width)
        self.blocks = nn.Sequential(*(Block(width, 4) for _ in range(depth)))
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, vocabulary))

    def forward(self, x):
        return self.head(self.blocks(self.tokens(x) + self.places.weight)).transpose(1, 2)


def perceptron():
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10))


def convolutional():
    return nn.Sequential(
        nn.Unflatten(1, (1, 28)), nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(3_136, 128), nn.ReLU(),
        nn.Linear(128, 10))


def mnist_batches(folder: pathlib.Path):
    """A function from nodes to batches; each node has some digits more often than others."""

    def read(name: str, header: int) -> np.ndarray:
        return np.frombuffer(gzip.decompress((folder / name).read_bytes()), np.uint8, offset=header)

    images = torch.tensor(read("train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28).astype(np.float32) / 255)
    labels = torch.tensor(read("train-labels-idx1-ubyte.gz", 8).astype(np.int64))
    shares = [random.dirichlet(np.full(10, 0.5))[labels.numpy()] for _ in range(NODES)]
    held = [random.choice(len(labels), 6_000, p=share / share.sum()) for share in shares]

    def batch(node: int, flat: bool):
        chosen = torch.tensor(random.choice(held[node], 32))
        return images[chosen].flatten(1) if flat else images[chosen], labels[chosen]

    return batch


def text_batches(path: pathlib.Path):
    """The number of characters that occur, and a function from nodes to batches; each has its own part of the text."""
    characters, text = np.unique(np.frombuffer(path.read_bytes(), np.uint8), return_inverse=True)
    part = len(text) // NODES

    def batch(node: int):
        starts = node * part + random.integers(0, part - CONTEXT - 1, 8)
        rows = torch.tensor(np.stack([text[start : start + CONTEXT + 1] for start in starts]))
        return rows[:, :-1], rows[:, 1:]

    return len(characters), batch


def sparsified(values: np.ndarray, kept: int) -> np.ndarray:
    """What the form `sparse:kept` holds of values in quanta."""
    result = np.zeros(len(values), np.int64)
    for start in range(0, len(values), payloads.CHUNK):
        chunk = values[start : start + payloads.CHUNK]
        quota = -(-kept * len(chunk) // payloads.CHUNK)
        chosen = np.argsort(-np.abs(chunk), kind="stable")[:quota]
        chosen = chosen[chunk[chosen] != 0]
        sizes = np.sort(np.abs(chunk[chosen]))
        if len(sizes) < 2:
            continue
        lower, sums = np.arange(1, len(sizes)), np.cumsum(sizes)
        gains = ((len(sizes) * sums[:-1] - lower * sums[-1]) ** 2) / (lower * (len(sizes) - lower))
        split = int(np.argmax(gains)) + 1
        levels = np.array([sizes[:split].mean(), sizes[split:].mean()])
        levels = MAGNITUDES[np.abs(MAGNITUDES - levels[:, None]).argmin(axis=1)]
        nearest = levels[np.abs(levels - np.abs(chunk[chosen])[:, None]).argmin(axis=1)]
        result[start + chosen] = np.sign(chunk[chosen]).astype(np.int64) * nearest
    return result


def varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def write(name: str, values: np.ndarray):
    form, data = b"sparse:64", payloads.encode_sparse(values, 64)
    message = b"\x0a" + varint(len(form)) + form + b"\x10" + varint(len(values)) + b"\x1a" + varint(len(data)) + data
    (here / f"{name}.payload").write_bytes(message)
    print(f"{name}: {len(values):,} parameters, {8 * len(data) / len(values):.4f} bit each", flush=True)


def train(name: str, model: nn.Module, optimizer, batch, rounds: int):
    weights = nn.utils.parameters_to_vector(model.parameters()).detach().numpy().astype(np.float64)
    residuals = np.zeros((NODES + 1, len(weights)))
    for number in range(1, rounds + 1):
        sent = np.zeros(len(weights))
        for node in range(NODES):
            nn.utils.vector_to_parameters(torch.tensor(weights, dtype=torch.float32), model.parameters())
            steps = optimizer(model.parameters())
            for _ in range(8):
                inputs, targets = batch(node)
                steps.zero_grad()
                cross_entropy(model(inputs), targets).backward()
                steps.step()
            trained = nn.utils.parameters_to_vector(model.parameters()).detach().numpy().astype(np.float64)
            residuals[node] += np.rint((trained - weights) * 2**26)
            values = sparsified(residuals[node], 64)
            residuals[node] -= values
            sent += values / NODES
            if node == 0 and number in (1, rounds):
                write(f"{name}-round-{number}", values)
        residuals[NODES] += sent
        step = sparsified(residuals[NODES], 256)
        residuals[NODES] -= step
        weights += step * 2.0**-26


digits = mnist_batches(pathlib.Path(sys.argv[1]))
train(
    "mnist-perceptron", perceptron(), lambda p: torch.optim.SGD(p, 0.1), lambda node: digits(node, True), rounds=16)
train(
    "mnist-convolutional", convolutional(), lambda p: torch.optim.SGD(p, 0.05), lambda node: digits(node, False),
    rounds=12)
vocabulary, text = text_batches(pathlib.Path(sys.argv[2]))
train(
    "shakespeare-transformer", Transformer(vocabulary), lambda p: torch.optim.AdamW(p, 1e-3), text, rounds=8)
