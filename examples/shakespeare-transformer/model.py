"""A small transformer that predicts the next character."""

import torch
from torch import nn
from torch.nn import functional

LAYERS, WIDTH, HEADS, CONTEXT = 4, 144, 4, 64


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.before_attention, self.before_mixing = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.queries_keys_values, self.heads = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.mixing = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        examples, length, _ = inputs.shape
        parts = self.queries_keys_values(self.before_attention(inputs)).view(examples, length, 3, HEADS, -1)
        attended = functional.scaled_dot_product_attention(*parts.permute(2, 0, 3, 1, 4), is_causal=True)
        inputs = inputs + self.heads(attended.transpose(1, 2).reshape(inputs.shape))
        return inputs + self.mixing(self.before_mixing(inputs))


class Transformer(nn.Module):
    """About a million parameters with 65 characters. The characters' vectors serve at both ends."""

    def __init__(self, characters: int):
        super().__init__()
        self.characters, self.places = nn.Embedding(characters, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.blocks, self.norm = nn.Sequential(*(Block() for _ in range(LAYERS))), nn.LayerNorm(WIDTH)
        for table in (self.characters, self.places):
            nn.init.normal_(table.weight, std=0.02)

    def forward(self, text: torch.Tensor) -> torch.Tensor:
        """Scores for the character after each of the text's (examples, length): (examples, characters, length)."""
        inputs = self.characters(text) + self.places.weight[: text.shape[1]]
        return functional.linear(self.norm(self.blocks(inputs)), self.characters.weight).transpose(1, 2)
