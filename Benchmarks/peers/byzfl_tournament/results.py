"""The peer's result file: one JSON document, replaced after every cell, from which the next run goes on."""

import json
import os
import pathlib

from .split import SplitError


class Results:
    """The cells that are done."""

    def __init__(self, path, peer, split_digest, settings):
        """Opens a result file, or begins one. Raises SplitError if it holds another tournament's results."""
        self.path = pathlib.Path(path)
        self.head = {"peer": peer, "split": split_digest, "settings": settings.as_json()}
        self.cells = []
        if self.path.exists():
            self._resume()

    def _resume(self):
        try:
            document = json.loads(self.path.read_bytes())
            self.cells = document.pop("cells")
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
            raise SplitError(f"{self.path} is not a result file ({fault!r}): name another file") from fault
        for name, value in self.head.items():
            if document.get(name) != value:
                raise SplitError(
                    f"{self.path} holds results of another {name} ({document.get(name)}, not {value}): "
                    "name another file, or remove this one"
                )

    def __contains__(self, cell):
        wanted = cell.as_json()
        return any(all(done.get(name) == value for name, value in wanted.items()) for done in self.cells)

    def add(self, result):
        """Adds a cell's result. Once this returns, the result is on disk."""
        self.cells.append(result)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self.path.with_name(self.path.name + ".new")
        with open(scratch, "w", encoding="utf-8") as file:
            json.dump(self.head | {"cells": self.cells}, file, indent=1, allow_nan=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, self.path)
