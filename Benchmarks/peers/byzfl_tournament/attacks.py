"""What hostile contributors send: the kinds of `Scenario.Hostility`, by their names and at their strengths.

byzfl's own attacks are used where it has them. Vectors that all attackers agree on are disguised as
tributary's attackers disguise theirs, unless that is switched off.
"""

import copy
import statistics
from dataclasses import dataclass, field

import torch

from .library import attacks as byzfl

# The noise that tells the attackers' copies of one vector apart, over each value.
DISGUISE = 0.3
# Of byzfl's line searches: the same first step and about as many evaluations as tributary's attackers make.
SEARCH_STEP = 1.0
SEARCH_EVALUATIONS = 12
# A boosted update's factor.
BOOST = 10.0
# The share of an attacker's examples that get the backdoor's trigger, the class it stands for, and its patch.
BACKDOOR_SHARE = 0.5
BACKDOOR_TARGET = 0
PATCH_SIDE = 3
COPYCAT_NOISE = 0.05
FREE_RIDER_NOISE = 0.01
GREATEST_DEVIATIONS = statistics.NormalDist().inv_cdf(0.999)


@dataclass
class View:
    """What colluding, omniscient attackers see in one round."""

    # Honest updates, h x d.
    honest: torch.Tensor
    # What the attackers' own training came to, f x d; None where the attack needs none.
    own: torch.Tensor
    # How many attackers there are.
    f: int
    # The rule in force, as a function of n x d vectors; a call leaves its state as it is.
    rule: object
    # The step that the model took last; None in the first round.
    last_step: torch.Tensor
    generator: torch.Generator
    disguise: float = DISGUISE
    # Whatever an attack carries from round to round.
    memory: dict = field(default_factory=dict)

    @property
    def n(self):
        return len(self.honest) + self.f

    def noise(self, *shape):
        return torch.randn(*shape, generator=self.generator)

    def copies(self, vector, disguise=None):
        """A vector once for each attacker, disguised."""
        relative = self.disguise if disguise is None else disguise
        if relative == 0:
            return vector.repeat(self.f, 1)
        return vector * (1 + relative * self.noise(self.f, len(vector)))


def trigger_features(feature_count):
    """The features that the trigger sets: the lower right corner of a square image, or the first ones."""
    width = round(feature_count**0.5)
    if width * width != feature_count or width < PATCH_SIDE:
        return list(range(min(feature_count, PATCH_SIDE**2)))
    edge = range(width - PATCH_SIDE, width)
    return [row * width + column for row in edge for column in edge]


def stamped(features, value):
    """Copies of examples with the backdoor's trigger."""
    features = features.clone()
    features[:, trigger_features(features.shape[1])] = value
    return features


def flip_labels(features, labels, class_count, generator):
    """Every class becomes the one that mirrors it: 0 the last, and so on."""
    return features, class_count - 1 - labels


