"""The door answers as docs/openapi.yaml says: every operation and status of it, in its schemas, and nothing else."""

import base64
import http.client
import json
import pathlib
import re
import subprocess

import jsonschema
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
NOTHING = "0" * 64
METHODS = ("get", "post")


class Scene:
    """Doors that run, what is behind them, and what they were asked so far."""

    def __init__(self, scene: dict):
        self.ports = scene["ports"]
        self.task = scene["task"]
        self.contributor = scene["contributor"]
        self.stranger = scene["stranger"]
        self.versions = scene["versions"]
        self.bodies = {name: base64.b64decode(text) for name, text in scene["bodies"].items()}
        self.seen = set()

    def ask(self, pattern: str, status: int, *, door="open", method="GET", query="", headers=None, body=None, **values):
        """Asks for a path, and checks the answer against the document. Returns the body, decoded if it is JSON."""
        path = pattern.format(**values) + query
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[door], timeout=60)
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        assert answer.status == status, f"{method} {path}: {answer.status} {answer.read(1000)}"
        self.seen.add((pattern, method.lower(), str(status)))
        described = resolved(DOCUMENT["paths"][pattern][method.lower()]["responses"][str(status)])
        contents = described.get("content", {})
        kind = answer.headers["content-type"]
        assert (kind in contents) if contents else kind is None, f"{method} {path}: {kind}"
        if kind == "text/event-stream":
            lines = [answer.readline() for _ in range(5)]
            connection.close()
            return b"".join(lines)
        data = answer.read()
        connection.close()
        for name in described.get("headers", {}):
            assert answer.headers[name], f"{method} {path} lacks {name}"
        if kind in ("application/json", "application/problem+json"):
            value = json.loads(data)
            check(value, contents[kind]["schema"])
            if kind == "application/problem+json":
                assert value["status"] == status
            return value
        return data


def resolved(node: dict) -> dict:
    """What a node stands for, if it is a reference."""
    while "$ref" in node:
        found = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def check(value, schema: dict):
    """Checks a value against a schema of the document."""
    jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(value)


