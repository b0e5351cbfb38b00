"""Ways to compress updates, all contributors of a round at once: rows of floats to rows as a receiver decodes them.

Every row is cut into chunks of 4,096 parameters; the study's models fill the last one with zeros.
"""

import torch

import packets

CHUNK = packets.CHUNK
# A chunk's scale takes a byte in a packet.
SCALE_BITS = 8
# A rotation's seed at the start of a payload.
SEED_BITS = 64


class Coder:
    """Sends updates whole. Dense packets of a byte a value are so exact that they stand for it."""

    keeps_residuals = False

    def encode(self, rows: torch.Tensor, random: torch.Generator) -> torch.Tensor:
        return rows

    def bits(self, row: torch.Tensor) -> float:
        """What a decoded row takes in a packet, without what stands around the payload."""
        return 8 * len(row) + SCALE_BITS * len(row) / CHUNK


class TopK(Coder):
    """The largest of each chunk at two magnitudes, as packets of the form sparse:K have them."""

    def __init__(self, kept: int, keeps_residuals: bool):
        self.kept, self.keeps_residuals = kept, keeps_residuals

    def encode(self, rows: torch.Tensor, random: torch.Generator) -> torch.Tensor:
        chunks = rows.view(-1, CHUNK)
        sizes, positions = chunks.abs().topk(self.kept, dim=1)
        # The split into two groups that lowers the sum of squares most.
        places = torch.arange(1, self.kept)
        sums = sizes.cumsum(1)
        upper, total = sums[:, :-1], sums[:, -1:]
        split = 1 + (upper**2 / places + (total - upper) ** 2 / (self.kept - places)).argmax(1, keepdim=True)
        high = sums.gather(1, split - 1) / split
        low = (total - sums.gather(1, split - 1)) / (self.kept - split)
        levels = torch.where(torch.arange(self.kept) < split, high, low)
        signs = chunks.gather(1, positions).sign()
        return torch.zeros_like(chunks).scatter_(1, positions, levels * signs).view_as(rows)

    def bits(self, row: torch.Tensor) -> float:
        return packets.payload_bits(packets.compressed(packets.quantize(row), self.kept), self.kept)


class RandomK(Coder):
    """Values at places that a shared seed names, times what was left out: unbiased, and without positions."""

    def __init__(self, kept: int):
        self.kept = kept

    def encode(self, rows: torch.Tensor, random: torch.Generator) -> torch.Tensor:
        chunks = rows.view(-1, CHUNK)
        places = torch.rand(chunks.shape, generator=random).topk(self.kept, dim=1).indices
        kept = chunks.gather(1, places) * (CHUNK / self.kept)
        return torch.zeros_like(chunks).scatter_(1, places, kept).view_as(rows)

    def bits(self, row: torch.Tensor) -> float:
        return (8 * self.kept + SCALE_BITS) * len(row) / CHUNK


class Sampled(Coder):
    """Each value is kept with a probability that grows with its size, and raised by as much: unbiased, with the least
    variance for so many kept (Wangni et al., Gradient Sparsification for Communication-Efficient Distributed
    Optimization, 2018). It goes into packets of the form sparse:K."""

    def __init__(self, kept: int):
        self.kept = kept

    def encode(self, rows: torch.Tensor, random: torch.Generator) -> torch.Tensor:
        chunks = rows.view(-1, CHUNK)
        sizes = chunks.abs()
        # The threshold t at which min(1, size / t) sums up to as many as are kept.
        descending = sizes.topk(self.kept, dim=1).values
        rest = sizes.sum(1, keepdim=True) - descending.cumsum(1) + descending
        thresholds = rest / (self.kept - torch.arange(self.kept))
        first = (descending <= thresholds).int().argmax(1, keepdim=True)
        threshold = thresholds.gather(1, first).clamp(min=1e-30)
        # Systematic sampling keeps exactly as many.
        reached = (sizes / threshold).clamp(max=1).double().cumsum(1) + torch.rand(len(chunks), 1, generator=random)
        steps = reached.floor()
        kept = torch.diff(steps, dim=1, prepend=torch.zeros(len(chunks), 1, dtype=steps.dtype)) > 0
        return torch.where(kept, chunks.sign() * sizes.maximum(threshold), 0).view_as(rows)

    def bits(self, row: torch.Tensor) -> float:
        return packets.payload_bits(packets.compressed(packets.quantize(row), self.kept), self.kept)


class Rotated(Coder):
    """A random rotation, then one bit for each of as many rotated values, at a scale that leaves no bias (Vargaftik et al.,
    EDEN, 2022). Signs are turned at random, which a shared seed repeats; values whose places are alike modulo the number
    of bits are added up; the sums are rotated by a Hadamard matrix. That is some rows of the whole chunk's matrix."""

    def __init__(self, kept: int):
        self.kept = kept
        self.left, self.right = map(self._hadamard, (1 << kept.bit_length() // 2, kept >> kept.bit_length() // 2))

    @staticmethod
    def _hadamard(size: int) -> torch.Tensor:
        matrix = torch.ones(1, 1)
        while len(matrix) < size:
            matrix = torch.cat([torch.cat([matrix, matrix], 1), torch.cat([matrix, -matrix], 1)])
        return matrix

    def _transform(self, chunks: torch.Tensor) -> torch.Tensor:
        """A Hadamard matrix is the Kronecker product of two smaller ones."""
        return (self.left @ chunks.view(-1, len(self.left), len(self.right)) @ self.right).view(-1, self.kept)

    def encode(self, rows: torch.Tensor, random: torch.Generator) -> torch.Tensor:
        chunks = rows.view(-1, CHUNK)
        turned = torch.randint(0, 2, chunks.shape, generator=random, dtype=torch.int8) * 2 - 1
        rotated = self._transform((chunks * turned).view(len(chunks), -1, self.kept).sum(1))
        # The scale at which the product of what was rotated with its signs is its square.
        scale = rotated.square().sum(1, keepdim=True) / rotated.abs().sum(1, keepdim=True).clamp(min=1e-30) / self.kept
        return (self._transform(scale * rotated.sign()).repeat(1, CHUNK // self.kept) * turned).view_as(rows)

    def bits(self, row: torch.Tensor) -> float:
        return (self.kept + SCALE_BITS) * len(row) / CHUNK
