"""A network in Python: validators that sign, and a gateway that serves what they signed. Written from docs/WIRE.md."""

import hashlib
import http.server
import json
import threading

import numpy as np
from nacl.signing import SigningKey

CHUNK = 4096


def digest(domain: str, *parts) -> bytes:
    data = b"".join(part.to_bytes(8, "little") if isinstance(part, int) else part for part in parts)
    return hashlib.blake2b(data, digest_size=32, person=domain.encode()).digest()


# Encoding


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def message(*fields) -> bytes:
    """Fields by ascending number: integers, bytes and text, lists of bytes for repeated ones. Zeros are left out."""
    out = b""
    for number, value in enumerate(fields, 1):
        if isinstance(value, int):
            out += varint(number << 3) + varint(value) if value else b""
            continue
        for part in value if isinstance(value, list) else [value]:
            part = part.encode() if isinstance(part, str) else part
            if part or isinstance(value, list):
                out += varint(number << 3 | 2) + varint(len(part)) + part
    return out


def envelope(kind: int, key: SigningKey, body: bytes) -> bytes:
    signer = bytes(key.verify_key)
    signature = key.sign(digest("trib.envelope", kind, signer, body)).signature
    return message(kind, signer, body, signature)


def tree(leaves: list[bytes]) -> list[list[bytes]]:
    levels = [[digest("trib.merkle.leaf", leaf) for leaf in leaves]]
    while len(levels[-1]) > 1:
        level = levels[-1]
        pairs = [level[at : at + 2] for at in range(0, len(level), 2)]
        levels.append([digest("trib.merkle.node", *pair) if len(pair) == 2 else pair[0] for pair in pairs])
    return levels


def root(levels: list[list[bytes]]) -> bytes:
    return digest("trib.merkle.root", len(levels[0]), levels[-1][0])


def path(levels: list[list[bytes]], index: int) -> list[bytes]:
    found = []
    for level in levels[:-1]:
        found += level[index ^ 1 : (index ^ 1) + 1]
        index //= 2
    return found


def chunks(weights: np.ndarray) -> list[bytes]:
    return [weights[at : at + CHUNK].astype("<f4").tobytes() for at in range(0, len(weights), CHUNK)]


def dense8(values: np.ndarray) -> bytes:
    """Values in quanta, of which each chunk has one of 1: the scale is 1."""
    parts = []
    for at in range(0, len(values), CHUNK):
        codes = values[at : at + CHUNK].astype(np.int8)
        parts.append(b"\x01" + codes.tobytes() if codes.any() else b"\x00")
    return b"".join(parts)


def keys(count: int, first: int = 0) -> list[SigningKey]:
    made = [SigningKey(bytes([first + index + 1]) * 32) for index in range(count)]
    return sorted(made, key=lambda key: bytes(key.verify_key))


def grants(stakes: dict) -> list[bytes]:
    ascending = sorted((bytes(key.verify_key), units) for key, units in stakes.items())
    return [message(key, units) for key, units in ascending]


