"""Reading of networks: what was signed is checked with the genesis, and the rest is the gateway's word."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import payloads
from .digests import weights_root
from .errors import GatewayError, VerificationError
from .gateway import Gateway
from .light import LightClient
from .messages import AccountProof, Certificate, Envelope, Genesis, Handover, Step, VersionHeader
from .model import Model
from .specification import CREATION_KIND, Shapes, TaskCreation, TaskSpecification
from .wire import parse

__all__ = ["Account", "Model", "Network", "Task", "Version", "pull"]

_CERTIFICATE_BYTES = 1 << 20
_GENESIS_BYTES = 8 << 20
_HANDOVER_BYTES = 8 << 20
_STEP_BYTES = (1 << 30) + 256
# Entries of one list in an answer.
_PAGE = 256
_TASKS = 1_024


@dataclass(frozen=True)
class Task:
    """A task as its author signed it."""

    id: str
    author: str
    name: str
    # A native model's canonical name, or a process's name for people.
    trainer: str
    # The model's tensors by name, in the order of the flat vector.
    shapes: Shapes
    specification: TaskSpecification


@dataclass(frozen=True)
class Version:
    """A version that validators certified."""

    task: str
    version: int
    root: str
    epoch: int
    parameters_root: bytes


@dataclass(frozen=True)
class Account:
    """What a key held when a version was decided: proved with the version's certificate."""

    key: str
    balance_units: int
    bond_units: int
    nonce: int
    task: str
    version: int


