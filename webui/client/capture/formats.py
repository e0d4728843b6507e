"""What a model file says of itself, read without loading it.

Sources: safetensors, "Format" (8 bytes of length, a JSON header, then the tensors back to back);
onnx.proto3 (fields by number, skipped by their lengths); PyTorch, ``torch.save`` (a zip with
``data.pkl``); pickle's opcodes by ``pickletools``, which runs none of them.

A file is read through a window: what is larger than is read is skipped by its length, so that
neither a file of ten gigabytes nor a header that promises so many is held in memory.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from webui.client.capture.onnx_facts import read_onnx
from webui.client.capture.pickled import MOST_PICKLE, scan_pickle
from webui.client.capture.tensors import read_safetensors
from webui.client.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webui.client.capture.window import Window

MOST_PARTS: Final = 100_000
_ZIP: Final = b"PK\x03\x04"
_PICKLES: Final = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_SUFFIXES: Final = {
    ".safetensors": "safetensors",
    ".onnx": "onnx",
    ".pkl": "pickle",
    ".pickle": "pickle",
    ".joblib": "joblib",
    ".pt": "pytorch",
    ".pth": "pytorch",
    ".bin": "binary",
    ".gguf": "gguf",
    ".h5": "hdf5",
    ".keras": "keras",
}
_MAGIC: Final = ((b"GGUF", "gguf"), (b"\x89HDF\r\n\x1a\n", "hdf5"))


@dataclass(frozen=True, slots=True)
class Model:
    """What a model file is: its format, facts by name, and what loading it could call.

    ``calls`` are names that a pickle refers to and that reach beyond data: loading runs them.
    """

    format: str
    facts: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()


def read_model(window: Window, name: str) -> Model:
    """What a file is, by its bytes first and its name second.

    Raises:
        CaptureError: its name promises a format that its bytes are not, or its bytes are hostile.
    """
    suffix = _SUFFIXES.get(_suffix(name), "")
    head = window.at(0, 8)
    if suffix == "safetensors":
        return Model("safetensors", read_safetensors(window, name))
    if suffix == "onnx":
        return Model("onnx", read_onnx(window, name))
    if head.startswith(_ZIP):
        return _zipped(window, name)
    for magic, found in _MAGIC:
        if head.startswith(magic):
            return Model(found)
    if head.startswith(_PICKLES):
        return _pickled(window, suffix if suffix in {"joblib", "pytorch"} else "pickle")
    return Model(suffix or "file")


def _pickled(window: Window, kind: str) -> Model:
    scan = scan_pickle(window.at(0, min(window.size, MOST_PICKLE)))
    facts = {"scanned": "whole" if scan.whole and window.size <= MOST_PICKLE else "beginning"}
    if scan.sklearn:
        facts["scikit-learn"] = scan.sklearn
    return Model(kind, facts, scan.names, scan.calls)


def _zipped(window: Window, name: str) -> Model:
    """A zip: PyTorch's, Keras's, or somebody's."""
    try:
        with zipfile.ZipFile(window.file()) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS:
                raise _hostile(name, f"it has more than {MOST_PARTS} parts")
            listed = {part.filename: part for part in parts}
            inner = next((one for one in listed if one.endswith("/data.pkl")), "")
            if not inner:
                return Model(
                    "keras" if "config.json" in listed else "zip", {"parts": str(len(parts))}
                )
            with archive.open(inner) as opened:
                data = opened.read(MOST_PICKLE + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise _hostile(name, "it begins as a zip and is none") from error
    except (ValueError, OverflowError, MemoryError):
        raise _hostile(name, "its directory can't be read") from None
    if len(data) > MOST_PICKLE:
        raise _hostile(name, "its pickle is larger than is read")
    scan = scan_pickle(data)
    script = any("/code/" in one for one in listed)
    facts = {
        "parts": str(len(parts)),
        "tensors": str(sum(1 for one in listed if "/data/" in one)),
        "scanned": "whole" if scan.whole else "beginning",
    }
    return Model("torchscript" if script else "pytorch", facts, scan.names, scan.calls)


def _suffix(name: str) -> str:
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""


def _hostile(name: str, why: str) -> CaptureError:
    return CaptureError(f"{name} can't be taken: {why}.", code="model-malformed")
