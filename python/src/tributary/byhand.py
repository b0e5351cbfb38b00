"""A short trial of a trainer that somebody started by hand."""

from __future__ import annotations

import pathlib
import sys
import time

from .calls import Calls
from .frames import Message
from .layout import Memory
from .contract import Trainer

_TRIAL = {"epochs": None, "steps": 1, "batchSize": 32, "learningRate": 0.01, "weightDecay": 0.0, "seed": "0"}


def try_out(trainer: Trainer) -> int:
    """Makes each call once, and prints what comes of it. Returns 1 if one failed, which is a process's exit code."""
    memory = bytearray()

    def provide(size: int) -> Memory:
        memory.extend(bytes(size))
        return memory

    calls = Calls(trainer, provide, lambda message: None)
    program = pathlib.Path(sys.argv[0]).name or "This program"
    print(f"{program} is a trainer, which an agent of Tributary starts. This is a short trial of it.")
    failures = 0
    for number, call in enumerate(["describe", "initialize", "train", "evaluate", "gradient"], 1):
        start = time.monotonic()
        answer = calls.answer({"id": number, "call": call, **_TRIAL})
        seconds = time.monotonic() - start
        failures += "error" in answer
        outcome = f"failed: {answer['error']}" if "error" in answer else _summary(call, answer["result"])
        print(f"  {call:<12}{seconds:7.2f} s  {outcome}")
        if call == "initialize" and "result" in answer:
            # Each later call starts from these weights.
            memory[: len(memory) // 2] = memory[len(memory) // 2 :]
        if failures and number < 3:
            break
    print("Validators need every call, contributors train." if failures else "`tributary trainer check` looks closer.")
    return min(failures, 1)


def _summary(call: str, result: Message) -> str:
    if call == "describe":
        shapes = [tensor["shape"] for tensor in result["tensors"]]
        return f"{len(shapes)} tensors, {result['examples']} examples, groups: {result['groups']}"
    numbers = {name: value for name, value in result.items() if name != "metrics"} | result.get("metrics", {})
    return ", ".join(f"{name} {value:.4g}" for name, value in numbers.items())
