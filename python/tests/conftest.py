import os
import sys
import textwrap

import pytest

from agent import Agent

# The models are small: threads that wait for one another take longer than the work. PyTorch reads it when it is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture
def start(tmp_path):
    """Starts an agent on a trainer's script."""
    running = []

    def start(script: str, python: str = sys.executable, **options) -> Agent:
        path = tmp_path / f"trainer{len(running)}.py"
        path.write_text(textwrap.dedent(script))
        running.append(Agent(python, path, **options))
        return running[-1]

    yield start
    for agent in running:
        agent.__exit__()
