"""byzfl's modules of rules and attacks, without the rest of the package.

`import byzfl` also imports its benchmark, and with it torchvision and plotting. Nothing here needs these, and
a torchvision that was built for another torch fails on import.
"""

import importlib
import importlib.metadata
import importlib.util
import sys
import types


def _module(name):
    if "byzfl" not in sys.modules:
        found = importlib.util.find_spec("byzfl")
        if found is None:
            raise ModuleNotFoundError(
                "byzfl is not installed: pip install -r Benchmarks/peers/requirements.txt"
            )
        package = types.ModuleType("byzfl")
        package.__path__ = list(found.submodule_search_locations)
        sys.modules["byzfl"] = package
    return importlib.import_module(name)


aggregators = _module("byzfl.aggregators.aggregators")
preaggregators = _module("byzfl.aggregators.preaggregators")
attacks = _module("byzfl.attacks.attacks")
NAME = f"byzfl {importlib.metadata.version('byzfl')}"
