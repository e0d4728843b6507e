"""Plain JSON taken apart strictly: a member that is missing or of another type is an error.

An answer of a server that is not ours must never pass for one of ours, so nothing here has a
default that a caller did not ask for.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from webui.client.errors import AnswerError

if TYPE_CHECKING:
    from collections.abc import Callable

Item = TypeVar("Item")


def read_object(data: bytes) -> dict[str, Any]:
    """Bytes as one JSON object without a name that stands in it twice.

    Raises:
        AnswerError: they are not.
    """
    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=_no_twins)
    except (ValueError, RecursionError):
        raise AnswerError("The answer is not JSON.", remedy="Is this the right address?") from None
    if not isinstance(found, dict):
        raise AnswerError("The answer is not a JSON object.", remedy="Is this the right address?")
    return found


def text(plain: dict[str, Any], name: str) -> str:
    """A member that is text."""
    found = plain.get(name)
    if not isinstance(found, str):
        raise _not_ours(name)
    return found


def text_or_none(plain: dict[str, Any], name: str) -> str | None:
    """A member that is text or null."""
    return None if name in plain and plain[name] is None else text(plain, name)


def number(plain: dict[str, Any], name: str) -> int:
    """A member that is a whole number."""
    found = plain.get(name)
    if not isinstance(found, int) or isinstance(found, bool):
        raise _not_ours(name)
    return found


def number_or_none(plain: dict[str, Any], name: str) -> int | None:
    """A member that is a whole number or null."""
    return None if name in plain and plain[name] is None else number(plain, name)


def object_of(plain: dict[str, Any], name: str) -> dict[str, Any]:
    """A member that is an object."""
    found = plain.get(name)
    if not isinstance(found, dict):
        raise _not_ours(name)
    return found


def texts(plain: dict[str, Any], name: str) -> tuple[str, ...]:
    """A member that is a list of texts."""
    found = plain.get(name)
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise _not_ours(name)
    return tuple(found)


def objects(
    plain: dict[str, Any], name: str, read: Callable[[dict[str, Any]], Item]
) -> tuple[Item, ...]:
    """A member that is a list of objects, each read."""
    found = plain.get(name)
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise _not_ours(name)
    return tuple(read(item) for item in found)


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        msg = "a name stands twice"
        raise ValueError(msg)
    return found


def _not_ours(name: str) -> AnswerError:
    return AnswerError(
        f"The answer lacks {name}, or has something else in its place.",
        remedy="Is this the right address, and is the server not older than this program?",
    )
