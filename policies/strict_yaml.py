"""YAML without its surprises: text in, plain data out.

Rules:
- No duplicate keys, anchors, aliases, merge keys, tags or second documents.
- Only ``true``, ``false`` and plain decimal integers mean something else than text. ``on``, ``no``,
  ``010``, ``22:30``, ``1.5`` and ``null`` stay the text they are.
- At most 256 kB, nested at most 24 deep; every key is text.
"""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

from policies.errors import PolicyError

MOST_BYTES: Final = 262_144
DEEPEST: Final = 24
_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]{0,14})")
_OPENING: Final = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_CLOSING: Final = (yaml.MappingEndEvent, yaml.SequenceEndEvent)

Path = tuple[str | int, ...]


def read_yaml(text: str, name: str = "") -> Any:
    """Read a document as dictionaries, lists, text, integers and truth values.

    Raises:
        PolicyError: it is not YAML, or uses what is refused; ``line`` says where.
    """
    return read_yaml_with_lines(text, name)[0]


def read_yaml_with_lines(text: str, name: str = "") -> tuple[Any, dict[Path, int]]:
    """As ``read_yaml``, with the line of every key and item by its path."""
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise PolicyError(f"The document is larger than {MOST_BYTES} bytes.", name=name)
    lines: dict[Path, int] = {(): 1}
    try:
        _refuse_surprises(text, name)
        node = yaml.compose(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it can't be read"
        line = mark.line + 1 if mark else 0
        raise PolicyError(f"This is not YAML: {problem}.", name=name, line=line) from None
    if node is None:
        raise PolicyError("The document is empty.", name=name, line=1)
    return _plain(node, (), lines, name), lines


def _refuse_surprises(text: str, name: str) -> None:
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.BaseLoader):
        mark = event.start_mark
        line = mark.line + 1 if mark else 0
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        if documents > 1:
            raise PolicyError("A file holds one document.", name=name, line=line)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise PolicyError("Anchors and aliases are refused.", name=name, line=line)
        if getattr(event, "tag", None):
            raise PolicyError("Tags are refused.", name=name, line=line)
        depth += isinstance(event, _OPENING) - isinstance(event, _CLOSING)
        if depth > DEEPEST:
            raise PolicyError("The document is nested too deep.", name=name, line=line)


def _plain(node: yaml.Node, path: Path, lines: dict[Path, int], name: str) -> Any:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, at), lines, name) for at, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines, name)
    text: str = node.value
    if getattr(node, "style", None) is not None:
        return text
    if text in {"true", "false"}:
        return text == "true"
    return int(text) if _INTEGER.fullmatch(text) else text


def _mapping(
    node: yaml.MappingNode, path: Path, lines: dict[Path, int], name: str
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise PolicyError("A key must be text.", name=name, line=line)
        if key.value == "<<":
            raise PolicyError("Merge keys are refused.", name=name, line=line)
        if key.value in found:
            raise PolicyError(f"The key {key.value!r} stands twice.", name=name, line=line)
        found[key.value] = _plain(value, (*path, key.value), lines, name)
        lines[*path, key.value] = line
    return found
