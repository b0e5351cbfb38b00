"""A network's folder read with stock tools: sqlite3, protobuf and hashlib. The windows and their merge plans follow from
the log alone."""

import hashlib
import math
import pathlib
import sqlite3
from collections import Counter
from dataclasses import dataclass, field

KINDS = {
    5: "TaskCreation", 7: "Commitment", 8: "Submission", 9: "SeedCommitment", 10: "SeedReveal", 11: "Assessment",
    12: "CreditedAttestation", 14: "Attestation", 15: "AssessmentCommitment",
    16: "ValidatorBond", 17: "ValidatorUnbond", 18: "CommitteeRedraw", 20: "KeyRelease",
}


def digest(domain: str, *parts) -> bytes:
    """Integers within a digest's input are eight little-endian bytes."""
    data = b"".join(part.to_bytes(8, "little") if isinstance(part, int) else part for part in parts)
    return hashlib.blake2b(data, digest_size=32, person=domain.encode()).digest()


def merkle_root(leaves: list[bytes]) -> bytes:
    def top(nodes):
        if len(nodes) == 1:
            return nodes[0]
        left = 1 << (len(nodes) - 1).bit_length() - 1
        return digest("trib.merkle.node", top(nodes[:left]), top(nodes[left:]))

    hashed = [digest("trib.merkle.leaf", leaf) for leaf in leaves]
    return digest("trib.merkle.root", len(leaves), top(hashed) if hashed else bytes(32))


def records(network: pathlib.Path) -> list[bytes]:
    uri = f"file:{network / 'log.sqlite'}?mode=ro&immutable=1"
    with sqlite3.connect(uri, uri=True) as connection:
        return [bytes(row[0]) for row in connection.execute("SELECT bytes FROM record ORDER BY position")]


def blob(network: pathlib.Path, name: bytes) -> bytes:
    data = (network / "blobs" / name.hex()[:2] / name.hex()).read_bytes()
    assert digest("trib.blob", data) == name
    return data


def median(votes: list[tuple[int, int]]) -> int:
    """The least value such that at least half of the weight that voted is at or below it."""
    total, sum_ = sum(stake for _, stake in votes), 0
    for value, stake in sorted(votes):
        sum_ += stake
        if 2 * sum_ >= total:
            return value
    raise AssertionError("nobody voted")


def agreed_rejection(votes) -> tuple[int, int, int]:
    """The reason with the most stake, the least on a tie, and the medians of those who gave it."""
    stakes = Counter()
    for cell, stake in votes:
        if cell[0] != 0:
            stakes[cell[0]] += stake
    reason = min(stakes, key=lambda code: (-stakes[code], code))
    agreeing = [(cell[3], stake) for cell, stake in votes if cell[0] == reason]
    measured, limit = (median([(numbers[index], stake) for numbers, stake in agreeing]) for index in (0, 1))
    return reason, measured, limit


