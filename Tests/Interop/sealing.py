"""Sealed packets from docs/WIRE.md and the RFCs alone, in Python's integers: no libsodium, and nothing constant in time."""

import hashlib

from networks import blob, digest

P = 2**255 - 19


def x25519(scalar: bytes, point: bytes) -> bytes:
    """RFC 7748, section 5."""
    k = int.from_bytes(scalar, "little") & ~7 & (1 << 255) - 1 | 1 << 254
    x1 = int.from_bytes(point, "little") & (1 << 255) - 1
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a, b * b, d * a, c * b
        e = aa - bb
        x3, z3 = pow(da + cb, 2, P), x1 * pow(da - cb, 2, P) % P
        x2, z2 = aa * bb % P, e * (aa + 121_665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


BASE = (9).to_bytes(32, "little")


def agreement_key(ed25519_key: bytes) -> bytes:
    y = int.from_bytes(ed25519_key, "little") & (1 << 255) - 1
    return ((1 + y) * pow(1 - y, P - 2, P) % P).to_bytes(32, "little")


def agreement_secret(seed: bytes) -> bytes:
    return hashlib.sha512(seed).digest()[:32]


def chacha20_block(key: bytes, counter: int, nonce: bytes) -> bytes:
    """RFC 8439, section 2.3."""

    def words(data):
        return [int.from_bytes(data[i : i + 4], "little") for i in range(0, len(data), 4)]

    start = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *words(key), counter, *words(nonce)]
    s = list(start)

    def quarter(a, b, c, d):
        for x, y, z, shift in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            s[x] = s[x] + s[y] & 0xFFFFFFFF
            mixed = s[z] ^ s[x]
            s[z] = (mixed << shift | mixed >> 32 - shift) & 0xFFFFFFFF

    for _ in range(10):
        for column in range(4):
            quarter(column, column + 4, column + 8, column + 12)
        for column in range(4):
            quarter(column, 4 + (column + 1) % 4, 8 + (column + 2) % 4, 12 + (column + 3) % 4)
    return b"".join((x + y & 0xFFFFFFFF).to_bytes(4, "little") for x, y in zip(s, start))


def chacha20(key: bytes, nonce: bytes, data: bytes) -> bytes:
    stream = b"".join(chacha20_block(key, 1 + i, nonce) for i in range((len(data) + 63) // 64))
    return bytes(x ^ y for x, y in zip(data, stream))


def poly1305(key: bytes, data: bytes) -> bytes:
    """RFC 8439, section 2.5."""
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for i in range(0, len(data), 16):
        total = (total + int.from_bytes(data[i : i + 16] + b"\x01", "little")) * r % (2**130 - 5)
    return (total + int.from_bytes(key[16:], "little") & (1 << 128) - 1).to_bytes(16, "little")


def aead_tag(key: bytes, nonce: bytes, associated: bytes, ciphertext: bytes) -> bytes:
    """RFC 8439, section 2.8."""

    def padded(part):
        return part + bytes(-len(part) % 16)

    lengths = len(associated).to_bytes(8, "little") + len(ciphertext).to_bytes(8, "little")
    return poly1305(chacha20_block(key, 0, nonce)[:32], padded(associated) + padded(ciphertext) + lengths)


NONCE = bytes(12)


def xor(left: bytes, right: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(left, right, strict=True))


def pad(shared: bytes, ephemeral: bytes, recipient: bytes) -> bytes:
    return digest("trib.sealed.slot", shared, ephemeral, recipient)


def head(key: bytes, recipients: list[bytes], place: tuple) -> tuple[bytes, list[bytes]]:
    """The ephemeral key and the slots that a content key leads to. Recipients are Ed25519 keys."""
    secret = digest("trib.sealed.eph", key, *place)
    ephemeral = x25519(secret, BASE)
    targets = [agreement_key(recipient) for recipient in sorted(recipients)]
    return ephemeral, [xor(key, pad(x25519(secret, target), ephemeral, target)) for target in targets]


def seal(content: bytes, sender_seed: bytes, recipients: list[bytes], place: tuple) -> tuple:
    """Content key, ephemeral key, slots and ciphertext."""
    key = digest("trib.sealed.draw", sender_seed, *place, digest("trib.blob", content))
    body = digest("trib.sealed.body", key, *place)
    ciphertext = chacha20(body, NONCE, content)
    return key, *head(key, recipients, place), ciphertext + aead_tag(body, NONCE, b"", ciphertext)


def unseal(sealed, key: bytes, recipients: list[bytes], place: tuple) -> bytes:
    """Opens a SealedBlob with its content key. `place` is network, task and contributor."""
    assert head(key, recipients, place) == (sealed.ephemeral_key, list(sealed.slots))
    body = digest("trib.sealed.body", key, *place)
    ciphertext, tag = sealed.ciphertext[:-16], sealed.ciphertext[-16:]
    assert aead_tag(body, NONCE, b"", ciphertext) == tag
    return chacha20(body, NONCE, ciphertext)


def key_in_slot(sealed, seed: bytes, own: bytes, recipients: list[bytes]) -> bytes:
    """The content key, as the recipient with this seed finds it."""
    shared = x25519(agreement_secret(seed), sealed.ephemeral_key)
    slot = sealed.slots[sorted(recipients).index(own)]
    return xor(slot, pad(shared, sealed.ephemeral_key, agreement_key(own)))


def opened(ledger, network, window, packet: bytes) -> bytes:
    """A merged packet's bytes, as anyone can read them once its key is released."""
    data = blob(network, packet)
    if ledger.specification.privacy == 0:
        return data
    key = window.keys[[name for name, _ in window.plan].index(packet)]
    place = (ledger.network, ledger.task, ledger.sealed[packet][0])
    return unseal(ledger.read("SealedBlob", data), key, list(window.validators.stakes), place)
