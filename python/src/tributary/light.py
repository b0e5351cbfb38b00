"""The light client: checks versions and accounts from the genesis alone."""

from __future__ import annotations

from collections.abc import Iterable

from .digests import is_proved, leaf
from .errors import VerificationError
from .messages import AccountProof, Certificate, Genesis, Handover, ValidatorSet, VersionHeader, opened


def weights_of(validators: ValidatorSet) -> dict[bytes, int]:
    """What each vote weighs: its stake, cut to the greatest level c with 10,000 c <= cap x the sum of min(stake, c), or
    to the least stake if that is more."""
    stakes = [units for _, units in validators.members]

    def is_within(level: int) -> bool:
        return 10_000 * level <= validators.cap_basis_points * sum(min(stake, level) for stake in stakes)

    # The sum is concave in the level, so that what is within the cap is an interval from zero.
    low, high = min(stakes), max(stakes)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if is_within(middle) else (low, middle - 1)
    return {key: min(units, low) for key, units in validators.members}


class LightClient:
    """Trusts the validators of a genesis, and any set to which they have handed over, one after another."""

    def __init__(self, genesis: Genesis):
        self.network = genesis.network
        # The sets that are trusted, by epoch.
        self._sets = [genesis.validators]

    @property
    def epoch(self) -> int:
        """The epoch of the newest set that is trusted."""
        return len(self._sets) - 1

    def follow(self, handovers: Iterable[Handover]) -> None:
        """Trusts the sets that follow the newest, the oldest first. Those before one at fault stay trusted.

        Raises VerificationError or WireError.
        """
        for handover in handovers:
            successor = handover.validators
            if successor.epoch != self.epoch + 1:
                raise VerificationError(f"a handover to epoch {successor.epoch} does not follow epoch {self.epoch}")
            header = self.check(handover.certificate)
            if header.epoch != self.epoch or header.next_validators != successor.digest:
                raise VerificationError(f"a certificate does not name the validators of epoch {successor.epoch}")
            if successor.cap_basis_points != self._sets[0].cap_basis_points:
                raise VerificationError(f"the validators of epoch {successor.epoch} cap weights otherwise")
            self._sets.append(successor)

    def check(self, certificate: Certificate) -> VersionHeader:
        """The header that more than two thirds of the weight signed. Raises VerificationError or WireError."""
        if not certificate.attestations:
            raise VerificationError("nobody signed a certificate")
        header = opened(certificate.attestations[0])
        if header.network != self.network:
            raise VerificationError("a certificate is for another network")
        if header.epoch > self.epoch:
            raise VerificationError(f"the handovers to epoch {header.epoch} are missing")
        weights = weights_of(self._sets[header.epoch])
        signed = 0
        # The signers ascend, so that nobody stands twice.
        for envelope in certificate.attestations:
            if envelope.signer not in weights:
                raise VerificationError(f"{envelope.signer.hex()[:8]} is no validator of epoch {header.epoch}")
            if opened(envelope) != header:
                raise VerificationError("the attestations of a certificate are for different versions")
            signed += weights[envelope.signer]
        total = sum(weights.values())
        if 3 * signed <= 2 * total:
            raise VerificationError(f"{signed} of {total} of the weight signed; more than 2/3 are needed")
        return header

    def check_account(self, proof: AccountProof) -> VersionHeader:
        """The header of the version at which the account held what the proof says."""
        header = self.check(proof.certificate)
        if not is_proved(leaf(proof.account), proof.index, proof.count, proof.path, header.accounts_root):
            raise VerificationError(f"the account {proof.key.hex()[:8]} is not in those of version {header.version}")
        return header
