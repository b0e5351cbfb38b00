"""A trainer of a small linear model, with nothing but Python's own library, and the ways of going wrong that the
tests want to see: `trainer.py [WAY]`."""

import json
import math
import mmap
import os
import random
import signal
import struct
import subprocess
import sys
import time

WAY = sys.argv[1] if len(sys.argv) > 1 else "good"
FEATURES, OUTPUTS, EXAMPLES, GROUPS = 3, 2, 24, 3
TENSORS = [("weight", [OUTPUTS, FEATURES]), ("bias", [OUTPUTS])]
if WAY == "large":
    TENSORS = [("weight", [10, 1_000_000])]
if WAY == "other":
    TENSORS = [("weight", [FEATURES, OUTPUTS]), ("offset", [OUTPUTS])]
if WAY == "swapped":
    TENSORS = TENSORS[::-1]
COUNT = sum(math.prod(shape) for _, shape in TENSORS)
PAGES = (4 * COUNT + 4095) // 4096 * 4096
# Group 0 has fewer examples than the others, so that a mean of means is not the mean.
DATA = [([math.sin(3 * i), math.cos(5 * i), 1.5], [math.sin(i), 0.5]) for i in range(EXAMPLES)]
GROUP = [0 if i < 4 else 1 + i % 2 for i in range(EXAMPLES)]


def mark(name):
    """Whether this is the first time that a trainer in this folder comes here."""
    try:
        os.close(os.open(name, os.O_CREAT | os.O_EXCL))
        return True
    except FileExistsError:
        return False


def send(message, raw=None):
    body = json.dumps(message).encode() if raw is None else raw
    os.write(1, b"TRBF" + struct.pack("<I", len(body)) + body)


def read(count):
    data = b""
    while len(data) < count:
        part = os.read(0, count - len(data))
        if not part:
            if WAY == "stubborn":
                time.sleep(3600)
            sys.exit(0)
        data += part
    return data


def vector(memory):
    return list(struct.unpack(f"<{COUNT}f", memory[: 4 * COUNT]))


def write(memory, values):
    memory[PAGES : PAGES + 4 * len(values)] = struct.pack(f"<{len(values)}f", *values)


def loss_and_gradient(weights, examples):
    total, gradient = 0.0, [0.0] * COUNT
    for i in examples:
        inputs, wanted = DATA[i]
        for o in range(OUTPUTS):
            row = weights[o * FEATURES : (o + 1) * FEATURES]
            error = sum(w * x for w, x in zip(row, inputs)) + weights[OUTPUTS * FEATURES + o] - wanted[o]
            total += error * error / 2
            for f in range(FEATURES):
                gradient[o * FEATURES + f] += error * inputs[f]
            gradient[OUTPUTS * FEATURES + o] += error
    return total / len(examples), [g / len(examples) for g in gradient]


