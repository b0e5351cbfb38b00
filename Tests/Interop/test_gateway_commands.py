"""Commands over a gateway: what they say, what they check, and how they end."""

import json
import pathlib
import shutil
import signal
import subprocess

import jsonschema
import pytest

from servers import Gateway, gateway, liar

HEX = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
COUNT = {"type": "integer", "minimum": 0}


def record(**properties) -> dict:
    return {"type": "object", "additionalProperties": False, "required": list(properties), "properties": properties}


ORDER = record(id=HEX, position=COUNT)
CERTIFIED = {"oneOf": [{"type": "null"}, record(version={"type": "integer", "minimum": 1}, root=HEX)]}


class Served:
    """A demo's network behind a gateway, which orders what it is sent; and its keys."""

    def __init__(self, folder: pathlib.Path, running: Gateway, tributary):
        self.folder, self.gateway, self.run = folder, running, tributary
        self.options = ["--gateway", running.url, "--genesis", folder / "genesis"]

    def key(self, name: str) -> pathlib.Path:
        return self.folder / "keys" / f"{name}.key"

    def ask(self, *arguments, code=0):
        done = self.run(*arguments, *self.options)
        assert done.returncode == code, done.stderr
        return done

    def json(self, *arguments):
        return json.loads(self.ask(*arguments, "--json").stdout)


