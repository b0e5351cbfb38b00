"""Stock protobuf reads every message that Swift writes, and writes the same bytes."""

import hashlib

import pytest
from google.protobuf import unknown_fields


def message_name(sample: str) -> str:
    return sample.split(".")[0]


def has_unknown_fields(message) -> bool:
    if len(unknown_fields.UnknownFieldSet(message)) > 0:
        return True
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if any(has_unknown_fields(child) for child in (value if field.is_repeated else [value])):
            return True
    return False


def test_every_sample_is_read_and_written_alike(samples, message_class):
    assert samples
    for name, data in samples.items():
        message = message_class(message_name(name))()
        assert message.ParseFromString(data) == len(data), name
        assert not has_unknown_fields(message), name
        assert message.SerializeToString(deterministic=True) == data, name


def test_an_unknown_field_would_be_seen(message_class):
    message = message_class("Envelope")()
    message.ParseFromString(bytes.fromhex("2801"))
    assert has_unknown_fields(message)
    outer = message_class("CreditedAttestation")()
    outer.ParseFromString(bytes.fromhex("12022801"))
    assert has_unknown_fields(outer)


def test_every_message_of_the_schema_has_a_sample(samples, schemas):
    sampled = {message_name(name) for name in samples}
    # These stand inside of others only.
    parts = {
        "PacketHeader", "Grant", "TrainingPlan", "RewardPolicy", "Inner", "Standing", "RecentUpdate", "RecentNorm", "AdmittedContent",
        "NamedTensor", "TrainerFile",
    }
    declared = {name for module in schemas.values() for name in module.DESCRIPTOR.message_types_by_name}
    assert declared - parts == sampled


def test_every_field_of_the_schema_is_set_in_a_sample(samples, schemas, message_class):
    """A sample without a field would show nothing about it."""
    seen = set()

    def visit(message):
        for field, value in message.ListFields():
            seen.add(field.full_name)
            if field.message_type is not None:
                for child in value if field.is_repeated else [value]:
                    visit(child)

    for name, data in samples.items():
        visit(message_class(message_name(name)).FromString(data))
    declared = {
        field.full_name
        for module in schemas.values()
        for message in module.DESCRIPTOR.message_types_by_name.values()
        for field in message.fields
    }
    assert seen == declared


def test_every_kind_holds_what_swift_put_in(samples, message_class):
    full = message_class("EveryKind").FromString(samples["EveryKind.full"])
    assert full.unsigned == 300
    assert full.signed == -301
    assert full.blob == bytes([0, 1, 127, 128, 255])
    assert full.text == "Zufluß 支流"
    assert [len(digest) for digest in full.digests] == [32, 32]
    assert (len(full.public_key), len(full.signature)) == (32, 64)
    assert full.inner.number == 5
    assert full.optional_inner.number == 2**40
    assert [inner.number for inner in full.inners] == [0, 128, 0]
    assert list(full.packed) == [0, 1, 127, 128, 2**32]
    assert list(full.packed_signed) == [0, -1, 1, 64, -65]

    extreme = message_class("EveryKind").FromString(samples["EveryKind.extreme"])
    assert (extreme.unsigned, extreme.signed) == (2**64 - 2, -(2**63))
    assert list(extreme.packed) == [2**64 - 1] * 5
    assert list(extreme.packed_signed) == [-(2**63), 2**63 - 1, 0, -1, -(2**63)]

    least = message_class("EveryKind").FromString(samples["EveryKind.least"])
    assert least.HasField("inner") and not least.HasField("optional_inner")


def tagged(tag: str, data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32, person=tag.encode()).digest()


@pytest.mark.parametrize("variant", ["leaf0of1", "leaf5of7", "leaf69of70"])
def test_a_merkle_proof_is_checked_from_its_description(samples, message_class, variant):
    """The rules of docs/WIRE.md, applied without Swift."""

    def leaf(number: int) -> bytes:
        return tagged("trib.samples", number.to_bytes(8, "little"))

    def top(leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return leaves[0]
        split = 1 << ((len(leaves) - 1).bit_length() - 1)
        return tagged("trib.merkle.node", top(leaves[:split]) + top(leaves[split:]))

    proof = message_class("MerkleProof").FromString(samples[f"MerkleProof.{variant}"])
    digest, position, width, path = leaf(proof.index), proof.index, proof.count, list(proof.path)
    while width > 1:
        if position ^ 1 < width:
            sibling = path.pop(0)
            pair = digest + sibling if position % 2 == 0 else sibling + digest
            digest = tagged("trib.merkle.node", pair)
        position, width = position // 2, (width + 1) // 2
    assert not path
    assert digest == top([leaf(number) for number in range(proof.count)])
