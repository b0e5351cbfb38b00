"""Sparse updates as docs/PACKET.md describes them: the values that a receiver decodes, and the bits that they take."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Interop"))
from payloads import encode_sparse  # noqa: E402

CHUNK, FRACTION_BITS, GREATEST = 4_096, 26, (1 << 30) - 1
# The header, the envelopes and their signatures of one packet.
AROUND_PAYLOAD_BITS = 1_600


def quantize(values: torch.Tensor) -> torch.Tensor:
    return (values * (1 << FRACTION_BITS)).round().clamp(-GREATEST, GREATEST).long()


def dequantize(quanta: torch.Tensor) -> torch.Tensor:
    return quanta.float() / (1 << FRACTION_BITS)


class ErrorFeedback:
    """What compression has left out so far, to be sent later."""

    def __init__(self, kept: int, parameters: int):
        self.kept, self.residual = kept, torch.zeros(parameters, dtype=torch.long)

    def compress(self, quanta: torch.Tensor) -> torch.Tensor:
        """The values that a receiver has."""
        self.residual = (self.residual + quanta).clamp(-GREATEST, GREATEST)
        values = compressed(self.residual, self.kept)
        self.residual -= values
        return values


def payload_bits(values: torch.Tensor, kept: int) -> int:
    """The payload's length. It takes about a second for each hundred thousand values."""
    return 8 * len(encode_sparse(values.numpy(), kept))


def compressed(quanta: torch.Tensor, kept: int) -> torch.Tensor:
    """The `kept` largest values of each chunk at two magnitudes."""
    whole = len(quanta) // CHUNK * CHUNK
    parts = [part for part in (quanta[:whole].view(-1, CHUNK), quanta[whole:].view(1, -1)) if part.numel() > 0]
    return torch.cat([_chunks(part, -(-kept * part.shape[1] // CHUNK)).flatten() for part in parts])


def _chunks(quanta: torch.Tensor, quota: int) -> torch.Tensor:
    """Chunks of one length, in rows."""
    length = quanta.shape[1]
    # Ties go to the lower position.
    ranks = quanta.abs() * length + torch.arange(length - 1, -1, -1)
    positions = ranks.topk(quota, dim=1).indices.sort(dim=1).values
    chosen = quanta.gather(1, positions)
    sizes, is_kept = chosen.abs(), chosen != 0
    low, high = _levels(sizes)
    is_high = 2 * sizes > (magnitude(low) + magnitude(high)).unsqueeze(1)
    level = torch.where(is_high, magnitude(high).unsqueeze(1), magnitude(low).unsqueeze(1))
    return torch.zeros_like(quanta).scatter_(1, positions, torch.where(is_kept, level * chosen.sign(), 0))


def _levels(sizes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The codes of the magnitudes nearest to the means of the best two groups of each row's sizes, zeros left out."""
    ascending = sizes.sort(dim=1).values
    zeros = (ascending == 0).sum(1, keepdim=True)
    places = torch.arange(1, sizes.shape[1] + 1)
    sums = ascending.cumsum(1)
    total, count = sums[:, -1:], sizes.shape[1] - zeros
    lower = (places - zeros).clamp(min=0)
    upper = count - lower
    # What a split after so many lowers the sum of squares by.
    gain = (sums * upper - (total - sums) * lower).double() ** 2 / (lower * upper).clamp(min=1)
    gain[(lower < 1) | (upper < 1)] = 0
    split = gain.argmax(1, keepdim=True)
    is_split = gain.gather(1, split) > 0
    below = torch.where(is_split, sums.gather(1, split), total)
    counted = torch.where(is_split, lower.gather(1, split), count)
    low = nearest_code(_rounded_mean(below, counted)).squeeze(1)
    high = nearest_code(torch.where(is_split, _rounded_mean(total - below, count - counted), 0)).squeeze(1)
    high = torch.where(is_split.squeeze(1), high, low)
    # Rounding can move a level so far that no size is nearest to it: then the other one serves alone.
    least = ascending.gather(1, zeros.clamp(max=sizes.shape[1] - 1)).squeeze(1)
    both = magnitude(low) + magnitude(high)
    uses_low, uses_high = 2 * least <= both, 2 * ascending[:, -1] > both
    return torch.where(uses_low, low, high), torch.where(uses_high, high, low)


def _rounded_mean(total: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
    count = count.clamp(min=1)
    return (total + count // 2) // count


def magnitude(code: torch.Tensor) -> torch.Tensor:
    exponent, mantissa = code >> 3, code & 7
    return torch.where(exponent == 0, mantissa, (8 + mantissa) << (exponent - 1).clamp(min=0))


def nearest_code(quanta: torch.Tensor) -> torch.Tensor:
    """The code of the nearest magnitude, ties to the even code."""
    shift = (_bit_length(quanta) - 4).clamp(min=0)
    significand = quanta >> shift
    twice_rest = (quanta - (significand << shift)) * 2
    step = 1 << shift
    up = (twice_rest > step) | ((twice_rest == step) & (significand & 1 == 1))
    return ((shift << 3) + significand + torch.where((shift > 0) & up, 1, 0)).clamp(max=223)


def _bit_length(values: torch.Tensor) -> torch.Tensor:
    return torch.frexp(values.double()).exponent.long()
