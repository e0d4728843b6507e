"""The metadata of an ONNX model, read field by field; weights and nodes are skipped by length.

Source: onnx.proto3 (ModelProto, GraphProto, OperatorSetIdProto, StringStringEntryProto) and the
protocol buffers encoding (tag = number << 3 | wire type; varint, 64-bit, length, 32-bit).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from webui.client.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from webui.client.capture.window import Window

MOST_FIELDS: Final = 500_000
_MOST_TEXT: Final = 4_096
_MOST_PROPERTIES: Final = 50
_VARINT, _WIDE, _BYTES, _NARROW = 0, 1, 2, 5
_FIXED: Final = {_WIDE: 8, _NARROW: 4}
_IR, _PRODUCER, _PRODUCER_VERSION, _DOMAIN, _MODEL, _GRAPH, _OPSET, _PROPERTY = (
    1, 2, 3, 4, 5, 7, 8, 14,
)  # fmt: skip
_NODE, _GRAPH_NAME, _INPUT, _OUTPUT, _INITIALIZER = 1, 2, 11, 12, 5
_TEXTS: Final = {
    _PRODUCER: "producer",
    _PRODUCER_VERSION: "producer_version",
    _DOMAIN: "domain",
}
_NUMBERS: Final = {_IR: "ir_version", _MODEL: "model_version"}


class _Field(NamedTuple):
    number: int
    wire: int
    value: int
    start: int
    end: int


def read_onnx(window: Window, name: str) -> Mapping[str, str]:
    """Producer, versions, operator sets, inputs, outputs and counts of a model.

    Raises:
        CaptureError: ``model-malformed``: it is no ONNX model.
    """
    facts: dict[str, str] = {}
    graph = False
    properties = 0
    for one in _fields(window, 0, window.size, name):
        if one.number in _TEXTS and one.wire == _BYTES:
            facts[_TEXTS[one.number]] = _text(window, one)
        elif one.number in _NUMBERS and one.wire == _VARINT:
            facts[_NUMBERS[one.number]] = str(one.value)
        elif one.number == _OPSET and one.wire == _BYTES:
            domain, version = _opset(window, one, name)
            facts[f"opset.{domain or 'ai.onnx'}"] = version
        elif one.number == _PROPERTY and one.wire == _BYTES and properties < _MOST_PROPERTIES:
            properties += 1
            key, value = _pair(window, one, name)
            facts[f"metadata.{key}"] = value
        elif one.number == _GRAPH and one.wire == _BYTES:
            graph = True
            facts.update(_graph(window, one, name))
    if not graph or "ir_version" not in facts:
        raise _malformed(name, "it has no graph or no version")
    return facts


def _graph(window: Window, graph: _Field, name: str) -> dict[str, str]:
    counts = {_NODE: 0, _INITIALIZER: 0, _INPUT: 0, _OUTPUT: 0}
    facts: dict[str, str] = {}
    for one in _fields(window, graph.start, graph.end, name):
        if one.number in counts and one.wire == _BYTES:
            counts[one.number] += 1
        elif one.number == _GRAPH_NAME and one.wire == _BYTES:
            facts["graph"] = _text(window, one)
    facts["nodes"] = str(counts[_NODE])
    facts["initializers"] = str(counts[_INITIALIZER])
    facts["inputs"] = str(counts[_INPUT])
    facts["outputs"] = str(counts[_OUTPUT])
    return facts


def _opset(window: Window, field: _Field, name: str) -> tuple[str, str]:
    domain, version = "", "0"
    for one in _fields(window, field.start, field.end, name):
        if one.number == 1 and one.wire == _BYTES:
            domain = _text(window, one)
        elif one.number == 2 and one.wire == _VARINT:  # noqa: PLR2004 (version)
            version = str(one.value)
    return domain, version


def _pair(window: Window, field: _Field, name: str) -> tuple[str, str]:
    found = {1: "", 2: ""}
    for one in _fields(window, field.start, field.end, name):
        if one.number in found and one.wire == _BYTES:
            found[one.number] = _text(window, one)
    return found[1], found[2]


def _fields(window: Window, start: int, end: int, name: str) -> Iterator[_Field]:
    """The fields between two places; what is long is skipped, not read."""
    place = start
    for _ in range(MOST_FIELDS):
        if place == end:
            return
        tag, place = _varint(window, place, end, name)
        number, wire = tag >> 3, tag & 7
        value = 0
        if wire == _VARINT:
            value, stop = _varint(window, place, end, name)
        elif wire == _BYTES:
            size, place = _varint(window, place, end, name)
            stop = place + size
        elif wire in _FIXED:
            stop = place + _FIXED[wire]
        else:
            raise _malformed(name, "a field has an unknown type")
        if number == 0 or stop > end:
            raise _malformed(name, "a field is longer than what it stands in")
        yield _Field(number, wire, value, place, stop)
        place = stop
    raise _malformed(name, "it has more fields than are read")


def _varint(window: Window, place: int, end: int, name: str) -> tuple[int, int]:
    found = 0
    for shift, byte in enumerate(window.at(place, min(10, end - place))):
        found |= (byte & 127) << (7 * shift)
        if byte < 128:  # noqa: PLR2004 (the last byte of a number)
            return found & (2**64 - 1), place + shift + 1
    raise _malformed(name, "a number in it does not end")


def _text(window: Window, field: _Field) -> str:
    data = window.at(field.start, min(field.end - field.start, _MOST_TEXT))
    return data.decode("utf-8", "replace")


def _malformed(name: str, why: str) -> CaptureError:
    return CaptureError(f"{name} is not an ONNX model: {why}.", code="model-malformed")