class Network:
    """Validators with stakes, and a task whose versions they certify."""

    def __init__(self, stakes=None, trainer=message("mlp(64,80,10)"), count=64 * 80 + 80 + 800 + 10, weights=None):
        self.stakes = stakes or dict.fromkeys(keys(4), 10)
        self.cap, self.epoch, self.handovers = 3_000, 0, []
        self.genesis = message("test", grants(self.stakes), [], 1000, 1000, 10, self.cap, 1, 1)
        self.id = digest("trib.network", self.genesis)
        self.blobs, self.certificates, self.headers, self.checkpoints = {}, {}, {}, []
        draw = np.random.default_rng(1)
        self.weights = [draw.standard_normal(count).astype(np.float32) if weights is None else weights]
        self.steps = []
        first, leaves = self.put(self.weights[0].astype("<f4").tobytes()), chunks(self.weights[0])
        specification = message(
            "task", trainer, len(self.weights[0]), first, root(tree(leaves)), message(1, 0, 32, 10_000), message(1, 4),
            message(5))
        self.creation = envelope(5, SigningKey(b"a" * 32), message(self.id, 1, specification, 100))
        body = message(self.id, 1, specification, 100)
        self.task = digest("trib.envelope", 5, bytes(SigningKey(b"a" * 32).verify_key), body)
        self.accounts = [message(bytes([index]) * 32, 100 + index, 5, index) for index in range(5)]
        self.draw = draw

    def put(self, data: bytes) -> bytes:
        name = digest("trib.blob", data)
        self.blobs[name.hex()] = data
        return name

    def header(self, number: int, step: bytes, weights: np.ndarray, next_set: bytes) -> bytes:
        zero = bytes(32)
        return message(
            self.id, self.task, number, zero, zero, step, root(tree(chunks(weights))), zero,
            root(tree(self.accounts)), 9, zero, self.epoch, next_set)

    def certificate(self, header: bytes, signers=None) -> bytes:
        body = message(header, bytes(32))
        signing = sorted(signers or self.stakes, key=lambda key: bytes(key.verify_key))
        return message([envelope(14, key, body) for key in signing])

    def validator_set(self, epoch: int, stakes: dict) -> bytes:
        return message(epoch, self.cap, grants(stakes))

    def advance(self, signers=None, successors: dict | None = None):
        """One more version; with successors, the last of this epoch."""
        number = len(self.weights)
        values = self.draw.integers(-127, 128, len(self.weights[0]))
        values[::CHUNK] = 1
        step = self.put(message(self.task, number, "dense8", len(values), dense8(values)))
        moved = self.weights[-1].copy()
        moved[values != 0] += values[values != 0].astype(np.float32) * np.float32(2**-26)
        self.weights.append(moved)
        following = self.validator_set(self.epoch + 1, successors) if successors else b""
        self.headers[number] = self.header(number, step, moved, digest("trib.validators", following))
        self.certificates[number] = self.certificate(self.headers[number], signers)
        self.steps.append(step)
        if successors:
            self.handovers.append(message(self.certificates[number], following))
            self.stakes, self.epoch = successors, self.epoch + 1

    def checkpoint(self, number: int):
        blob = self.put(self.weights[number].astype("<f4").tobytes())
        self.checkpoints.append({"version": number, "blob": blob.hex(), "bytes": 4 * len(self.weights[0])})

    def proof(self, index: int) -> bytes:
        levels = tree(self.accounts)
        newest = self.certificates[max(self.certificates)]
        return message(self.accounts[index], message(index, len(self.accounts), path(levels, index)), newest)

    def answer(self, target: str) -> bytes | None:
        """What an honest gateway answers; None for what is not there."""
        place, _, query = target.partition("?after=")
        parts = place.strip("/").split("/")
        match parts[1:]:
            case ["head"]:
                return json.dumps({"network": self.id.hex(), "tasks": 1}).encode()
            case ["tasks"]:
                return json.dumps([] if query else [{"id": self.task.hex()}]).encode()
            case ["tasks", task] if task == self.task.hex():
                return self.creation
            case ["tasks", _, "versions"]:
                listed = self.steps[int(query) : int(query) + 3]
                return json.dumps([{"step": step.hex()} for step in listed]).encode()
            case ["tasks", _, "versions", "latest"]:
                return self.certificates[max(self.certificates)] if self.certificates else None
            case ["tasks", _, "versions", number]:
                return self.certificates.get(int(number))
            case ["tasks", _, "checkpoints"]:
                return json.dumps(self.checkpoints).encode()
            case ["blobs", name]:
                return self.blobs.get(name)
            case ["validators", "handovers"]:
                return message(self.handovers[int(query) : int(query) + 2])
            case ["accounts", key, "proof"]:
                found = [at for at, account in enumerate(self.accounts) if account[2:34].hex() == key]
                return self.proof(found[0]) if found and self.certificates else None
        return None


class Server:
    """Serves a network; `lie(target, body)` may change what it answers."""

    def __init__(self, network: Network, lie=None):
        asked = self.asked = []
        busy = self.busy = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                if busy:
                    self.send_response(busy.pop())
                    self.send_header("Retry-After", "0")
                    self.end_headers()
                    return
                body = network.answer(self.path)
                if lie:
                    body = lie(self.path, body)
                status = 404 if body is None else 200
                body = json.dumps({"detail": "it is not there"}).encode() if body is None else body
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, args=[0.01])
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
