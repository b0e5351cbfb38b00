import sys
import textwrap

import pytest

from agent import Agent


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