@pytest.fixture(scope="module")
def scene(binaries):
    process = subprocess.Popen([binaries / "door-server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield Scene(json.loads(process.stdout.readline()))
    finally:
        process.stdin.close()
        process.stdout.read()
        assert process.wait(timeout=60) == 0


def test_the_document_is_whole():
    """Every reference leads somewhere, every schema is one, and every path names its parameters."""

    def references(node):
        if isinstance(node, dict):
            yield from (value for key, value in node.items() if key == "$ref")
        for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            yield from references(child)

    for reference in references(DOCUMENT):
        assert resolved({"$ref": reference}), reference
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for pattern, path in DOCUMENT["paths"].items():
        named = {p["name"] for p in map(resolved, path.get("parameters", [])) if p["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", pattern)), pattern


def test_every_route_is_described():
    source = (ROOT / "Sources" / "Door" / "Route.swift").read_text()
    routes = set(re.findall(r'^    case \.\w+: "(/[^"]+)"$', source, re.M))
    assert routes
    assert set(DOCUMENT["paths"]) == routes


def test_every_code_is_described():
    refusals = (ROOT / "Sources" / "Ledger" / "Refusal.swift").read_text()
    declared = set(re.findall(r"^  case (\w+)$", refusals, re.M))
    for folder in ("Door", "HTTP"):
        for path in (ROOT / "Sources" / folder).rglob("*.swift"):
            declared.update(re.findall(r'code: "(\w+)"', path.read_text()))
    gateway = (ROOT / "Sources" / "Agents" / "GatewayRefusal.swift").read_text()
    names = gateway[gateway.index("var code: String") : gateway.index("var description")]
    declared.update(re.findall(r'"(\w+)"', names))
    declared.add("malformedRequest")
    assert set(DOCUMENT["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]) == declared


def test_what_is_read(scene, message_class):
    def message(name: str, data: bytes):
        found = message_class(name)()
        assert found.ParseFromString(data) == len(data)
        assert found.SerializeToString(deterministic=True) == data
        return found

    json_only = {"Accept": "application/json"}
    assert scene.ask("/healthz", 200)["status"] == "ok"
    assert scene.ask("/healthz", 503, door="closed")["status"] != "ok"
    assert b"tributary_log_length " in scene.ask("/metrics", 200)
    assert scene.ask("/v1/head", 200)["tasks"] == 1
    message("Genesis", scene.ask("/v1/genesis", 200))
    assert [task["id"] for task in scene.ask("/v1/tasks", 200)] == [scene.task]
    assert scene.ask("/v1/tasks", 200, query=f"?after={scene.task}") == []
    assert scene.ask("/v1/tasks", 400, query="?after=all")["code"] == "badQuery"

    task = {"task": scene.task}
    envelope = message("Envelope", scene.ask("/v1/tasks/{task}", 200, **task))
    message("TaskCreation", envelope.body)
    assert scene.ask("/v1/tasks/{task}", 200, headers=json_only, **task)["version"] == scene.versions
    scene.ask("/v1/tasks/{task}", 404, task=NOTHING)

    pattern = "/v1/tasks/{task}/versions"
    versions = scene.ask(pattern, 200, **task)
    assert [version["version"] for version in versions] == list(range(1, scene.versions + 1))
    assert scene.ask(pattern, 200, query=f"?after={scene.versions - 1}", **task) == versions[-1:]
    assert scene.ask(pattern, 400, query="?after=soon", **task)["code"] == "badQuery"
    scene.ask(pattern, 404, task=NOTHING)

    pattern = "/v1/tasks/{task}/versions/{version}"
    certificate = message("Certificate", scene.ask(pattern, 200, version="latest", **task))
    attestation = message("Attestation", certificate.attestations[0].body)
    assert attestation.header.step.hex() == versions[-1]["step"]
    assert scene.ask(pattern, 200, headers=json_only, version=1, **task) == versions[0]
    assert scene.ask(pattern, 410, version=1, **task)["code"] == "forgotten"
    assert scene.ask(pattern, 404, version=0, **task)["code"] == "notFinal"

    pattern, digest = "/v1/blobs/{digest}", versions[-1]["step"]
    step = scene.ask(pattern, 200, digest=digest)
    assert scene.ask(pattern, 206, digest=digest, headers={"Range": "bytes=1-4"}) == step[1:5]
    scene.ask(pattern, 304, digest=digest, headers={"If-None-Match": f'"{digest}"'})
    scene.ask(pattern, 416, digest=digest, headers={"Range": f"bytes={len(step)}-"})
    scene.ask(pattern, 404, digest=NOTHING)
    assert scene.ask(pattern, 503, door="busy", digest=digest)["code"] == "unavailable"

    pattern = "/v1/tasks/{task}/checkpoints"
    while not (checkpoints := scene.ask(pattern, 200, **task)):
        pass
    assert [checkpoint["version"] for checkpoint in checkpoints] == [2]
    weights = scene.ask("/v1/blobs/{digest}", 200, digest=checkpoints[0]["blob"])
    assert len(weights) == checkpoints[0]["bytes"]
    scene.ask(pattern, 404, task=NOTHING)

    account = scene.ask("/v1/accounts/{key}", 200, key=scene.contributor)
    assert account["nonce"] == 1 and account["tasks"][0]["sequence"] == scene.versions
    scene.ask("/v1/accounts/{key}", 404, key="nobody")
    proof = message("AccountProof", scene.ask("/v1/accounts/{key}/proof", 200, key=scene.contributor))
    assert proof.account.key.hex() == scene.contributor
    scene.ask("/v1/accounts/{key}/proof", 400, query="?task=none", key=scene.contributor)
    scene.ask("/v1/accounts/{key}/proof", 404, key=scene.stranger)

    pattern = "/v1/validators/handovers"
    chain = message("HandoverChain", scene.ask(pattern, 200))
    assert [handover.validators.epoch for handover in chain.handovers] == [1]
    assert message("HandoverChain", scene.ask(pattern, 200, query="?after=1")) == message("HandoverChain", b"")
    assert scene.ask(pattern, 400, query="?after=never")["code"] == "badQuery"
    assert scene.ask("/v1/head", 200)["epoch"] == 1

    assert len(scene.ask("/v1/receipts", 200, query=f"?contributor={scene.contributor}")) == scene.versions
    scene.ask("/v1/receipts", 400)

    lines = scene.ask("/v1/events", 200).decode().splitlines()
    event = dict(line.split(": ", 1) for line in lines if line and not line.startswith(":"))
    assert event["event"] == "version"
    check(json.loads(event["data"]), {"$ref": "#/components/schemas/Version"})
    assert json.loads(event["data"]) == versions[-1]


def test_what_is_ordered(scene):
    def order(status: int, body: bytes, kind="application/x-protobuf", **others):
        headers = {"Content-Type": kind}
        return scene.ask("/v1/transactions", status, method="POST", headers=headers, body=body, **others)

    bodies = scene.bodies
    for status, name, code in [
        (400, "malformed", "malformed"),
        (401, "forged", "badSignature"),
        (403, "ofStranger", "notRegistered"),
        (404, "ofUnknownTask", "unknownTask"),
        (409, "wrongNonce", "wrongNonce"),
        (422, "otherNetwork", "otherNetwork"),
    ]:
        assert order(status, bodies[name])["code"] == code
    assert order(413, bytes(2 << 20))["code"] == "tooLarge"
    assert order(415, bodies["accepted"], kind="text/plain")["code"] == "unsupportedMediaType"
    assert order(503, bodies["accepted"], door="closed")["code"] == "unavailable"
    assert order(429, bodies["accepted"], door="hasty")["code"] == "overRate"
    first = order(201, bodies["accepted"])
    assert order(200, bodies["accepted"]) == first


def test_what_is_uploaded(scene):
    def upload(status: int, packet: bytes, submission: bytes | None, *, kind="application/octet-stream", **others):
        headers = {"Content-Type": kind}
        if submission is not None:
            headers["Tributary-Submission"] = base64.urlsafe_b64encode(submission).decode().rstrip("=")
        values = {"task": scene.task, **others}
        return scene.ask(
            "/v1/tasks/{task}/packets", status, method="POST", headers=headers, body=packet, **values
        )

    bodies = scene.bodies
    packet, submission = bodies["packet"], bodies["submission"]
    headers = {"Content-Type": "application/x-protobuf"}
    scene.ask("/v1/transactions", 200, method="POST", headers=headers, body=bodies["accepted"])
    assert upload(400, packet, bodies["malformed"])["code"] == "malformed"
    assert upload(401, packet, None)["code"] == "missingSignature"
    assert upload(401, packet, bodies["forgedSubmission"])["code"] == "badSignature"
    assert upload(404, packet, submission, task=NOTHING)["code"] == "unknownTask"
    assert upload(409, bodies["uncommittedPacket"], bodies["uncommittedSubmission"])["code"] == "notCommitted"
    assert upload(413, bytes(1 << 20), submission)["code"] == "packetTooLarge"
    assert upload(415, packet, submission, kind="text/plain")["code"] == "unsupportedMediaType"
    assert upload(422, b"another", submission)["code"] == "otherPacket"
    assert upload(429, packet, submission, door="hasty")["code"] == "overRate"
    closed = upload(503, bodies["waitingPacket"], bodies["waitingSubmission"], door="closed")
    assert closed["code"] == "unavailable"
    first = upload(201, packet, submission)
    assert upload(200, packet, submission) == first


def test_how_a_task_is_opened(scene):
    def open_task(
        status: int, weights: bytes, creation: bytes | None, *, kind="application/octet-stream", length=None, **others
    ):
        headers = {"Content-Type": kind}
        if creation is not None:
            headers["Tributary-Creation-Bytes"] = str(length if length is not None else len(creation))
        body = (creation or b"") + weights
        return scene.ask("/v1/tasks", status, method="POST", headers=headers, body=body, **others)

    bodies = scene.bodies
    weights, creation = bodies["weights"], bodies["creation"]
    assert open_task(400, weights, bodies["malformed"])["code"] == "malformed"
    for length in (0, -1, len(creation) - 1, len(creation) + len(weights) + 1, 1 << 40, "12x"):
        assert open_task(400, weights, creation, length=length)["code"] == "malformed"
    assert open_task(401, weights, None)["code"] == "missingSignature"
    assert open_task(401, weights, bodies["forgedCreation"])["code"] == "badSignature"
    assert open_task(403, weights, bodies["poorCreation"])["code"] == "insufficientUnits"
    assert open_task(409, weights, bodies["repeatedCreation"])["code"] == "wrongNonce"
    assert open_task(413, bytes(16_000), bodies["hugeCreation"])["code"] == "weightsTooLarge"
    assert open_task(415, weights, creation, kind="text/plain")["code"] == "unsupportedMediaType"
    assert open_task(422, weights[:-4], creation)["code"] == "otherWeights"
    assert open_task(422, weights[:-1] + b"\1", creation)["code"] == "otherWeights"
    assert open_task(422, weights, bodies["waitingSubmission"])["code"] == "noCreation"
    assert open_task(429, weights, creation, door="hasty")["code"] == "overRate"
    assert open_task(503, weights, creation, door="closed")["code"] == "unavailable"
    first = open_task(201, weights, creation)
    assert open_task(200, weights, creation) == first
    task = scene.ask("/v1/tasks/{task}", 200, headers={"Accept": "application/json"}, task=first["id"])
    assert scene.ask("/v1/blobs/{digest}", 200, digest=task["firstWeights"]) == weights


def test_addresses_have_a_rate_everywhere(scene):
    for pattern, path in DOCUMENT["paths"].items():
        if "get" in path:
            values = {"task": scene.task, "version": 1, "digest": NOTHING, "key": NOTHING}
            assert scene.ask(pattern, 429, door="hasty", **values)["code"] == "overRate"


def test_other_methods_are_refused_everywhere(scene):
    for pattern, path in DOCUMENT["paths"].items():
        values = {"task": scene.task, "version": 1, "digest": NOTHING, "key": NOTHING}
        for method in {"PUT", "DELETE", "PATCH", "OPTIONS", "POST", "GET"} - {name.upper() for name in path}:
            connection = http.client.HTTPConnection("127.0.0.1", scene.ports["open"], timeout=60)
            connection.request(method, pattern.format(**values), body=b"")
            answer = connection.getresponse()
            assert answer.status == 405
            check(json.loads(answer.read()), resolved({"$ref": "#/components/schemas/Problem"}))
            connection.close()


def test_head_is_answered_wherever_get_is(scene):
    for pattern, path in DOCUMENT["paths"].items():
        if "get" not in path:
            continue
        values = {"task": scene.task, "version": scene.versions, "digest": NOTHING, "key": scene.contributor}
        statuses = []
        for method in ("HEAD", "GET"):
            connection = http.client.HTTPConnection("127.0.0.1", scene.ports["open"], timeout=60)
            connection.request(method, pattern.format(**values))
            answer = connection.getresponse()
            statuses.append((answer.status, answer.headers["content-type"]))
            if method == "HEAD":
                assert answer.read() == b""
            connection.close()
        assert statuses[0] == statuses[1], pattern


def test_every_status_was_seen(scene):
    described = {
        (pattern, method, status)
        for pattern, path in DOCUMENT["paths"].items()
        for method in METHODS
        if method in path
        for status in path[method]["responses"]
        if status != "default"
    }
    assert scene.seen == described
