"""Values against the example of docs/PACKET.md, and sizes against a coder written bit by bit and against entropy."""

import torch

import packets


def test_the_documented_example():
    values, bits = packets.compressed(torch.tensor([0, 100, 0, 0, -40, 0, 0, 0]), kept=1_024)
    assert values.tolist() == [0, 96, 0, 0, -40, 0, 0, 0] and bits == 32


def test_nothing_is_lost_beside_the_residual():
    torch.manual_seed(1)
    deltas = [packets.quantize(torch.randn(10_001) / 100) for _ in range(5)]
    feedback = packets.ErrorFeedback(64, 10_001)
    sent = sum(feedback.compress(delta)[0] for delta in deltas)
    assert torch.equal(sent + feedback.residual, sum(deltas))


def test_uniform_positions_take_hardly_more_than_their_entropy():
    torch.manual_seed(2)
    count = 1 << 20
    _, bits = packets.compressed(packets.quantize(torch.randn(count) / 100), 64)
    assert 0.1474 < bits / count < 1.03 * 0.1474


def test_sizes_are_those_of_a_coder_bit_by_bit():
    torch.manual_seed(3)
    for kept, count in [(1, 5_000), (64, 4_096), (64, 9_000), (4_096, 5_000), (300, 37)]:
        for spread in (2, 1_000, 1 << 29):
            quanta = (torch.randn(count) * spread).long().clamp(-packets.GREATEST, packets.GREATEST)
            quanta[torch.rand(count) < 0.4] = 0
            values, bits = packets.compressed(quanta, kept)
            assert bits == payload_bits(values.tolist(), kept), (kept, count, spread)
    assert packets.compressed(torch.zeros(4_096, dtype=torch.long), 64)[1] == 16


def test_codes_are_the_nearest_magnitudes():
    codes = torch.arange(224)
    sizes = packets.magnitude(codes)
    assert torch.equal(packets.nearest_code(sizes), codes)
    middles = (sizes[8:-1] + sizes[9:]) // 2
    assert torch.equal(packets.nearest_code(middles - 1)[32:], codes[40:-1])


def payload_bits(values: list[int], kept: int) -> int:
    """The payload's length, from what a decoder would read."""
    total = 0
    magnitudes = {int(packets.magnitude(torch.tensor(code))): code for code in range(1, 224)}
    for start in range(0, len(values), packets.CHUNK):
        chunk = values[start : start + packets.CHUNK]
        quota = -(-kept * len(chunk) // packets.CHUNK)
        positions = [index for index, value in enumerate(chunk) if value]
        total += gamma(quota - len(positions) + 1)
        if not positions:
            continue
        codes = sorted({magnitudes[abs(chunk[index])] for index in positions})
        assert len(codes) <= 2
        total += 8 + gamma(codes[-1] - codes[0] + 1)
        modulus = max(1, 710 * len(chunk) // (1_024 * len(positions)))
        width = (modulus - 1).bit_length()
        for before, index in zip([-1, *positions], positions):
            gap = index - before - 1
            rest = 0 if width == 0 else width - 1 if gap % modulus < (1 << width) - modulus else width
            total += gap // modulus + 1 + rest + 1 + (len(codes) == 2)
    return -(-total // 8) * 8


def gamma(value: int) -> int:
    return 2 * value.bit_length() - 1
