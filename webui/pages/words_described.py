"""What happened to metadata, in words: beside ``webui.pages.words``, which takes them in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    NameOf = Callable[[str], str]
    Told = dict[str, Callable[[Any, NameOf], str]]

_SHOWN: Final = 4


def plain(word: str) -> str:
    """A section's name as people write it."""
    return word.replace("_", " ")


def _names(values: dict[str, str]) -> str:
    """The fields, the first few by name."""
    names = list(values)
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _of(event: Any) -> str:
    return f"{event.model} {event.version}" if event.version else str(event.model)


PHRASES: Final[Told] = {
    "schema.activated": lambda e, _: (
        f"put a schema of metadata in force, {len(e.fields)} fields, SHA-256 {e.digest()[:12]}"
    ),
    "metadata.stated": lambda e, _: (
        f"recorded what {e.source} says of {_of(e)}: {_names(e.values)}"
    ),
    "metadata.settled": lambda e, _: (
        f"decided what {e.field} of {_of(e)} is, of which sources said different things"
    ),
    "documentation.signed": lambda e, _: (
        f"signed what the section {plain(e.section)} says of {_of(e)}"
    ),
}
DETAILS: Final[Told] = {
    "schema.activated": lambda e, _: f"{len(e.fields)} fields",
    "metadata.stated": lambda e, _: f"{e.source}: {_names(e.values)}",
    "metadata.settled": lambda e, _: e.field,
    "documentation.signed": lambda e, _: plain(e.section),
}
ATTEMPTS: Final = {
    "schema.activated": "put a schema of metadata in force",
    "metadata.stated": "say what fields hold",
    "metadata.settled": "decide what a field holds",
    "documentation.signed": "sign a section of documentation",
}
