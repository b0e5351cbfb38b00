"""A trainer over the protocol of docs/TRAINER.md, written against that page alone: softmax regression on every
n-th of the digits. `softmax_trainer.py DIGITS FIRST STEP`."""

import json
import math
import mmap
import os
import struct
import sys

import numpy as np

PIXELS, CLASSES = 64, 10
TENSORS = [("softmax.weight", [CLASSES, PIXELS]), ("softmax.bias", [CLASSES])]
COUNT = sum(math.prod(shape) for _, shape in TENSORS)
SPAN = -(-4 * COUNT // 4096) * 4096


def load(path: str, first: int, step: int) -> tuple[np.ndarray, np.ndarray]:
    with open(path, "rb") as file:
        data = file.read()
    magic, images, pixels = struct.unpack_from("<8sII", data)
    assert (magic, pixels) == (b"DIGITS01", PIXELS)
    values = np.frombuffer(data, np.uint8, images * pixels, 16).reshape(images, pixels)
    labels = np.frombuffer(data, np.uint8, images, 16 + images * pixels)
    return values[first::step].astype(np.float32) / 16, labels[first::step]


def loss_and_gradient(flat: np.ndarray, images: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray, float]:
    weight, bias = flat[: CLASSES * PIXELS].reshape(CLASSES, PIXELS), flat[CLASSES * PIXELS :]
    scores = images @ weight.T + bias
    scores -= scores.max(axis=1, keepdims=True)
    chances = np.exp(scores)
    chances /= chances.sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    loss = -np.log(np.maximum(chances[rows, labels], 1e-30)).mean()
    accuracy = (chances.argmax(axis=1) == labels).mean()
    chances[rows, labels] -= 1
    chances /= len(labels)
    gradient = np.concatenate([(chances.T @ images).ravel(), chances.sum(axis=0)])
    return float(loss), gradient, float(accuracy)


def train(flat: np.ndarray, images: np.ndarray, labels: np.ndarray, request: dict) -> tuple[np.ndarray, dict]:
    random = np.random.default_rng(int(request["seed"]))
    size = min(request["batchSize"], len(labels))
    per_epoch = -(-len(labels) // size)
    steps = request["steps"] if "steps" in request else request["epochs"] * per_epoch
    met, loss_sum, order = 0, 0.0, np.empty(0, int)
    for _ in range(steps):
        if not len(order):
            order = random.permutation(len(labels))
        batch, order = order[:size], order[size:]
        loss, gradient, _ = loss_and_gradient(flat, images[batch], labels[batch])
        flat = flat - request["learningRate"] * (gradient + request["weightDecay"] * flat)
        met, loss_sum = met + len(batch), loss_sum + loss * len(batch)
    return flat, {"examples": len(labels), "steps": steps, "loss": loss_sum / met if met else 0}


def main():
    images, labels = load(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    requests, answers = os.fdopen(0, "rb"), os.fdopen(1, "wb")
    memory = None
    while head := requests.read(8):
        magic, length = struct.unpack("<4sI", head)
        assert magic == b"TRBF"
        request = json.loads(requests.read(length))
        call = request["call"]
        # The memory has its size from the answer to `describe` on.
        if call != "describe":
            memory = memory or mmap.mmap(3, 2 * SPAN)
            given = np.frombuffer(memory[: 4 * COUNT], "<f4")
        if call == "describe":
            tensors = [{"name": name, "shape": shape} for name, shape in TENSORS]
            result = {"tensors": tensors, "examples": len(labels), "groups": CLASSES, "name": "softmax regression"}
        elif call == "initialize":
            output = np.random.default_rng(int(request["seed"])).normal(0, 0.01, COUNT)
            result = {}
        elif call == "train":
            output, result = train(given, images, labels, request)
        else:
            chosen = labels == request["group"] if "group" in request else np.full(len(labels), True)
            loss, output, accuracy = loss_and_gradient(given, images[chosen], labels[chosen])
            result = {"examples": int(chosen.sum()), "loss": loss}
            result |= {"metrics": {"accuracy": accuracy}} if call == "evaluate" else {}
        if call in ("initialize", "train", "gradient"):
            memory[SPAN : SPAN + 4 * COUNT] = output.astype("<f4").tobytes()
        body = json.dumps({"id": request["id"], "result": result}).encode()
        answers.write(struct.pack("<4sI", b"TRBF", len(body)) + body)
        answers.flush()


if __name__ == "__main__":
    main()
