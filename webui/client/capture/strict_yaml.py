"""YAML of strangers, read without surprises.

Rules: only plain data (no tags that make objects); no anchors and aliases, so no bomb of them; no
key twice; bounded in bytes, depth and nodes. Dates stay text. Numbers are as YAML says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml
from yaml.constructor import ConstructorError

from webui.client.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Hashable

MOST_BYTES: Final = 8 * 1024 * 1024
MOST_NODES: Final = 200_000
MOST_DEPTH: Final = 40
_TIMESTAMP: Final = "tag:yaml.org,2002:timestamp"


class _Loader(yaml.SafeLoader):
    """A safe loader that counts, and refuses aliases and doubled keys."""

    nodes = 0
    deep = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise ConstructorError(None, None, "an alias, which is not followed")
        self.nodes += 1
        self.deep += 1
        if self.nodes > MOST_NODES or self.deep > MOST_DEPTH:
            raise ConstructorError(None, None, "more, or deeper nested, than is read")
        found = super().compose_node(parent, index)
        self.deep -= 1
        return found

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        found = super().construct_mapping(node, deep=deep)
        if len(found) != len(node.value):
            raise ConstructorError(None, None, "a key that stands twice, or a merge")
        return found


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(data: bytes, name: str) -> Any:
    """Plain data from YAML.

    Raises:
        CaptureError: ``merge-markers`` in the middle of a merge, else ``yaml-unreadable``.
    """
    if len(data) > MOST_BYTES:
        raise _unreadable(name, "it is larger than is read")
    if any(line.startswith((b"<<<<<<< ", b">>>>>>> ")) for line in data.splitlines()):
        raise CaptureError(
            f"{name} holds the markers of a merge that was not finished.",
            code="merge-markers",
            remedy="Resolve the conflict and commit.",
        )
    try:
        loader = _Loader(data.decode("utf-8"))
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except UnicodeDecodeError:
        raise _unreadable(name, "it is not UTF-8") from None
    except yaml.MarkedYAMLError as error:
        at = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise _unreadable(name, f"{error.problem or 'not YAML'}{at}") from None
    except (yaml.YAMLError, RecursionError, ValueError, TypeError):
        raise _unreadable(name, "it is not YAML") from None


def _unreadable(name: str, why: str) -> CaptureError:
    return CaptureError(f"{name} can't be read: {why}.", code="yaml-unreadable")
