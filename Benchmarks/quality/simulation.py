"""Contributors who train a transformer in one process, each on its share of a text, and three ways to merge them."""

import dataclasses
import pathlib
import sys

import torch
from torch.nn.functional import cross_entropy
from torch.nn.utils import parameters_to_vector, vector_to_parameters

import coders
import packets

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples" / "shakespeare-transformer"))
import text  # noqa: E402
from model import CONTEXT, Transformer  # noqa: E402

FLOAT_BITS = 32


@dataclasses.dataclass(frozen=True)
class Plan:
    """What all methods have alike."""

    contributors: int
    steps: int
    batch: int
    rounds: int

    @property
    def tokens_per_round(self) -> int:
        return self.contributors * self.steps * self.batch * CONTEXT


@dataclasses.dataclass(frozen=True)
class Method:
    """How updates are sent and merged. Without `kept` of 4,096 values or `signs` for them they are sent whole."""

    name: str
    learning_rate: float
    server_rate: float = 1.0
    kept: int | None = None
    # As packets of the form rotated:K have them.
    signs: int | None = None
    # Of 4,096 values of a published step.
    kept_down: int | None = None
    # Nesterov's momentum at the server, and optimisers that live on from round to round: DiLoCo.
    momentum: float = 0.0
    keeps_optimizers: bool = False


class Contributor:
    def __init__(self, examples, seed: int, method: Method, parameters: int):
        self.examples, self.method = examples, method
        self.random = torch.Generator().manual_seed(seed)
        self.feedback = packets.ErrorFeedback(method.kept, parameters) if method.kept else None
        self.coder = coders.Rotated(method.signs) if method.signs else None
        self.optimizer_state = None

    def train(self, module: Transformer, plan: Plan) -> torch.Tensor:
        """What training from the module's weights changes."""
        start = parameters_to_vector(module.parameters()).detach().clone()
        optimizer = torch.optim.AdamW(module.parameters(), lr=self.method.learning_rate, weight_decay=0.0, fused=True)
        if self.optimizer_state:
            optimizer.load_state_dict(self.optimizer_state)
        for _ in range(plan.steps):
            chosen = torch.randint(len(self.examples), (plan.batch,), generator=self.random).tolist()
            inputs, targets = map(torch.stack, zip(*(self.examples[index] for index in chosen)))
            optimizer.zero_grad()
            cross_entropy(module(inputs), targets).backward()
            optimizer.step()
        if self.method.keeps_optimizers:
            self.optimizer_state = optimizer.state_dict()
        return parameters_to_vector(module.parameters()).detach() - start

    def send(self, delta: torch.Tensor) -> torch.Tensor:
        """The update as it arrives."""
        if self.coder:
            row = torch.nn.functional.pad(delta, (0, -len(delta) % packets.CHUNK)).unsqueeze(0)
            return self.coder.encode(row, self.random)[0, : len(delta)]
        if self.feedback is None:
            return delta
        return packets.dequantize(self.feedback.compress(packets.quantize(delta)))


class Server:
    def __init__(self, method: Method, parameters: int):
        self.method, self.velocity = method, torch.zeros(parameters)
        self.feedback = packets.ErrorFeedback(method.kept_down, parameters) if method.kept_down else None

    def step(self, updates: list[torch.Tensor]) -> torch.Tensor:
        """What is added to the weights."""
        if self.method.kept or self.method.signs:
            # No update counts for more than twice the window's median norm.
            norms = torch.stack([update.norm() for update in updates])
            updates = [update * min(1, 2 * norms.median() / max(norm, 1e-12)) for update, norm in zip(updates, norms)]
        mean = torch.stack(updates).mean(0)
        self.velocity = self.method.momentum * self.velocity + mean
        step = self.method.server_rate * (mean + self.method.momentum * self.velocity)
        if self.feedback is None:
            return step
        return packets.dequantize(self.feedback.compress(packets.quantize(step)))


def bits_of(values: torch.Tensor, kept: int | None, signs: int | None = None) -> float:
    """What an update or a step takes, with all that stands around it."""
    if signs:
        return coders.Rotated(signs).bits(values) + coders.SEED_BITS + packets.AROUND_PAYLOAD_BITS
    if kept is None:
        return FLOAT_BITS * len(values)
    return packets.payload_bits(packets.quantize(values), kept) + packets.AROUND_PAYLOAD_BITS


def measure(module: Transformer, examples, at_most: int | None = None) -> float:
    """The mean loss over the examples, or over some of them spread evenly."""
    count = len(examples) if at_most is None else min(at_most, len(examples))
    chosen = [index * len(examples) // count for index in range(count)]
    total = 0.0
    with torch.no_grad():
        for start in range(0, count, 64):
            inputs, targets = map(torch.stack, zip(*(examples[index] for index in chosen[start : start + 64])))
            total += float(cross_entropy(module(inputs), targets)) * len(inputs)
    return total / count


def run(method: Method, plan: Plan, data: pathlib.Path, seed: int, points: int = 16) -> dict:
    """Trains with a method, and returns its curve: tokens, bits up and down a parameter and contributor, and loss.

    The packets of each point's round are encoded, and stand for those of the rounds since the point before.
    """
    torch.manual_seed(seed)
    module = Transformer(len(text.CHARACTERS))
    weights = parameters_to_vector(module.parameters()).detach().clone()
    count = len(weights)
    contributors = [
        Contributor(text.examples(data, f"{index + 1}/{plan.contributors}"), 1_000 * seed + index, method, count)
        for index in range(plan.contributors)]
    server, test = Server(method, count), text.examples(data, "test")
    curve, up, down, counted = [], 0, 0, 0
    for number in range(1, plan.rounds + 1):
        updates = []
        for contributor in contributors:
            vector_to_parameters(weights.clone(), module.parameters())
            updates.append(contributor.send(contributor.train(module, plan)))
        step = server.step(updates)
        weights = weights + step
        if number * points // plan.rounds > (number - 1) * points // plan.rounds:
            up += (number - counted) * sum(bits_of(update, method.kept, method.signs) for update in updates)
            down += (number - counted) * bits_of(step, method.kept_down)
            counted = number
            vector_to_parameters(weights.clone(), module.parameters())
            sample = None if number == plan.rounds else 256
            curve.append({
                "tokens": number * plan.tokens_per_round, "bitsUp": up / count / plan.contributors,
                "bitsDown": down / count, "loss": measure(module, test, sample)})
    return {"parameters": count, "curve": curve}
