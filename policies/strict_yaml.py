"""YAML without its surprises: text in, plain data out.

Rules:
- No duplicate keys, anchors, aliases, merge keys, tags or second documents.
- Only ``true``, ``false`` and plain decimal integers mean something else than text. ``on``, ``no``,
  ``010``, ``22:30``, ``1.5`` and ``null`` stay the text they are.
- At most 256 kB and 20,000 nodes, nested at most 24 deep; every key is text.
- No directives (``%YAML``, ``%TAG``), and no half of a surrogate pair, also not by an escape.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple, Protocol

import yaml

from policies.errors import PolicyError

MOST_BYTES: Final = 262_144
MOST_NODES: Final = 20_000
DEEPEST: Final = 24
_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]{0,14})")
_HALF: Final = re.compile("[\ud800-\udfff]")
_OPENING: Final = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_CLOSING: Final = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
# libyaml reads a policy ten times as fast; PyYAML's own reader is there where it was built without.
_LOADER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

Path = tuple[str | int, ...]


class Place(NamedTuple):
    """Where a key or an item begins; both count from 1."""

    line: int
    column: int


Places = dict[Path, Place]


class _Mark(Protocol):
    """Where the reader stands; both count from 0."""

    line: int
    column: int


class _Plain(yaml.SafeDumper):
    """Writes what is there twice twice, because aliases are refused."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def read_yaml(text: str, name: str = "") -> Any:
    """Read a document as dictionaries, lists, text, integers and truth values.

    Raises:
        PolicyError: it is not YAML, or uses what is refused; ``line`` and ``column`` say where.
    """
    return read_yaml_with_places(text, name)[0]


def write_yaml(data: dict[str, Any]) -> str:
    """Plain data as YAML that ``read_yaml`` reads back as the same."""
    return yaml.dump(data, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100)


def read_yaml_with_places(text: str, name: str = "") -> tuple[Any, Places]:
    """As ``read_yaml``, with the place of every key and item by its path."""
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise PolicyError(f"The document is larger than {MOST_BYTES} bytes.", name=name)
    places: Places = {(): Place(1, 1)}
    try:
        _refuse_surprises(text, name)
        node = yaml.compose(text, Loader=_LOADER)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it can't be read"
        raise _refusal(f"This is not YAML: {problem}.", mark, name) from None
    if node is None:
        raise PolicyError("The document is empty.", name=name, line=1)
    return _plain(node, (), places, name), places


def _refusal(sentence: str, mark: _Mark | None, name: str) -> PolicyError:
    at = _place(mark) if mark else Place(0, 0)
    return PolicyError(sentence, name=name, line=at.line, column=at.column)


def _place(mark: _Mark) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _refuse_surprises(text: str, name: str) -> None:
    """Look through the events before anything is built from them."""
    depth = documents = nodes = 0
    for event in yaml.parse(text, Loader=_LOADER):
        mark = event.start_mark
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if event.version or event.tags:
                raise _refusal("Directives are refused.", mark, name)
        if documents > 1:
            raise _refusal("A file holds one document.", mark, name)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refusal("Anchors and aliases are refused.", mark, name)
        if _HALF.search(getattr(event, "value", "")):
            raise _refusal("A text has half of a surrogate pair.", mark, name)
        if getattr(event, "tag", None):
            raise _refusal("Tags are refused.", mark, name)
        depth += isinstance(event, _OPENING) - isinstance(event, _CLOSING)
        if depth > DEEPEST:
            raise _refusal("The document is nested too deep.", mark, name)
        nodes += isinstance(event, yaml.NodeEvent)
        if nodes > MOST_NODES:
            raise _refusal(f"The document has more than {MOST_NODES} nodes.", mark, name)


def _plain(node: yaml.Node, path: Path, places: Places, name: str) -> Any:
    places[path] = _place(node.start_mark)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, at), places, name) for at, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, places, name)
    text: str = node.value
    # Quoted, or a block; what is plain has None from PyYAML, an empty text from libyaml.
    if getattr(node, "style", None):
        return text
    if text in {"true", "false"}:
        return text == "true"
    return int(text) if _INTEGER.fullmatch(text) else text


def _mapping(node: yaml.MappingNode, path: Path, places: Places, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in node.value:
        mark = key.start_mark
        if not isinstance(key, yaml.ScalarNode):
            raise _refusal("A key must be text.", mark, name)
        if key.value == "<<":
            raise _refusal("Merge keys are refused.", mark, name)
        if key.value in found:
            raise _refusal(f"The key {key.value!r} stands twice.", mark, name)
        found[key.value] = _plain(value, (*path, key.value), places, name)
        places[*path, key.value] = _place(mark)
    return found
