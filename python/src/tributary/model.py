"""A model that was verified: named tensors."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .errors import TributaryError

if TYPE_CHECKING:
    from torch import nn

_ALIGNMENT = 8


@dataclass(frozen=True)
class Model:
    """A version of a task's model, whose bits hash to the root that its validators signed."""

    # Of the task, in hexadecimal digits.
    task: str
    trainer: str
    version: int
    # What validators certified; None for version 0, the weights that the author signed.
    root: str | None
    tensors: Mapping[str, NDArray[np.float32]]

    def save_safetensors(self, path: str | os.PathLike[str]) -> None:
        """Writes the file that `tributary model pull` writes. It is there whole or not at all."""
        metadata = {
            "format": "pt", "tributary.task": self.task, "tributary.trainer": self.trainer,
            "tributary.version": str(self.version), "tributary.root": self.root or "",
        }
        header: dict[str, Any] = {"__metadata__": metadata}
        end = 0
        for name, tensor in self.tensors.items():
            header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [end, end + tensor.nbytes]}
            end += tensor.nbytes
        data = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        data += b" " * (-len(data) % _ALIGNMENT)
        folder = os.path.dirname(os.path.abspath(path))
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".model-", delete=False) as file:
            try:
                file.write(len(data).to_bytes(8, "little") + data)
                for tensor in self.tensors.values():
                    file.write(np.ascontiguousarray(tensor, "<f4").data)
                file.flush()
                os.fsync(file.fileno())
                # As open() would have made it.
                mask = os.umask(0)
                os.umask(mask)
                os.chmod(file.name, 0o666 & ~mask)
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise

    def load_into(self, module: nn.Module) -> None:
        """Writes the tensors into a PyTorch module's parameters and buffers of their names. Others stay as they are."""
        import torch

        places: dict[str, torch.Tensor] = dict(module.named_parameters(remove_duplicate=False))
        places.update(module.named_buffers(remove_duplicate=False))
        for name, tensor in self.tensors.items():
            if name not in places:
                raise TributaryError(f"the module has no tensor '{name}'")
            if places[name].shape != tensor.shape:
                raise TributaryError(
                    f"tensor '{name}' has shape {tensor.shape}, and the module's has {tuple(places[name].shape)}")
        with torch.no_grad():
            for name, tensor in self.tensors.items():
                places[name].copy_(torch.from_numpy(tensor))
