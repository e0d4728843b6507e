"""Nothing that looks like personal data enters the ledger in a field that stays there.

Asked of commands before they are recorded, never of entries that are read back: a rule that is
added later must not make an old entry unreadable. Looked at are fields in which somebody can write
what they like: technical texts, names, tags, parameters. Digests, ids, times and numbers are of
types that can hold nothing else.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, StringConstraints
from pydantic.fields import FieldInfo  # noqa: TC002 (its metadata is read)

from ledger.core.personal import WORDS, looks_like
from ledger.errors import InputError
from ledger.events import names
from ledger.events.catalogue import read_proposed
from ledger.events.change import ChangeProposed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ledger.events.event import Event

_WRITABLE: Final = (
    names.PublicText,
    names.ModelName,
    names.VersionName,
    names.Slug,
    names.ParameterName,
)
_PATTERNS: Final = frozenset(
    mark.pattern
    for type_ in _WRITABLE
    for mark in type_.__metadata__  # type: ignore[attr-defined]
    if isinstance(mark, StringConstraints)
)


def screen(event: Event, allowed: Collection[str] = ()) -> None:
    """Refuse a command that would leave personal data in the ledger.

    Args:
        event: the command.
        allowed: what is let through all the same, by the names of ``ledger.core.personal.LOOKS``.

    Raises:
        InputError: ``personal-data``: the pointer says where; the text itself is not repeated.
    """
    pointer = "/event"
    if isinstance(event, ChangeProposed):
        event, pointer = read_proposed(event), "/event/event"
    for place, text in _texts(event, pointer):
        for look in looks_like(text):
            if look not in allowed:
                raise InputError(
                    f"{event.kind}: this looks like {WORDS[look]}, and the ledger can't forget.",
                    code="personal-data",
                    pointer=place,
                    remedy="Leave it out, or write it where free words go (a comment or reason), "
                    "which can be erased. An operator can let it through: "
                    "COUNTERSEAL_PERSONAL_DATA_ALLOWED.",
                    looks_like=look,
                )


def _texts(value: BaseModel, pointer: str) -> Iterator[tuple[str, str]]:
    writable = _writable_fields(type(value))
    for name in type(value).model_fields:
        kind = writable[name]
        if kind != _NEVER:
            yield from _within(getattr(value, name), f"{pointer}/{name}", free=kind == _FREE)


def _within(value: Any, pointer: str, *, free: bool) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if free:
            yield pointer, value
    elif isinstance(value, BaseModel):
        yield from _texts(value, pointer)
    elif isinstance(value, tuple):
        for at, item in enumerate(value):
            yield from _within(item, f"{pointer}/{at}", free=free)
    elif isinstance(value, dict):
        for key, item in value.items():
            place = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            if free:
                yield place, key
                if isinstance(item, str) and len(item) < _BESIDE_ITS_NAME:
                    yield place, f"{key}={item}"
                    continue
            yield from _within(item, place, free=free)


_FREE: Final = "free"
_PARTS: Final = "parts"
_NEVER: Final = "never"
_BESIDE_ITS_NAME: Final = 64
"""A short value is looked at with its name: ``dob`` and a day say together what neither says."""


@cache
def _writable_fields(kind: type[BaseModel]) -> dict[str, str]:
    """By field: whether its texts are looked at, or the parts within it, or nothing."""
    private = set(kind.private_fields()) if hasattr(kind, "private_fields") else set()
    return {
        name: _NEVER if name in private else _FREE if _is_free(field) else _PARTS
        for name, field in kind.model_fields.items()
    }


def _is_free(field: FieldInfo) -> bool:
    return any(
        isinstance(mark, StringConstraints) and mark.pattern in _PATTERNS
        for mark in _marks(field.annotation, field.metadata)
    )


def _marks(annotation: Any, metadata: Collection[Any]) -> Iterator[Any]:
    yield from metadata
    yield from getattr(annotation, "__metadata__", ())
    for part in getattr(annotation, "__args__", ()):
        yield from _marks(part, ())
