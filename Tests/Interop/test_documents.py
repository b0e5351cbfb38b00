"""docs/WIRE.md says what the schema and the sources say."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "WIRE.md").read_text()


def documented_fields() -> dict[str, dict[str, int]]:
    """Every message's fields and their numbers. A section's title may name two messages with the same fields."""
    sections = re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", DOCUMENT, re.M | re.S)
    return {
        message: {name: int(number) for name, number in re.findall(r"^\| (\w+) \| (\d+) \|", body, re.M)}
        for title, body in sections
        for message in title.split(" and ")
    }


def test_every_message_has_a_table(schemas):
    declared = {
        message.name: {field.name: field.number for field in message.fields}
        for message in schemas["tributary"].DESCRIPTOR.message_types_by_name.values()
    }
    assert documented_fields() == declared


def test_every_kind_of_transaction_is_listed():
    source = (ROOT / "Sources" / "Ledger" / "Transaction.swift").read_text()
    declared = re.findall(r"^    case (\w+) = (\d+)$", source, re.M)
    assert declared
    listed = dict(re.findall(r"^\| (\d+) \| (\w+) \|$", DOCUMENT, re.M))
    for name, number in declared:
        if name != "attestation":
            assert listed[number] == name[0].upper() + name[1:]
    assert len(listed) == len(declared) - 1


def test_every_domain_of_a_digest_is_listed():
    declared = set()
    for path in (ROOT / "Sources").rglob("*.swift"):
        found = re.findall(r'HashDomain\("([^"]+)"\)', path.read_text())
        assert not declared.intersection(found), f"{path.name} uses a domain that another file has"
        declared.update(found)
    listed = set(re.findall(r"^\| `(trib\.[a-z.-]+)` \|", DOCUMENT, re.M))
    assert listed == declared