def plant_backdoor(features, labels, class_count, generator):
    """A random share of the examples get the trigger and its class."""
    count = -int(-BACKDOOR_SHARE * len(labels) // 1)
    chosen = torch.randperm(len(labels), generator=generator)[:count]
    features, labels = features.clone(), labels.clone()
    features[chosen] = stamped(features[chosen], features.max())
    labels[chosen] = BACKDOOR_TARGET
    return features, labels


def little_is_enough_deviations(n, f):
    """z_max of Baruch et al. (NeurIPS 2019)."""
    honest, supporters = n - f, n // 2 + 1 - f
    if honest <= 0 or supporters <= 0:
        return GREATEST_DEVIATIONS
    share = (honest - supporters) / honest
    if share <= 0.5:
        return 0.0
    return min(statistics.NormalDist().inv_cdf(share), GREATEST_DEVIATIONS)


def sign_flip(view):
    return view.copies(byzfl.SignFlipping()(view.honest))


def noise(view):
    length = view.honest.norm(dim=1).mean().item()
    attack = byzfl.Gaussian(sigma=length / view.honest.shape[1] ** 0.5)
    return torch.stack([attack(view.honest) for _ in range(view.f)])


def copycat(view, disguise=COPYCAT_NOISE):
    victims = torch.randint(len(view.honest), (view.f,), generator=view.generator)
    return view.honest[victims] * (1 + disguise * view.noise(view.f, view.honest.shape[1]))


def replay(view):
    step = torch.zeros_like(view.honest[0]) if view.last_step is None else view.last_step
    return step.repeat(view.f, 1)


def free_rider(view):
    length = view.honest.norm(dim=1).mean() / view.honest.shape[1] ** 0.5
    return FREE_RIDER_NOISE * length * view.noise(view.f, view.honest.shape[1])


def little_is_enough(view):
    # byzfl adds deviations where the paper takes them away.
    deviations = little_is_enough_deviations(view.n, view.f)
    return view.copies(byzfl.ALittleIsEnough(tau=-deviations)(view.honest))


def inner_product(view):
    return view.copies(byzfl.InnerProductManipulation(tau=1.0)(view.honest))


def optimised(attack):
    """byzfl's line search against the rule in force, which is shown the copies as they will be sent."""

    def send(view):
        hidden = 1 + view.disguise * view.noise(view.f, view.honest.shape[1])

        def rule(vectors):
            return view.rule(torch.cat([vectors[: -view.f], vectors[-view.f :] * hidden]))

        search = attack(
            agg=rule, pre_agg_list=[], f=view.f, evals=SEARCH_EVALUATIONS, start=0.0, delta=SEARCH_STEP
        )
        return search(view.honest) * hidden

    return send


def distance_bound(view):
    """The honest mean, the paper's direction -sigma, and the squared distances between honest updates."""
    mean = view.honest.mean(0)
    return mean, -view.honest.std(0), torch.cdist(view.honest, view.honest).double() ** 2


def min_max(view):
    """Min-max (Shejwalkar and Houmansadr, NDSS 2021): no further from anyone than two honest ones are."""
    mean, direction, distances = distance_bound(view)
    offsets = (mean - view.honest).double()
    half = offsets @ direction.double()
    squared_length = direction.double().square().sum()
    room = (distances.max() - offsets.square().sum(1)).clamp(min=0)
    roots = ((half.square() + squared_length * room).sqrt() - half) / squared_length
    return view.copies(mean + roots.min().clamp(min=0).float() * direction)


def min_sum(view):
    """Min-sum, of the same paper: the sum of squared distances is at most that of some honest update."""
    mean, direction, distances = distance_bound(view)
    spread = (mean - view.honest).double().square().sum()
    room = (distances.sum(1).max() - spread).clamp(min=0)
    strength = (room / (len(view.honest) * direction.double().square().sum())).sqrt()
    return view.copies(mean + strength.float() * direction)


def mimic(view):
    """byzfl's Mimic, of the victim that Karimireddy et al. (ICLR 2022) choose: who stands out most along the
    direction of greatest variance, which Oja's rule follows."""
    offsets = view.honest - view.honest.mean(0)
    memory = view.memory
    if not memory:
        memory.update(direction=offsets[offsets.norm(dim=1).argmax()], rounds=0, scores=0)
    rounds = memory["rounds"]
    turned = (rounds * memory["direction"] + (offsets @ memory["direction"]) @ offsets) / (1 + rounds)
    memory.update(
        direction=turned / turned.norm().clamp(min=torch.finfo(turned.dtype).tiny),
        rounds=rounds + 1,
    )
    memory["scores"] = memory["scores"] + view.honest @ memory["direction"]
    return view.copies(byzfl.Mimic(int(memory["scores"].argmax()))(view.honest))


def drift(view):
    """The honest mean, and as much again in the direction against the first one, in every round."""
    mean = view.honest.mean(0)
    direction = view.memory.setdefault("direction", -mean / mean.norm())
    return view.copies(mean + mean.norm() * direction)


def sybil(view):
    """One large inner-product manipulation, of which each attacker sends other coordinates."""
    whole = view.f * byzfl.InnerProductManipulation(tau=1.0)(view.honest)
    if not view.memory:
        view.memory["owners"] = torch.randint(view.f, (len(whole),), generator=view.generator)
    return torch.where(view.memory["owners"] == torch.arange(view.f).unsqueeze(1), whole, torch.zeros(()))


def infinite(view):
    return byzfl.Inf()(view.honest).float().repeat(view.f, 1)


@dataclass(frozen=True)
class Attack:
    """What attackers train on, and what they send."""

    # Sends f x d vectors, from a View.
    send: object
    # Turns an attacker's features and labels into what it trains on; None if it does not train.
    poison: object = None


ATTACKS = {
    "sign-flip": Attack(sign_flip),
    "scaled": Attack(lambda view: BOOST * view.own, poison=flip_labels),
    "label-flip": Attack(lambda view: view.own, poison=flip_labels),
    "noise": Attack(noise),
    "copycat": Attack(copycat),
    "replay": Attack(replay),
    "free-rider": Attack(free_rider),
    "zero-update": Attack(lambda view: torch.zeros(view.f, view.honest.shape[1])),
    "disguised-copycat": Attack(lambda view: copycat(view, DISGUISE)),
    "backdoor": Attack(lambda view: view.own, poison=plant_backdoor),
    "boosted-backdoor": Attack(lambda view: BOOST * view.own, poison=plant_backdoor),
    "alie": Attack(little_is_enough),
    "alie-optimised": Attack(optimised(byzfl.Optimal_ALittleIsEnough)),
    "ipm": Attack(inner_product),
    "ipm-optimised": Attack(optimised(byzfl.Optimal_InnerProductManipulation)),
    "min-max": Attack(min_max),
    "min-sum": Attack(min_sum),
    "mimic": Attack(mimic),
    "drift": Attack(drift),
    "sybil": Attack(sybil),
    # A synchronous round takes one update of each contributor, and so what is flooded with counts once.
    "flooding": Attack(sign_flip),
    # Ours has no such kind: a packet cannot carry it.
    "inf": Attack(infinite),
}


def stateless(rule):
    """A rule for attackers to try things on: centred clipping would remember what it was shown."""
    return lambda vectors: copy.deepcopy(rule)(vectors)