class Network:
    """A network behind a gateway, which is trusted with nothing.

    ```python
    network = tributary.Network("https://gateway.example:8443", "genesis")
    model = network.pull(network.tasks()[0].id)
    ```

    `genesis` is the file that came with the network, or its bytes; whoever asks the gateway for it trusts the gateway.
    Methods that return dictionaries return what the gateway says, which nothing proves.
    """

    def __init__(self, gateway: str, genesis: str | os.PathLike[str] | bytes, *, ca: str | None = None):
        if not isinstance(genesis, bytes):
            with open(genesis, "rb") as file:
                genesis = file.read(_GENESIS_BYTES + 1)
        self.genesis = parse(genesis, Genesis.read, "Genesis")
        self._gateway = Gateway(gateway, ca)
        self._light = LightClient(self.genesis)

    def head(self) -> dict[str, Any]:
        """How far the gateway has applied the log."""
        found = self._gateway.record("/v1/head")
        if found.get("network") != self.genesis.network.hex():
            raise VerificationError("the gateway is of another network")
        return found

    def tasks(self) -> list[Task]:
        """Every task that the gateway knows, each checked."""
        found: list[Task] = []
        while True:
            after = f"?after={found[-1].id}" if found else ""
            page = [str(entry["id"]) for entry in self._gateway.records(f"/v1/tasks{after}", id=str)]
            if page != sorted(set(page)) or (found and page and page[0] <= found[-1].id):
                raise GatewayError("the gateway lists tasks out of order")
            if len(found) + len(page) > _TASKS:
                raise GatewayError(f"the gateway lists more than the {_TASKS} tasks that a network may have")
            found += [self.task(id_) for id_ in page]
            if len(page) < _PAGE:
                return found

    def task(self, id_: str) -> Task:
        """A task as its author signed it."""
        envelope = self._gateway.message(f"/v1/tasks/{_named(id_).hex()}", Envelope.read, (1 << 20) + 256)
        envelope.check(CREATION_KIND)
        creation = parse(envelope.body, TaskCreation.read, "TaskCreation")
        if envelope.id.hex() != id_ or creation.network != self.genesis.network:
            raise VerificationError("the gateway answers with another task")
        found = creation.specification
        return Task(id_, envelope.signer.hex(), found.name, found.trainer, found.shapes, found)

    def standing(self, task: str) -> dict[str, Any]:
        """How a task stands now."""
        return self._gateway.record(f"/v1/tasks/{_named(task).hex()}")

    def version(self, task: str, number: int | None = None) -> Version | None:
        """A version that validators certified, the newest without a number; None if it is not final."""
        try:
            path = f"/v1/tasks/{_named(task).hex()}/versions/{'latest' if number is None else number}"
            certificate = self._gateway.message(path, Certificate.read, _CERTIFICATE_BYTES)
        except GatewayError as error:
            if error.status == 404:
                return None
            raise
        header = self._certified(certificate)
        if header.task.hex() != task or number not in (None, header.version):
            raise VerificationError("the gateway answers with the certificate of another version")
        return Version(task, header.version, header.root.hex(), header.epoch, header.parameters_root)

    def account(self, key: str) -> Account | None:
        """What a key held at the newest version of all; None if nothing is proved of it."""
        try:
            path = f"/v1/accounts/{_named(key).hex()}/proof"
            proof = self._gateway.message(path, AccountProof.read, 2 * _CERTIFICATE_BYTES)
        except GatewayError as error:
            if error.status == 404:
                return None
            raise
        self._follow(proof.certificate)
        header = self._light.check_account(proof)
        if proof.key.hex() != key:
            raise VerificationError("the gateway answers with another account")
        return Account(key, proof.balance_units, proof.bond_units, proof.nonce, header.task.hex(), header.version)

    def account_now(self, key: str) -> dict[str, Any]:
        """What a key holds, and the numbers that its next transactions carry."""
        return self._gateway.record(f"/v1/accounts/{_named(key).hex()}")

    def pull(self, task: str, version: int | None = None) -> Model:
        """Downloads a version of a model, by default the newest, and checks that its bits are those that were signed.

        Raises VerificationError or WireError if they are not, and GatewayError if the version is not there.
        """
        found = self.task(task)
        last = None if version == 0 else self.version(task, version)
        if last is None and version:
            raise GatewayError(f"version {version} is not final; ask for an older one")
        if last is None:
            weights = self._first(found.specification)
        else:
            weights = self._stepped(found, last)
            if weights_root(weights) != last.parameters_root:
                raise VerificationError(f"the weights of version {last.version} do not match its certified root")
        tensors: dict[str, NDArray[np.float32]] = {}
        start = 0
        for name, shape in found.shapes.items():
            tensors[name] = weights[start : start + math.prod(shape)].reshape(shape)
            start += math.prod(shape)
        return Model(task, found.trainer, last.version if last else 0, last.root if last else None, tensors)

    def _first(self, specification: TaskSpecification) -> NDArray[np.float32]:
        weights = self._weights(specification.first_weights, specification)
        if weights_root(weights) != specification.first_parameters_root:
            raise VerificationError("the first weights do not match the root that the author named")
        return weights

    def _weights(self, name: bytes, specification: TaskSpecification) -> NDArray[np.float32]:
        data = self._gateway.blob(name, 4 * specification.parameters)
        if len(data) != 4 * specification.parameters:
            raise VerificationError(f"weights have {len(data)} bytes instead of {4 * specification.parameters}")
        weights = np.frombuffer(data, "<f4").astype(np.float32)
        if not np.isfinite(weights).all():
            raise VerificationError("weights are not finite")
        return weights

    def _stepped(self, task: Task, last: Version) -> NDArray[np.float32]:
        """The weights of a version, from the newest checkpoint on. Only forms are checked here: the version's root
        covers every bit."""
        number, weights = self._start(task, last)
        while number < last.version:
            page = self._gateway.records(f"/v1/tasks/{task.id}/versions?after={number}", step=str)
            if not page:
                raise GatewayError(f"the gateway does not list the versions up to {last.version}")
            for entry in page[: last.version - number]:
                number += 1
                self._apply(_named(entry["step"]), task, number, weights)
        return weights

    def _start(self, task: Task, last: Version) -> tuple[int, NDArray[np.float32]]:
        """The newest checkpoint up to a version, or the first weights."""
        path = f"/v1/tasks/{task.id}/checkpoints"
        for entry in reversed(self._gateway.records(path, version=int, blob=str)):
            if 0 < entry["version"] <= last.version:
                return entry["version"], self._weights(_named(entry["blob"]), task.specification)
        return 0, self._first(task.specification)

    def _apply(self, name: bytes, task: Task, number: int, weights: NDArray[np.float32]) -> None:
        step = parse(self._gateway.blob(name, _STEP_BYTES), Step.read, "Step")
        if (step.task.hex(), step.version, step.count) != (task.id, number, len(weights)):
            raise VerificationError(f"the gateway answers with another step than that to version {number}")
        payloads.apply(step.form, step.payload, weights)

    def _certified(self, certificate: Certificate) -> VersionHeader:
        self._follow(certificate)
        return self._light.check(certificate)

    def _follow(self, certificate: Certificate) -> None:
        """Follows the validators up to those that a certificate says it is of. Each step is checked before the next."""
        while certificate.claimed_epoch > self._light.epoch:
            path = f"/v1/validators/handovers?after={self._light.epoch}"
            chain = self._gateway.message(path, Handover.read_chain, _HANDOVER_BYTES)
            if not chain:
                raise VerificationError(f"the handovers to epoch {certificate.claimed_epoch} are missing")
            self._light.follow(chain)


def pull(
    task: str, gateway: str, genesis: str | os.PathLike[str] | bytes, version: int | None = None, *,
    ca: str | None = None,
) -> Model:
    """Downloads a version of a task's model and verifies it with the genesis alone: `Network.pull` in one call."""
    return Network(gateway, genesis, ca=ca).pull(task, version)


def _named(text: object) -> bytes:
    if not isinstance(text, str) or not re.fullmatch("[0-9a-f]{64}", text):
        raise VerificationError(f"{text!r} is no digest or key, which has 64 hexadecimal digits")
    return bytes.fromhex(text)