@pytest.fixture(scope="module")
def served(demo, binaries, tributary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served") / "network"
    shutil.copytree(demo.network, folder)
    with gateway(binaries, "--folder", folder, "--genesis", folder / "genesis") as running:
        yield Served(folder, running, tributary)


def public_key(served, name: str) -> str:
    return json.loads(served.run("key", "show", served.key(name), "--json").stdout)["publicKey"]


# Reading


@pytest.mark.parametrize("options", [[], ["--verify"], ["--version", "4", "--verify"], ["--version", "0"]], ids=str)
def test_a_pulled_model_is_the_exported_one(served, demo, tributary, tmp_path, options):
    pulled, exported = tmp_path / "pulled.safetensors", tmp_path / "exported.safetensors"
    found = served.json("model", "pull", "--out", pulled, *options)
    version = options[1] if "--version" in options else "final"
    done = tributary("model", "export", demo.network, "--version", version, "--out", exported, "--json")
    assert done.returncode == 0, done.stderr
    assert pulled.read_bytes() == exported.read_bytes()
    expected = json.loads(done.stdout)
    assert found == {**expected, "file": str(pulled)}
    assert [path.name for path in tmp_path.iterdir() if "download" in path.name] == []


def test_a_model_is_measured_on_a_share_that_nobody_trained_on(served, demo, tributary, tmp_path):
    model, data = tmp_path / "model.safetensors", tmp_path / "test.json5"
    served.ask("model", "pull", "--out", model)
    plan = "seed: 5, validators: 4, contributors: 14, referenceExamplesPerValidator: 30, testExamples: 120"
    data.write_text("{ data: { share: 'test', deal: { %s } } }" % plan)
    done = tributary("model", "evaluate", model, "--model", "mlp(64,80,10)", "--data", data, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["examples"] == 120
    assert found["accuracy"] == demo.summary["run"]["versions"][-1]["accuracy"]
    wrong = tributary("model", "evaluate", model, "--model", "mlp(64,81,10)")
    assert wrong.returncode == 1 and "layers.0.weight" in wrong.stderr


@pytest.mark.parametrize("options", [[], ["--verify"]], ids=str)
@pytest.mark.parametrize("part", ["blobs", "versions", "tasks"])
def test_a_gateway_that_lies_gets_nothing_written(served, tmp_path, part, options):
    """Any published byte that is changed ends the pull before the output is there."""

    def lie(path, status, body):
        kinds = {"blobs": "/v1/blobs/", "versions": "/versions/", "tasks": f"/v1/tasks/{task}"}
        hit = path.endswith(kinds[part]) if part == "tasks" else kinds[part] in path
        return status, body[:40] + bytes([body[40] ^ 1]) + body[41:] if hit and status == 200 else body

    task = served.json("task", "list")[0]["id"]
    with liar(served.gateway.url, lie) as (url, asked):
        out = tmp_path / "model.safetensors"
        done = served.run(
            "model", "pull", "--out", out, "--gateway", url, "--genesis", served.folder / "genesis", *options
        )
    assert done.returncode in (1, 3) and done.stderr, done.stdout
    assert not out.exists() and not done.stdout
    assert asked


def test_a_certificate_of_another_version_is_refused(served, tmp_path):
    """The newest certificate in place of every other: each is valid, and none is the one that was asked for."""
    task = served.json("task", "list")[0]["id"]
    newest = []

    def lie(path, status, body):
        if path.endswith("/versions/latest"):
            newest.append(body)
        return status, newest[0] if "/versions/" in path and newest else body

    for options in (["--verify"], ["--version", "3"]):
        with liar(served.gateway.url, lie) as (url, _):
            if not newest:
                served.run("task", "show", task, "--gateway", url, "--genesis", served.folder / "genesis")
            out = tmp_path / "model.safetensors"
            done = served.run(
                "model", "pull", "--out", out, "--gateway", url, "--genesis", served.folder / "genesis", *options
            )
        assert done.returncode == 3 and "certificate" in done.stderr, done.stderr
        assert not out.exists()
    with liar(served.gateway.url, lie) as (url, _):
        done = served.run("status", "--gateway", url, "--genesis", served.folder / "genesis")
    assert done.returncode == 3 and "certificate" in done.stderr, done.stderr


def test_a_pull_that_broke_off_goes_on_with_what_it_lacks(served, tmp_path):
    out = tmp_path / "model.safetensors"
    blobs = []

    def cut(path, status, body):
        blobs.append(path) if "/v1/blobs/" in path else None
        return None if len(blobs) > 3 else (status, body)

    arguments = ["model", "pull", "--verify", "--out", out, "--genesis", served.folder / "genesis"]
    with liar(served.gateway.url, cut) as (url, _):
        done = served.run(*arguments, "--gateway", url)
    assert done.returncode == 1 and not out.exists()
    kept = len(set(blobs[:3]))
    with liar(served.gateway.url, lambda path, status, body: (status, body)) as (url, asked):
        done = served.run(*arguments, "--gateway", url)
    assert done.returncode == 0, done.stderr
    again = {path for path in asked if "/v1/blobs/" in path}
    # First weights and six steps, less those that were kept.
    assert len(again) == 7 - kept and not again & set(blobs[:3])
    assert not (tmp_path / "model.safetensors.download").exists()


def test_a_version_that_is_not_final_is_refused(served, tmp_path):
    out = tmp_path / "model.safetensors"
    done = served.ask("model", "pull", "--version", "7", "--out", out, code=1)
    assert "version 7 is not final" in done.stderr and not out.exists()


def test_status_counts_certified_attestations(served):
    status = served.json("status", "--versions", "6")
    head = record(
        network=HEX, name={"type": "string"}, logLength=COUNT, logChain=HEX, tasks=COUNT, contributors=COUNT,
        validators=COUNT, epoch=COUNT,
    )
    schema = record(
        network=HEX, name={"type": "string"}, epoch=COUNT, certificates=COUNT,
        tasks={"type": "array", "items": record(certified=CERTIFIED, gateway={"type": "object"})},
        validators={"type": "array", "items": record(key=HEX, stakeUnits=COUNT, attestations=COUNT)},
        gateway=record(head=head, health=record(status={"const": "ok"}, lag=COUNT)),
    )
    jsonschema.validate(status, schema)
    assert status["certificates"] == 6 and status["tasks"][0]["certified"]["version"] == 6
    counts = [validator["attestations"] for validator in status["validators"]]
    # More than two thirds of four equal stakes signed each.
    assert len(counts) == 4 and sum(counts) >= 18 and max(counts) <= 6
    text = served.ask("status").stdout
    assert "the gateway says" in text and "certified" in text


def test_a_task_is_shown_by_who_vouches_for_it(served):
    task = served.json("task", "list")[0]["id"]
    found = served.json("task", "show", task)
    assert found["signed"]["task"] == task and found["signed"]["trainer"] == {"kind": "native", "name": "mlp(64,80,10)"}
    assert found["signed"]["author"] == public_key(served, "author")
    assert found["certified"]["version"] == found["gateway"]["version"] == 6
    text = served.ask("task", "show", task).stdout
    assert ["The author signed:", "The validators certified:", "The gateway says:"] == [
        line for line in text.splitlines() if line.startswith("The ")
    ]
    assert served.ask("task", "show", "0" * 64, code=1).stderr
    assert "64 hexadecimal digits" in served.ask("task", "show", "abc", code=1).stderr


def test_an_account_is_proved(served, message_class):
    found = served.json("account", "show", served.key("validator-0"))
    account = record(balanceUnits=COUNT, bondUnits=COUNT, nonce=COUNT, task=HEX, version=COUNT)
    jsonschema.validate(found["certified"], account)
    assert found["certified"]["version"] == 6 and found["certified"]["bondUnits"] > 0
    stranger = "ab" * 32
    assert served.json("account", "show", stranger)["certified"] is None
    assert "Nothing is proved" in served.ask("account", "show", stranger).stdout

    def lie(path, status, body):
        if "/proof" not in path:
            return status, body
        proof = message_class("AccountProof").FromString(body)
        proof.account.balance_units += 1
        return status, proof.SerializeToString(deterministic=True)

    key = public_key(served, "validator-0")
    with liar(served.gateway.url, lie) as (url, _):
        done = served.run("account", "show", key, "--gateway", url, "--genesis", served.folder / "genesis")
    assert done.returncode == 3 and "cannot be verified" in done.stderr


# Ordering


def test_units_are_transferred_once(served):
    author, recipient = public_key(served, "author"), "cd" * 32
    before = served.json("account", "show", author)["gateway"]
    done = served.json("account", "transfer", recipient, 250, "--key", served.key("author"))
    jsonschema.validate(done, ORDER)
    after = served.json("account", "show", author)["gateway"]
    assert before["balanceUnits"] - after["balanceUnits"] == 250 and after["nonce"] == before["nonce"] + 1
    assert served.json("account", "show", recipient)["gateway"]["balanceUnits"] == 250


def test_an_order_that_cannot_be_paid_is_refused_by_name(served, tributary, tmp_path):
    poor = tmp_path / "poor.key"
    assert tributary("key", "new", poor).returncode == 0
    done = served.ask("account", "transfer", "cd" * 32, 1, "--key", poor, code=1)
    assert "insufficientUnits" in done.stderr and served.gateway.url in done.stderr
    task = served.json("task", "list")[0]["id"]
    assert "insufficientUnits" in served.ask("task", "fund", task, 5, "--key", poor, code=1).stderr
    assert "unknownTask" in served.ask("task", "fund", "0" * 64, 5, "--key", served.key("author"), code=1).stderr


def test_units_become_a_stake_and_come_back(served, tributary, tmp_path):
    key = tmp_path / "newcomer.key"
    assert tributary("key", "new", key).returncode == 0
    served.json("account", "transfer", key, 50, "--key", served.key("author"))
    jsonschema.validate(served.json("account", "bond", 30, "--key", key), ORDER)
    found = served.json("account", "show", key)["gateway"]
    # The set in force is that of the last version.
    assert [found[name] for name in ("balanceUnits", "bondUnits", "stakeUnits", "bondedStakeUnits")] == [20, 30, 0, 30]
    assert "insufficientUnits" in served.ask("account", "bond", 21, "--key", key, code=1).stderr
    assert "insufficientUnits" in served.ask("account", "unbond", 31, "--key", key, code=1).stderr
    jsonschema.validate(served.json("account", "unbond", 30, "--key", key), ORDER)
    found = served.json("account", "show", key)["gateway"]
    assert [found[name] for name in ("balanceUnits", "bondUnits", "bondedStakeUnits")] == [50, 0, 0]
    assert "notValidator" in served.ask("account", "unbond", 1, "--key", key, code=1).stderr


def test_a_task_is_opened_with_first_weights_of_a_file(served, tributary, tmp_path):
    weights = tmp_path / "start.safetensors"
    served.ask("model", "pull", "--out", weights)
    path = tmp_path / "task.json5"
    path.write_text(
        "{ name: 'second', model: 'mlp(64,80,10)', weights: '%s', reward: { escrowUnits: 300, unitsPerVersion: 3 } }"
        % weights
    )
    made = served.json("task", "create", path, "--key", served.key("author"))
    jsonschema.validate(made, record(task=HEX, position=COUNT, parameters=COUNT, escrowUnits=COUNT))
    assert made["parameters"] == 64 * 80 + 80 + 80 * 10 + 10 and made["escrowUnits"] == 300
    assert {task["name"] for task in served.json("task", "list")} == {"second", "mlp(64,80,10)"}
    again = tmp_path / "again.safetensors"
    found = served.json("model", "pull", "--task", made["task"], "--out", again)
    assert found["version"] == 0 and found["root"] == ""
    # The same values; the metadata names another task.
    assert again.read_bytes()[-4 * made["parameters"] :] == weights.read_bytes()[-4 * made["parameters"] :]
    assert "name one with --task" in served.ask("model", "pull", "--out", again, code=1).stderr
    funded = served.json("task", "fund", made["task"], 55, "--key", served.key("author"))
    jsonschema.validate(funded, ORDER)
    assert served.json("task", "show", made["task"])["gateway"]["escrowUnits"] == 355


def test_a_wrong_task_file_opens_nothing(served, tmp_path):
    before = served.json("task", "list")
    path = tmp_path / "task.json5"
    for text, complaint in [
        ("{ model: 'cnn' }", "model: "),
        ("{ nmae: 'x' }", "did you mean 'name'?"),
        ("{ weights: 'none.safetensors' }", "none.safetensors"),
        ("{ weights: '%s' }" % path, "safetensors"),
    ]:
        path.write_text(text)
        done = served.ask("task", "create", path, "--key", served.key("author"), code=1)
        assert complaint in done.stderr
    assert served.json("task", "list") == before
    printed = served.run("task", "create", "--print-task")
    assert printed.returncode == 0 and "serverLearningRate" in printed.stdout


# Ends


@pytest.mark.parametrize(
    "arguments",
    [
        ["status"], ["task", "list"], ["task", "show", "0" * 64], ["account", "show", "ab" * 32], ["model", "pull"],
    ],
    ids=" ".join,
)
def test_a_gateway_that_is_not_there_is_named(tributary, demo, tmp_path, arguments):
    url = "http://127.0.0.1:9"
    done = tributary(*arguments, "--gateway", url, "--genesis", demo.network / "genesis")
    assert done.returncode == 1 and url in done.stderr and not done.stdout
    done = tributary(*arguments, "--gateway", url, "--genesis", tmp_path / "none")
    assert done.returncode == 1 and str(tmp_path / "none") in done.stderr


def test_a_gateway_of_another_network_is_refused(served, tributary, tmp_path):
    other = tmp_path / "genesis"
    assert tributary("network", "init", other, "--validator", f"{'ab' * 32}:5").returncode == 0
    done = tributary("status", "--gateway", served.gateway.url, "--genesis", other)
    assert done.returncode == 1 and "name the other gateway or the other genesis" in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["TERM", "INT"])
def test_a_gateway_stops_cleanly_and_goes_on(demo, binaries, tributary, tmp_path, number, code):
    folder = tmp_path / "network"
    shutil.copytree(demo.network, folder)
    options = ["--folder", folder, "--genesis", folder / "genesis"]
    with gateway(binaries, *options) as running:
        reach = ["--gateway", running.url, "--genesis", folder / "genesis"]
        key = folder / "keys" / "author.key"
        assert tributary("account", "transfer", "cd" * 32, 5, "--key", key, *reach).returncode == 0
        second = tributary("gateway", "--listen", "127.0.0.1:0", *options)
        assert second.returncode == 1 and "another process has it open" in second.stderr
        status, log = running.stop(number)
    assert status == code
    events = [json.loads(line) for line in log]
    assert [event["event"] for event in events] == ["listening", "stopped"]
    assert all(event["level"] == "info" and event["time"] for event in events)
    done = tributary("audit", folder, "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["sealed"] is True
    with gateway(binaries, *options) as running:
        shown = tributary(
            "account", "show", "cd" * 32, "--json", "--gateway", running.url, "--genesis", folder / "genesis"
        )
        assert json.loads(shown.stdout)["gateway"]["balanceUnits"] == 5


def test_a_gateway_is_set_up_by_a_file_and_options(demo, binaries, tributary, tmp_path):
    printed = tributary("gateway", "--print-config")
    assert printed.returncode == 0
    path = tmp_path / "gateway.json5"
    text = printed.stdout.replace('folder: "gateway"', f'folder: "{tmp_path / "node"}"')
    path.write_text(text.replace('genesis: "genesis"', f'genesis: "{demo.network / "genesis"}"'))
    with gateway(binaries, path) as running:
        reach = ["--gateway", running.url, "--genesis", demo.network / "genesis"]
        assert json.loads(tributary("task", "list", "--json", *reach).stdout) == []
        assert running.stop()[0] == 0
    assert (tmp_path / "node" / "log.sqlite").exists()
    for change, complaint in [("port: 8443", "port: 70000"), ("behindProxy", "behindPorxy")]:
        path.write_text(text.replace(change, complaint))
        done = tributary("gateway", path)
        assert done.returncode == 1 and str(path) in done.stderr
    options = ["--genesis", demo.network / "genesis", "--folder", tmp_path / "x"]
    done = tributary("gateway", *options, "--listen", "0.0.0.0:0")
    assert done.returncode == 1 and "TLS" in done.stderr
    done = tributary("gateway", *options, "--nats", "nats://127.0.0.1:9")
    assert done.returncode == 1 and "--key" in done.stderr


def test_tls_of_a_private_authority(demo, binaries, tributary, tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    options = ["--folder", tmp_path / "node", "--genesis", demo.network / "genesis"]
    with gateway(binaries, *options, "--certificate", certificate, "--certificate-key", key) as running:
        assert running.url.startswith("https://")
        reach = ["--gateway", running.url, "--genesis", demo.network / "genesis"]
        assert tributary("task", "list", *reach, "--ca", certificate).returncode == 0
        done = tributary("task", "list", *reach)
        assert done.returncode == 1 and "untrusted" in done.stderr
