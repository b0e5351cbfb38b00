"""The messages that a reader of a network meets, as docs/WIRE.md lists them."""

from __future__ import annotations

from dataclasses import dataclass

from nacl.bindings import crypto_sign_open
from nacl.exceptions import CryptoError

from .digests import digest
from .errors import VerificationError
from .wire import Reader, parse

UNITS = 1 << 62
_VALIDATORS = 1_024
PARAMETERS = 1 << 30
_CERTIFICATE_BYTES = 1 << 20
ATTESTATION_KIND = 14


@dataclass(frozen=True)
class Envelope:
    kind: int
    signer: bytes
    body: bytes
    signature: bytes

    @staticmethod
    def read(reader: Reader) -> Envelope:
        kind, signer = reader.uint(1, (1 << 32) - 1), reader.exactly(2)
        return Envelope(kind, signer, reader.data(3, 1 << 20), reader.exactly(4, 64))

    @property
    def id(self) -> bytes:
        return digest("trib.envelope", self.kind, self.signer, self.body)

    def check(self, kind: int) -> None:
        """Raises VerificationError unless the signer signed a message of this kind."""
        if self.kind != kind:
            raise VerificationError(f"an envelope is of kind {self.kind} instead of {kind}")
        try:
            crypto_sign_open(self.signature + self.id, self.signer)
        except CryptoError:
            raise VerificationError(f"a signature is not that of {self.signer.hex()[:8]}") from None


@dataclass(frozen=True)
class VersionHeader:
    network: bytes
    task: bytes
    version: int
    previous_root: bytes
    plan: bytes
    step: bytes
    parameters_root: bytes
    residual_root: bytes
    accounts_root: bytes
    log_length: int
    log_chain: bytes
    epoch: int
    next_validators: bytes

    @staticmethod
    def read(reader: Reader) -> VersionHeader:
        return VersionHeader(
            reader.exactly(1), reader.exactly(2), reader.uint(3), reader.exactly(4), reader.exactly(5),
            reader.exactly(6), reader.exactly(7), reader.exactly(8), reader.exactly(9), reader.uint(10),
            reader.exactly(11), reader.uint(12), reader.exactly(13))

    @property
    def root(self) -> bytes:
        return digest(
            "trib.version", self.network, self.task, self.version, self.previous_root, self.plan, self.step,
            self.parameters_root, self.residual_root, self.accounts_root, self.epoch, self.next_validators)


@dataclass(frozen=True)
class Certificate:
    attestations: list[Envelope]

    @staticmethod
    def read(reader: Reader) -> Certificate:
        found = reader.messages(1, Envelope.read, _VALIDATORS)
        ascending(reader, [envelope.signer for envelope in found])
        return Certificate(found)

    @property
    def claimed_epoch(self) -> int:
        """The epoch that it says it is of, which nothing proves."""
        return _attested(self.attestations[0]).epoch if self.attestations else 0


def opened(envelope: Envelope) -> VersionHeader:
    """The header that a validator signed. Raises VerificationError or WireError."""
    envelope.check(ATTESTATION_KIND)
    return _attested(envelope)


def _attested(envelope: Envelope) -> VersionHeader:
    def read(reader: Reader) -> VersionHeader:
        header = reader.message(1, VersionHeader.read)
        reader.exactly(2)
        return header

    return parse(envelope.body, read, "Attestation")


def _grant(reader: Reader) -> tuple[bytes, int]:
    return reader.exactly(1), reader.uint(2, UNITS)


def _grants(reader: Reader, field: int, most: int) -> list[tuple[bytes, int]]:
    found = reader.messages(field, _grant, most)
    ascending(reader, [key for key, _ in found])
    if sum(units for _, units in found) > UNITS:
        raise reader.fault("there are more units than a network may have")
    return found


def ascending(reader: Reader, keys: list[bytes]) -> None:
    if any(one >= next_ for one, next_ in zip(keys, keys[1:])):
        raise reader.fault("keys do not ascend")


@dataclass(frozen=True)
class ValidatorSet:
    epoch: int
    cap_basis_points: int
    members: list[tuple[bytes, int]]
    digest: bytes

    @staticmethod
    def read(reader: Reader) -> ValidatorSet:
        epoch, cap = reader.uint(1), reader.uint(2, 3_333)
        members = _grants(reader, 3, _VALIDATORS)
        if cap == 0 or not members or not all(units for _, units in members):
            raise reader.fault("a set has a cap, and members with stakes")
        return ValidatorSet(epoch, cap, members, digest("trib.validators", reader.encoded))


@dataclass(frozen=True)
class Handover:
    certificate: Certificate
    validators: ValidatorSet

    @staticmethod
    def read(reader: Reader) -> Handover:
        certificate = reader.message(1, Certificate.read, _CERTIFICATE_BYTES)
        return Handover(certificate, reader.message(2, ValidatorSet.read, 1 << 16))

    @staticmethod
    def read_chain(reader: Reader) -> list[Handover]:
        return reader.messages(1, Handover.read, 256)


@dataclass(frozen=True)
class Genesis:
    name: str
    validators: ValidatorSet
    network: bytes

    @staticmethod
    def read(reader: Reader) -> Genesis:
        name, members = reader.text(1, 64), _grants(reader, 2, _VALIDATORS)
        _grants(reader, 3, 65_536)
        for field in (4, 5, 6):
            reader.uint(field)
        cap = reader.uint(7, 3_333)
        for field in (8, 9):
            reader.uint(field)
        if not name or cap == 0 or not members or not all(units for _, units in members):
            raise reader.fault("a genesis has a name, a cap, and validators with stakes")
        # The set's digest is asked of later ones only.
        return Genesis(name, ValidatorSet(0, cap, members, b""), digest("trib.network", reader.encoded))


@dataclass(frozen=True)
class AccountProof:
    key: bytes
    balance_units: int
    bond_units: int
    nonce: int
    account: bytes
    index: int
    count: int
    path: list[bytes]
    certificate: Certificate

    @staticmethod
    def read(reader: Reader) -> AccountProof:
        def account(inner: Reader) -> tuple[bytes, int, int, int, bytes]:
            return inner.exactly(1), inner.uint(2, UNITS), inner.uint(3, UNITS), inner.uint(4), inner.encoded

        def proof(inner: Reader) -> tuple[int, int, list[bytes]]:
            return inner.uint(1), inner.uint(2), inner.digests(3, 64)

        key, balance, bond, nonce, data = reader.message(1, account)
        index, count, path = reader.message(2, proof)
        certificate = reader.message(3, Certificate.read, _CERTIFICATE_BYTES)
        return AccountProof(key, balance, bond, nonce, data, index, count, path, certificate)


@dataclass(frozen=True)
class Step:
    task: bytes
    version: int
    form: str
    count: int
    payload: bytes

    @staticmethod
    def read(reader: Reader) -> Step:
        task, version, form = reader.exactly(1), reader.uint(2), reader.text(3, 16)
        return Step(task, version, form, reader.uint(4, PARAMETERS), reader.data(5, 1 << 30))
