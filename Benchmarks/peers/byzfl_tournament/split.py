"""Reads what `tributary tournament --export-split` wrote, and proves that the examples are the same."""

import gzip
import hashlib
import json
import math
import pathlib
import struct
from dataclasses import dataclass

import numpy as np

FORMAT = "tributary-split-1"
# The domain of every digest in a split.
DOMAIN = b"trib.split"
UNSIGNED_BYTE = 8
BRIGHTEST_PIXEL = np.float32(255)


class SplitError(Exception):
    """A split that cannot be used, in words that say what to do."""


@dataclass(frozen=True)
class Split:
    """The data of one (skew, seed): who holds which examples, and the weights that training starts from."""

    skew: float
    seed: int
    # n x features, float32; pixels lie in 0...1.
    features: np.ndarray
    # n, int32: the honest labels.
    labels: np.ndarray
    # Indices into the two, one array a contributor, in the order in which it holds them.
    contributors: list
    test: np.ndarray
    # Flat: of each layer the weights (outputs x inputs), then the biases.
    initial_weights: np.ndarray
    # Which contributors are hostile, by how many there are.
    attackers: dict


class Export:
    """An exported folder: the manifest, and the source's examples."""

    def __init__(self, folder, images=None, labels=None):
        """Reads the manifest and the source. `images` and `labels` replace the manifest's paths."""
        self.folder = pathlib.Path(folder)
        manifest_bytes = read_bytes(self.folder / "manifest.json")
        self.digest = blake2b(manifest_bytes)
        try:
            self.manifest = json.loads(manifest_bytes)
            self._read_manifest(self.manifest)
        except (KeyError, TypeError, ValueError) as fault:
            raise SplitError(
                f"{self.folder / 'manifest.json'} is not a manifest ({fault!r}): export the split again"
            ) from fault
        source = self.manifest["source"]
        if source.get("kind") != "idx" and not (images and labels):
            raise SplitError(
                f"the split was made from \"{source.get('kind')}\" data, and the peer reads IDX files: "
                "export a grid whose data.source is { idx: ... }"
            )
        self.features, self.labels = read_idx(images or source["images"], labels or source["labels"])
        shape = (self.manifest["examples"], self.manifest["featureCount"])
        if self.features.shape != shape:
            raise SplitError(
                f"the images have shape {self.features.shape}, and the split was made from {shape}: "
                "name the files that the grid names"
            )
        if self.labels.size and not 0 <= self.labels.min() <= self.labels.max() < self.manifest["classCount"]:
            raise SplitError(f"a label is not one of the {self.manifest['classCount']} classes")

    def _read_manifest(self, manifest):
        if manifest["format"] != FORMAT:
            raise SplitError(f"the split has format {manifest['format']}, and the peer reads {FORMAT}")
        self.model = manifest["model"]
        self.widths = parse_model(self.model)
        self.epochs = int(manifest["training"]["epochs"])
        self.batch_size = int(manifest["training"]["batchSize"])
        self.learning_rate = float(manifest["training"]["learningRate"])
        self.server_learning_rate = float(manifest["serverLearningRate"])
        self.contributor_count = int(manifest["contributors"])
        # As many local trainings as our run takes updates.
        self.rounds = math.ceil(manifest["windows"] * manifest["windowSize"] / self.contributor_count)
        self.attacks = list(manifest["attacks"])
        self.attackers = list(manifest["attackers"])
        self.keys = [(entry["skew"], entry["seed"]) for entry in manifest["splits"]]
        if self.widths[0] != manifest["featureCount"] or self.widths[-1] != manifest["classCount"]:
            raise SplitError(f"{self.model} does not take the split's examples: export it again")

    def load(self, skew, seed):
        """The split of a skew and a seed, after every digest was recomputed from what is returned.

        Raises SplitError on any difference.
        """
        entry = self.manifest["splits"][self.keys.index((skew, seed))]
        folder = self.folder / entry["folder"]
        contributors = [self._indices(folder, part) for part in entry["contributors"]]
        if len(contributors) != self.contributor_count:
            raise SplitError(f"{folder} has {len(contributors)} contributors, not {self.contributor_count}")
        if not all(part.size for part in contributors):
            raise SplitError(f"a contributor of {folder} holds no example, and cannot train")
        test = self._indices(folder, entry["test"])
        held = np.concatenate([test, *contributors])
        if np.unique(held).size != held.size:
            raise SplitError(f"an example of {folder} is held twice: export the split again")
        return Split(
            skew=skew,
            seed=seed,
            features=self.features,
            labels=self.labels,
            contributors=contributors,
            test=test,
            initial_weights=self._weights(folder, entry["initialWeights"]),
            attackers={0: []} | {group["count"]: self._attackers(group) for group in entry["attackers"]},
        )

    def _indices(self, folder, part):
        content = checked(folder, part)
        indices = np.frombuffer(content, "<u4").astype(np.int64)
        path = folder / part["file"]
        if indices.size != part["count"] or (indices.size and indices.max() >= len(self.labels)):
            raise SplitError(f"{path} does not hold {part['count']} indices of examples: export it again")
        features = self.features[indices].astype("<f4", copy=False)
        found = blake2b(features.tobytes() + self.labels[indices].astype("<i4").tobytes())
        if found != part["examplesDigest"]:
            raise SplitError(
                f"the examples of {path} differ from those that the split was made from ({found} is not "
                f"{part['examplesDigest']}): name the image and label files that the grid names"
            )
        return indices

    def _weights(self, folder, part):
        weights = np.frombuffer(checked(folder, part), "<f4").astype(np.float32)
        expected = sum((inputs + 1) * outputs for inputs, outputs in zip(self.widths, self.widths[1:]))
        if weights.size != expected or part["count"] != expected:
            raise SplitError(f"{folder / part['file']} does not hold {expected} weights of {self.model}")
        return weights

    def _attackers(self, group):
        indices = group["indices"]
        if len(set(indices)) != group["count"] or not set(indices) <= set(range(self.contributor_count)):
            raise SplitError(f"the manifest does not name {group['count']} attackers: export the split again")
        return sorted(indices)


