"""Trials of whole networks. Those that are marked `long` run with `--long` alone."""

import pytest
from trial import Trial


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="run the trials that take minutes, too")


def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes minutes; runs with --long")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--long"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="runs with --long"))


@pytest.fixture
def trial(tmp_path, binaries, message_class, monkeypatch):
    """A network that has made its first version."""
    monkeypatch.setenv("TRIBUTARY_BINARIES", str(binaries))
    made = Trial(tmp_path / "trial", message_class)
    try:
        made.begin()
        yield made
    finally:
        made.close()
