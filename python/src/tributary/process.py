"""The trainer's process: its descriptors, and the loop that answers the agent."""

from __future__ import annotations

import fcntl
import io
import mmap
import os
import queue
import sys
import threading
from dataclasses import dataclass

from . import frames
from .byhand import try_out
from .calls import Calls
from .errors import FrameError
from .frames import Message
from .contract import Trainer

_VARIABLE = "TRIBUTARY_TRAINER"
_VERSION = "1"
# Beyond those that programs know by number.
_LEAST_DESCRIPTOR = 10


@dataclass(frozen=True)
class _Descriptors:
    requests: int
    answers: int
    memory: int


def _claim() -> _Descriptors | None:
    """Takes what the agent gave, if an agent started this process. From then on standard input is empty, and standard
    output is standard error, so that whatever a program prints is a line of its log. Children inherit none of it."""
    version = os.environ.pop(_VARIABLE, None)
    if version is None:
        return None
    if version != _VERSION:
        sys.exit(f"tributary: the agent speaks version {version} of the trainer's protocol, this SDK {_VERSION}")
    try:
        taken = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, _LEAST_DESCRIPTOR) for number in (0, 1, 3)]
    except OSError:
        sys.exit(f"tributary: {_VARIABLE} is set, and descriptors 0, 1 and 3 are not those of an agent")
    os.close(3)
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    return _Descriptors(*taken)


# At import, because a program may print before it runs its trainer.
_DESCRIPTORS = _claim()


def run(trainer: Trainer) -> None:
    """Answers an agent until it is gone. Started by hand, tries the trainer out and says what comes of it."""
    if _DESCRIPTORS is None:
        sys.exit(try_out(trainer))
    _Loop(trainer, _DESCRIPTORS).run()


class _Loop:
    def __init__(self, trainer: Trainer, descriptors: _Descriptors):
        self._descriptors = descriptors
        self._calls = Calls(trainer, self._map, self._send)
        self._requests: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        # Requests that were read, and those that were answered.
        self._read = self._answered = 0

    def run(self) -> None:
        threading.Thread(target=self._receive, daemon=True).start()
        try:
            while (request := self._requests.get()) is not None:
                self._send(self._calls.answer(request))
                self._answered += 1
        except BrokenPipeError:
            pass  # The agent is gone, which is the end, too.

    def _receive(self) -> None:
        """Reads requests. Their end ends the process, even in the middle of a call."""
        code = 0
        try:
            while (request := frames.decode(lambda count: os.read(self._descriptors.requests, count))) is not None:
                self._read += 1
                self._requests.put(request)
        except FrameError as error:
            print(f"tributary: {error}", file=sys.stderr)
            code = 1
        if code == 0 and self._read == self._answered:
            self._requests.put(None)
            return
        sys.stderr.flush()
        os._exit(code)

    def _send(self, message: Message) -> None:
        data = memoryview(frames.encode(message))
        while data:
            data = data[os.write(self._descriptors.answers, data) :]

    def _map(self, size: int) -> mmap.mmap:
        found = os.fstat(self._descriptors.memory).st_size
        if found != size:
            raise FrameError(f"the shared memory has {found} bytes where the tensors need {size}")
        return mmap.mmap(self._descriptors.memory, size)