def parse_model(name):
    """The widths of `softmax(features,classes)` or `mlp(features,hidden,...,classes)`."""
    architecture, separator, rest = name.partition("(")
    if architecture not in ("softmax", "mlp") or not separator or not rest.endswith(")"):
        raise SplitError(f"\"{name}\" is not a model that the peer trains: softmax(...) or mlp(...)")
    return [int(width) for width in rest[:-1].split(",")]


def read_idx(images, labels):
    """Images as rows of pixels scaled to 0...1 as tributary scales them, and labels."""
    images_shape, pixels = parse_idx(images)
    labels_shape, classes = parse_idx(labels)
    if len(images_shape) < 2 or len(labels_shape) != 1 or images_shape[0] != labels_shape[0]:
        raise SplitError(
            f"{images} of shape {images_shape} does not go with {labels} of shape {labels_shape}"
        )
    features = pixels.reshape(images_shape[0], -1).astype(np.float32) / BRIGHTEST_PIXEL
    return features, classes.astype(np.int32)


def parse_idx(path):
    """The shape and the bytes of an IDX file, which may be compressed with gzip."""
    content = read_bytes(path)
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != UNSIGNED_BYTE:
        raise SplitError(f"{path} is not an IDX file of bytes")
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise SplitError(f"{path} ends within its header")
    shape = struct.unpack(f">{content[3]}I", content[4:start])
    if len(content) - start != math.prod(shape):
        raise SplitError(f"{path} does not hold the {math.prod(shape)} values of its shape {shape}")
    return shape, np.frombuffer(content, np.uint8, offset=start)


def checked(folder, part):
    """A file's bytes, if they have the manifest's digest."""
    path = folder / part["file"]
    content = read_bytes(path)
    if blake2b(content) != part["digest"]:
        raise SplitError(f"{path} is not the file that was exported: export the split again")
    return content


def read_bytes(path):
    try:
        return pathlib.Path(path).read_bytes()
    except OSError as fault:
        raise SplitError(f"{path} cannot be read: {fault.strerror}") from fault


def blake2b(content):
    """The hexadecimal digest that a split uses."""
    return hashlib.blake2b(content, digest_size=32, person=DOMAIN).hexdigest()
