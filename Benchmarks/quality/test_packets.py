"""Values against the example of docs/PACKET.md, what a decoder makes of them, and sizes against entropy."""

import torch

import packets
from payloads import decode_sparse, encode_sparse


def test_the_documented_example():
    values = packets.compressed(torch.tensor([0, 100, 0, 0, -40, 0, 0, 0]), kept=1_024)
    assert values.tolist() == [0, 96, 0, 0, -40, 0, 0, 0]


def test_nothing_is_lost_beside_the_residual():
    torch.manual_seed(1)
    deltas = [packets.quantize(torch.randn(10_001) / 100) for _ in range(5)]
    feedback = packets.ErrorFeedback(64, 10_001)
    sent = sum(feedback.compress(delta) for delta in deltas)
    assert torch.equal(sent + feedback.residual, sum(deltas))


def test_uniform_positions_take_hardly_more_than_their_entropy():
    torch.manual_seed(2)
    count = 1 << 17
    bits = packets.payload_bits(packets.compressed(packets.quantize(torch.randn(count) / 100), 64), 64)
    assert 0.1425 < bits / count < 1.05 * 0.1474


def test_a_decoder_finds_the_values_again():
    torch.manual_seed(3)
    for kept, count in [(1, 5_000), (64, 4_096), (64, 9_000), (4_096, 5_000), (300, 37)]:
        for spread in (2, 1_000, 1 << 29):
            quanta = (torch.randn(count) * spread).long().clamp(-packets.GREATEST, packets.GREATEST)
            quanta[torch.rand(count) < 0.4] = 0
            values = packets.compressed(quanta, kept).numpy()
            assert (decode_sparse(encode_sparse(values, kept), kept, count) == values).all(), (kept, count, spread)


def test_codes_are_the_nearest_magnitudes():
    codes = torch.arange(224)
    sizes = packets.magnitude(codes)
    assert torch.equal(packets.nearest_code(sizes), codes)
    middles = (sizes[8:-1] + sizes[9:]) // 2
    assert torch.equal(packets.nearest_code(middles - 1)[32:], codes[40:-1])