def discount(staleness: int) -> int:
    """65535 / sqrt(1 + staleness), rounded to the nearest integer, without floats."""
    return (math.isqrt(4 * 65_535**2 // (staleness + 1)) + 1) // 2


@dataclass
class Window:
    index: int
    updates: list = field(default_factory=list)
    commitments: dict = field(default_factory=dict)
    secrets: dict = field(default_factory=dict)
    # Those in force when the window closed: they draw the seed, judge, decide and make the version final.
    validators: "Validators | None" = None
    # Whom they name in the header.
    next_validators: "Validators | None" = None
    seed: bytes | None = None
    row_commitments: dict = field(default_factory=dict)
    is_revealing: bool = False
    # Who judges the window, the draws before, and who asks for another.
    judges: "Validators | Committee | None" = None
    round: int = 0
    redraws: set = field(default_factory=set)
    rows: dict = field(default_factory=dict)
    # The packets that are merged and their weights, by ascending digest.
    plan: list | None = None
    plan_digest: bytes | None = None
    # The content keys of the plan's packets, in their order.
    keys: list = field(default_factory=list)
    # The contributors of rejected updates, each with the reason's number, the measure and the limit.
    rejections: list = field(default_factory=list)
    # The contributor of each update, and whether it was admitted.
    outcomes: list = field(default_factory=list)
    # What the rows came to, cell by cell as they are.
    consensus: list = field(default_factory=list)
    headers: dict = field(default_factory=dict)
    # Who has signed the final header, in the order of their keys.
    attesters: list = field(default_factory=list)


class BackOff:
    """Who is held back for rejected updates: from the second strike on for 1, 3, 7 and 15 windows."""

    def __init__(self):
        # By contributor: strikes, the last window with an update, the first that takes one again.
        self.conducts = {}
        self.is_in_force = False

    def holds(self, contributor: bytes, window: int) -> bool:
        return self.is_in_force and window < self.conducts.get(contributor, (0, 0, 0))[2]

    def note(self, is_admitted: bool, contributor: bytes, window: int):
        strikes = self.conducts.get(contributor, (0, 0, 0))[0] + (-1 if is_admitted else 1)
        strikes = min(5, max(0, strikes))
        self.conducts[contributor] = (strikes, window, window + 1 + (2 ** (strikes - 1) - 1 if strikes > 1 else 0))

    def open(self, window: int, window_size: int):
        active = sum(strikes <= 1 and last + 8 >= window for strikes, last, _ in self.conducts.values())
        self.is_in_force = 2 * active >= 3 * window_size


class Electorate:
    """Who votes: `weights` has everyone's."""

    weights: dict

    def weight(self, key: bytes) -> int:
        return self.weights.get(key, 0)

    def is_more_than(self, thirds: int, keys) -> bool:
        return 3 * sum(map(self.weight, keys)) > thirds * sum(self.weights.values())

    def is_supermajority(self, keys) -> bool:
        return self.is_more_than(2, keys)


class Committee(Electorate):
    """Seats that are drawn from a window's seed by weight, with replacement."""

    def __init__(self, validators: "Validators", seats: int, round_: int, seed: bytes):
        units = sum(validators.weights.values())
        self.weights = Counter()
        for seat in range(seats):
            point = int.from_bytes(digest("trib.committee", seed, round_, seat)[:16], "little") % units
            for key, weight in sorted(validators.weights.items()):
                if point < weight:
                    self.weights[key] += 1
                    break
                point -= weight


class Validators(Electorate):
    """Validators that are in force together. A vote weighs its stake, up to the cap."""

    def __init__(self, message_class, stakes: dict, cap: int, epoch: int = 0):
        self.message_class, self.stakes, self.cap, self.epoch = message_class, dict(stakes), cap, epoch
        level = self.level_of(sorted(stakes.values(), reverse=True))
        self.weights = {key: min(units, level) for key, units in stakes.items()}

    def level_of(self, stakes: list[int]) -> int:
        """Water-filling: the largest stakes are cut to what the cap leaves them of all, one more at a time."""
        for cut in range(len(stakes)):
            whole = 10_000 - cut * self.cap
            if whole > 0 and (level := self.cap * sum(stakes[cut:]) // whole) >= stakes[cut]:
                return level if cut else stakes[0]
        return stakes[-1]

    def digest(self) -> bytes:
        message = self.message_class("ValidatorSet")(epoch=self.epoch, weight_cap_basis_points=self.cap)
        for key, units in sorted(self.stakes.items()):
            message.members.add(key=key, units=units)
        return digest("trib.validators", message.SerializeToString(deterministic=True))


class Ledger:
    """Replays a network that has one task, and whose gateway lets nothing through that breaks a rule."""

    def __init__(self, network: pathlib.Path, message_class):
        self.message_class = message_class
        genesis = self.read("Genesis", (network / "genesis").read_bytes())
        # What counts in sets to come, the set in force, and the one that a decided plan has named.
        self.stakes = {grant.key: grant.units for grant in genesis.validators}
        self.rules = genesis
        self.validators = Validators(message_class, self.stakes, genesis.weight_cap_basis_points)
        self.next_validators = None
        self.network = digest("trib.network", (network / "genesis").read_bytes())
        self.open, self.waiting = {}, []
        # The contributor and the content key's digest of each packet that was committed to.
        self.sealed = {}
        self.collecting, self.closed = Window(0), None
        # The packets that a change of validators gave back.
        self.returned = []
        self.back_off = BackOff()
        # Final windows with the header that more than two thirds of the weight signed.
        self.final = []
        for data in records(network):
            self.apply(self.read("Envelope", data))

    def read(self, name: str, data: bytes):
        message = self.message_class(name)()
        assert message.ParseFromString(data) == len(data)
        return message

    def apply_ValidatorBond(self, message, envelope):
        self.stakes[envelope.signer] = self.stakes.get(envelope.signer, 0) + message.units

    def apply_ValidatorUnbond(self, message, envelope):
        self.stakes[envelope.signer] -= message.units

    def name_next(self, window: Window):
        """The first plan that is decided after a change names the next set, and so do all until it is in force. Whoever has
        been followed by others names nobody."""
        window.next_validators = window.validators
        if window.validators is not self.validators:
            return
        stakes = {key: units for key, units in self.stakes.items() if units >= self.rules.minimum_stake_units}
        is_enough = self.rules.minimum_validators <= len(stakes) <= 1_024
        if self.next_validators is None and is_enough and stakes != self.validators.stakes:
            self.next_validators = Validators(
                self.message_class, stakes, self.validators.cap, self.validators.epoch + 1)
        window.next_validators = self.next_validators or self.validators

    def hand_over(self):
        """What is sealed to those who go, and is in no closed window, goes back to its contributors."""
        self.validators, self.next_validators = self.next_validators, None
        if self.specification.privacy != 0:
            self.returned += sorted(packet for packet, *_ in self.collecting.updates + self.waiting)
            self.collecting.updates, self.waiting = [], []
            self.open.clear()

    def apply(self, envelope):
        name = KINDS.get(envelope.kind)
        if name is None:
            return
        act = getattr(self, "apply_" + name, None)
        if act:
            act(self.read(name, envelope.body), envelope)

    def apply_TaskCreation(self, message, envelope):
        self.task = digest("trib.envelope", envelope.kind, envelope.signer, envelope.body)
        self.specification = message.specification
        trainer = message.specification.trainer
        assert bool(trainer.native) != trainer.HasField("process")
        if trainer.HasField("process"):
            values = sum(math.prod(tensor.shape) for tensor in trainer.process.tensors)
            assert values == message.specification.parameter_count

    def apply_Commitment(self, message, envelope):
        self.open[message.packet] = (envelope.signer, message.base_version)
        is_sealed = self.specification.privacy != 0
        assert (message.key_digest != bytes(32)) == is_sealed
        assert message.epoch == (self.validators.epoch if is_sealed else 0)
        self.sealed[message.packet] = (envelope.signer, message.key_digest)

    def apply_Submission(self, message, envelope):
        self.waiting.append((message.packet, *self.open.pop(message.packet)))
        self.collect()
        self.close_if_due()

    def collect(self):
        limit = self.specification.merge.updates_per_contributor_per_window
        for update in list(self.waiting):
            count = sum(other[1] == update[1] for other in self.collecting.updates)
            if count < limit and not self.back_off.holds(update[1], self.collecting.index):
                self.waiting.remove(update)
                self.collecting.updates.append(update)

    def collect_waiting(self):
        self.back_off.open(self.collecting.index, self.specification.merge.window_size)
        self.collect()

    def apply_SeedCommitment(self, message, envelope):
        if message.window == self.collecting.index:
            self.collecting.commitments[envelope.signer] = message.commitment
            self.close_if_due()

    def close_if_due(self):
        window = self.collecting
        full = len(window.updates) >= self.specification.merge.window_size
        if self.closed is None and full and self.validators.is_supermajority(window.commitments):
            window.updates.sort()
            window.validators = self.validators
            self.closed, self.collecting = window, Window(window.index + 1)
            self.collect_waiting()

    def apply_SeedReveal(self, message, envelope):
        window = self.closed
        if window is None or window.index != message.window or window.seed is not None:
            return
        assert digest("trib.seed.commit", message.secret) == window.commitments[envelope.signer]
        window.secrets[envelope.signer] = message.secret
        if window.validators.is_more_than(1, window.secrets):
            parts = [part for pair in sorted(window.secrets.items()) for part in pair]
            window.seed = digest("trib.window.seed", self.task, window.index, *parts)
            window.judges = self.judges_of(window)

    def judges_of(self, window: Window) -> Electorate:
        seats = self.specification.merge.committee_seats
        return Committee(window.validators, seats, window.round, window.seed) if seats else window.validators

    def apply_CommitteeRedraw(self, message, envelope):
        window = self.closed
        if window is None or window.plan is not None or (window.index, window.round) != (message.window, message.round):
            return
        window.redraws.add(envelope.signer)
        if window.validators.is_supermajority(window.redraws):
            window.round += 1
            window.redraws, window.row_commitments, window.rows, window.is_revealing = set(), {}, {}, False
            window.judges = self.judges_of(window)

    def apply_AssessmentCommitment(self, message, envelope):
        window = self.closed
        if window is None or (window.index, window.round) != (message.window, message.round):
            return
        if window.seed is None or window.rows:
            return
        window.row_commitments.setdefault(envelope.signer, message.commitment)
        window.is_revealing = window.judges.is_supermajority(window.row_commitments)

    def apply_Assessment(self, message, envelope):
        window = self.closed
        if self.final and self.final[-1][0].index == message.window:
            window = self.final[-1][0]
        if window is None or (window.index, window.round) != (message.window, message.round):
            return
        # After the plan, those that are bound reveal until the version's validators are paid.
        is_late = window.plan is not None
        if not window.is_revealing or envelope.signer in window.rows or (
                is_late and envelope.signer not in window.row_commitments):
            return
        commitment = digest("trib.row.commit", envelope.signer, envelope.body)
        assert window.row_commitments.get(envelope.signer, commitment) == commitment
        rejections = iter(zip(message.measures, message.limits, strict=True))
        numbers = [next(rejections) if verdict else (0, 0) for verdict in message.verdicts]
        assert next(rejections, None) is None
        cells = list(zip(message.verdicts, message.trusts, message.clips, numbers, strict=True))
        assert len(cells) == len(window.updates)
        window.rows[envelope.signer] = cells
        if not is_late and window.judges.is_supermajority(window.rows):
            self.name_next(window)
            self.decide(window)

    def decide(self, window: Window):
        window.plan = []
        parts = []
        for column, (packet, contributor, base) in enumerate(window.updates):
            votes = [(row[column], window.judges.weight(key)) for key, row in window.rows.items()]

            def agreed(value):
                return median([(value(cell) if cell[0] == 0 else 0, stake) for cell, stake in votes])

            is_admitted = agreed(lambda _: 1) == 1
            window.outcomes.append((contributor, is_admitted))
            if not is_admitted:
                window.rejections.append((contributor, *agreed_rejection(votes)))
                window.consensus.append((window.rejections[-1][1], 0))
                continue
            window.consensus.append((0, agreed(lambda cell: cell[1])))
            product = agreed(lambda cell: cell[1]) * agreed(lambda cell: cell[2]) * discount(window.index - base)
            weight = (product + 65_535**2 // 2) // 65_535**2
            if weight > 0:
                window.plan.append((packet, weight))
                parts += [packet, contributor, weight]
        window.plan_digest = digest("trib.merge.plan", self.task, window.index, window.seed, *parts)

    def apply_KeyRelease(self, message, envelope):
        decided = [window for window, _ in self.final[-1:]] + ([self.closed] if self.closed else [])
        for window in decided:
            if window.index != message.window or window.plan is None or window.keys:
                continue
            keys = [message.keys[start : start + 32] for start in range(0, len(message.keys), 32)]
            digests = [self.sealed[packet][1] for packet, _ in window.plan]
            if envelope.signer in window.validators.stakes and [digest("trib.sealed.key", key) for key in keys] == digests:
                window.keys = keys

    def apply_CreditedAttestation(self, message, envelope):
        header = self.read("Attestation", message.attestation.body).header
        if self.final and header == self.final[-1][1] and envelope.signer not in self.final[-1][0].attesters:
            self.final[-1][0].attesters = sorted([*self.final[-1][0].attesters, envelope.signer])
            return
        window = self.closed
        if window is None or header.version != window.index + 1:
            return
        window.headers[envelope.signer] = header
        if window.validators.is_supermajority(key for key, other in window.headers.items() if other == header):
            window.attesters = sorted(key for key, other in window.headers.items() if other == header)
            self.final.append((window, header))
            if window.next_validators is self.next_validators:
                self.hand_over()
            for contributor, is_admitted in window.outcomes:
                self.back_off.note(is_admitted, contributor, window.index)
            self.collect_waiting()
            self.closed = None
            self.close_if_due()
