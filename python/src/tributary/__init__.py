"""Tributary trains one model across machines that do not trust each other.

Write a trainer with `Trainer`, `@trainer`, `tributary.torch` or `tributary.flower`, and end its script with
`tributary.run(it)`. Read a network's models with `pull` and `Network`, which trust nobody but the genesis' validators.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import FrameError, GatewayError, TrainerError, TributaryError, VerificationError, WireError
from .function import trainer
from .process import run
from .contract import Evaluation, Gradient, Tensors, Trained, Trainer, TrainingConfig, Weights, glorot

if TYPE_CHECKING:
    from .model import Model
    from .network import Account, Network, Task, Version, pull

__all__ = [
    "Account", "Evaluation", "FrameError", "GatewayError", "Gradient", "Model", "Network", "Task", "Tensors", "Trained",
    "Trainer", "TrainerError", "TrainingConfig", "TributaryError", "VerificationError", "Version", "Weights",
    "WireError", "glorot", "pull", "run", "trainer",
]

# A trainer reads no networks, and starts faster without what that takes.
_READING = {"Account", "Model", "Network", "Task", "Version", "pull"}


def __getattr__(name: str) -> Any:
    if name in _READING:
        from . import network

        return getattr(network, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
