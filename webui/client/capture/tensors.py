"""The header of a safetensors file, checked as strictly as the format is.

Rules of the format: 8 bytes little-endian N, N bytes of JSON that begin with ``{``, then a buffer;
every tensor names its dtype, shape and offsets; offsets are in order, without holes or overlaps,
and the last ends with the file; no name stands twice.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

from webui.client.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webui.client.capture.window import Window

MOST_HEADER: Final = 32 * 1024 * 1024
MOST_TENSORS: Final = 500_000
_MOST_METADATA: Final = 20
_LENGTH: Final = 8
_BITS: Final = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 64),
    **dict.fromkeys(("F32", "I32", "U32"), 32),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
    **dict.fromkeys(("BOOL", "I8", "U8", "F8_E5M2", "F8_E4M3", "F8_E8M0"), 8),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    "F4": 4,
}


def read_safetensors(window: Window, name: str) -> Mapping[str, str]:
    """Tensors, parameters, dtypes and metadata of a file.

    Raises:
        CaptureError: ``model-malformed``: it is no safetensors file.
    """
    length = int.from_bytes(window.at(0, _LENGTH), "little")
    if window.size < _LENGTH or length > min(MOST_HEADER, window.size - _LENGTH):
        raise _malformed(name, "its header is longer than the file, or than is read")
    try:
        raw = window.at(_LENGTH, length)
        header = json.loads(raw.decode("utf-8"), object_pairs_hook=_no_twins)
    except (ValueError, RecursionError):
        raise _malformed(name, "its header is not JSON") from None
    if not raw.startswith(b"{") or not isinstance(header, dict):
        raise _malformed(name, "its header is not an object")
    metadata = header.pop("__metadata__", {})
    if len(header) > MOST_TENSORS or not isinstance(metadata, dict):
        raise _malformed(name, "it has more tensors than are read, or metadata that are none")
    tensors = [_tensor(one, name) for one in header.values()]
    _check_spans([span for _, _, span in tensors], window.size - _LENGTH - length, name)
    facts = {
        "tensors": str(len(header)),
        "parameters": str(sum(count for count, _, _ in tensors)),
        "dtypes": ",".join(sorted({dtype for _, dtype, _ in tensors})),
    }
    for key, value in list(metadata.items())[:_MOST_METADATA]:
        if isinstance(value, str):
            facts[f"metadata.{key}"] = value
    return facts


def _tensor(one: Any, name: str) -> tuple[int, str, tuple[int, int]]:
    """How many values, of which type, between which offsets."""
    fields: dict[str, Any] = one if isinstance(one, dict) else {}
    dtype, shape, offsets = fields.get("dtype"), fields.get("shape"), fields.get("data_offsets")
    if not isinstance(shape, list) or not isinstance(offsets, list) or dtype not in _BITS:
        raise _malformed(name, "a tensor has no known type, no shape or no offsets")
    numbers = [*shape, *offsets]
    if any(not isinstance(n, int) or isinstance(n, bool) or not 0 <= n < 2**63 for n in numbers):
        raise _malformed(name, "a tensor has a shape or offsets that can't be")
    count = math.prod(shape)
    if len(offsets) != 2 or count * _BITS[dtype] != (offsets[1] - offsets[0]) * 8:  # noqa: PLR2004
        raise _malformed(name, "a tensor is of another size than its shape")
    return count, dtype, (offsets[0], offsets[1])


def _check_spans(spans: list[tuple[int, int]], size: int, name: str) -> None:
    """Tensors stand back to back, and end where the file does."""
    end = 0
    for start, stop in sorted(spans):
        if start != end:
            raise _malformed(name, "its tensors overlap, or leave holes")
        end = stop
    if end != size:
        raise _malformed(name, "its tensors do not end where the file does")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        msg = "a name stands twice"
        raise ValueError(msg)
    return found


def _malformed(name: str, why: str) -> CaptureError:
    return CaptureError(f"{name} is not a safetensors file: {why}.", code="model-malformed")