def train(weights, request):
    size = min(request["batchSize"], EXAMPLES)
    a_pass = -(-EXAMPLES // size)
    steps = request["steps"] if "steps" in request else request["epochs"] * a_pass
    shuffle = random.Random(int(request["seed"]))
    order, losses, met = [], 0.0, 0
    for step in range(steps):
        order = order or shuffle.sample(range(EXAMPLES), EXAMPLES)
        batch, order = order[:size], order[size:]
        loss, gradient = loss_and_gradient(weights, batch)
        losses, met = losses + loss * len(batch), met + len(batch)
        decay, rate = request["weightDecay"], request["learningRate"]
        weights = [w - rate * (g + decay * w) for w, g in zip(weights, gradient)]
        send({"id": request["id"], "progress": {"step": step + 1, "steps": steps, "loss": loss}})
    return weights, {"examples": EXAMPLES, "steps": steps, "loss": losses / met if met else 0.0}


def describe():
    name = "linear"
    if WAY == "inspect":
        status = dict(line.split(":\t") for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
        name = json.dumps(
            {
                "descriptors": sorted(os.listdir("/proc/self/fd"), key=int),
                "blocked": int(status["SigBlk"], 16),
                "leads": os.getpgid(0) == os.getpid(),
                "folder": os.getcwd(),
                "version": os.environ["TRIBUTARY_TRAINER"],
                "size": os.fstat(3).st_size,
            }
        )
    if WAY in ("family", "stubborn"):
        child = subprocess.Popen(["sleep", "3600"])
        name = f"{os.getpid()} {child.pid}"
    if WAY == "moody" and not mark("described"):
        name = "another"
    return {
        "tensors": [{"name": name, "shape": shape} for name, shape in TENSORS],
        "examples": EXAMPLES,
        "groups": GROUPS,
        "name": name,
    }


steps_before = 0


def answer(request, memory):
    global steps_before
    call = request["call"]
    if call == "initialize":
        if WAY == "large":
            memory[PAGES : PAGES + 4 * COUNT] = struct.pack("<f", 0.5) * COUNT
            return {}
        seed = 0 if WAY == "seedless" else int(request["seed"])
        source = random.Random() if WAY == "random-start" else random.Random(seed)
        write(memory, [source.gauss(0, 0.1) for _ in range(COUNT)])
        return {}
    if WAY == "large":
        if call != "evaluate":
            memory[PAGES : PAGES + 4 * COUNT] = memory[: 4 * COUNT]
        first, last = struct.unpack_from("<f", memory, 0)[0], struct.unpack_from("<f", memory, 4 * COUNT - 4)[0]
        result = {"examples": EXAMPLES, "loss": first + last}
        return result | ({"steps": 1} if call == "train" else {"metrics": {}} if call == "evaluate" else {})
    weights = vector(memory)
    if call == "train":
        weights, result = train(weights, request)
        if WAY == "leaky" and steps_before:
            weights = [w + 0.01 * steps_before for w in weights]
        steps_before += result["steps"]
        if WAY == "frozen":
            weights = vector(memory)
        write(memory, weights)
        return result
    examples = [i for i in range(EXAMPLES) if "group" not in request or GROUP[i] == request["group"]]
    loss, gradient = loss_and_gradient(weights, examples)
    if call == "gradient":
        if WAY == "wrong-sign":
            gradient = [-g for g in gradient]
        if WAY == "wrong-scale":
            gradient = [g * len(examples) for g in gradient]
        if WAY == "wrong-tensor":
            gradient[-1] = 0
        if WAY == "wrong-groups" and "group" in request:
            gradient = [g * 1.1 for g in gradient]
        write(memory, gradient[: COUNT // 2] if WAY == "unwritten" else gradient)
        return {"examples": len(examples), "loss": loss}
    if WAY == "noisy":
        loss += random.random() * 0.01
    accuracy = 1 / (1 + loss)
    return {"examples": EXAMPLES, "loss": loss, "metrics": {"accuracy": accuracy, "error": 1 - accuracy}}


def misbehave(request, memory):
    """Goes wrong; says whether that was the answer."""
    print(f"call {request['call']}", file=sys.stderr, flush=True)
    if WAY.endswith("-once") and not mark("misbehaved"):
        return False
    way = WAY.removesuffix("-once")
    if way == "print":
        os.write(1, b"epoch 1\nloss 0.5\n")
    if way in ("die", "moody"):
        print("a bad\x1b thing\thappened", file=sys.stderr)
        sys.exit(7)
    if way == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if way == "hang":
        send({"id": request["id"], "progress": {"step": 0, "steps": 1, "loss": 0}})
        time.sleep(3600)
    if way == "close":
        os.close(1)
        time.sleep(3600)
    if way == "hoard":
        hoard = bytearray(b"x") * (300 << 20)
        time.sleep(3600 + len(hoard))
    if way == "shrink":
        try:
            os.ftruncate(3, 0)
        except PermissionError:
            print("the size is sealed", file=sys.stderr, flush=True)
        sys.exit(1)
    if way == "orphan":
        # A process of another group keeps the streams open, and fills the log.
        subprocess.Popen(["sh", "-c", "while :; do echo noise >&2; done"], start_new_session=True)
        sys.exit(4)
    if way == "refuse":
        send({"id": request["id"], "error": "no column 'age'\nin data.csv"})
    if way == "early":
        send({"id": request["id"] + 1, "result": {}})
    if way == "nothing":
        send({"id": request["id"], "result": {}})
    if way == "both":
        send({"id": request["id"], "result": {"examples": 1, "loss": 0, "metrics": {}}, "error": "both"})
    if way == "surplus":
        send({"id": request["id"], "result": {"examples": 1, "loss": 0, "metrics": {}, "acuracy": 1}})
    if way == "nan-loss":
        send({"id": request["id"], "result": {"examples": 1, "loss": float("nan"), "metrics": {}}})
    if way == "garbage":
        send(None, raw=b"{]")
    if way == "endless":
        os.write(1, b"TRBF\xff\xff\xff\xff")
    if way == "nan":
        memory[PAGES : PAGES + 4 * COUNT] = struct.pack("<f", float("inf")) * COUNT
        send({"id": request["id"], "result": {}})
    return way in ("refuse", "early", "nothing", "both", "surplus", "nan-loss", "garbage", "nan")


def main():
    if WAY == "chatty":
        print("loading data", flush=True)
    if WAY == "mute":
        time.sleep(3600)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    memory = None
    while True:
        magic, length = struct.unpack("<4sI", read(8))
        assert magic == b"TRBF"
        request = json.loads(read(length))
        if request["call"] == "describe":
            send({"id": request["id"], "result": describe()})
            continue
        memory = memory or mmap.mmap(3, 2 * PAGES)
        if request["call"] == ("initialize" if WAY == "nan" else "evaluate"):
            if misbehave(request, memory):
                continue
        result = answer(request, memory)
        send({"id": request["id"], "result": result})
        if WAY == "deaf":
            os.close(0)
            time.sleep(3600)
        if WAY == "lazy":
            print("enough for today", file=sys.stderr, flush=True)
            sys.exit(5)
        if WAY == "talkative":
            send({"id": request["id"], "result": result})


main()
