"""What is worked out of one unchanging thing, kept beside it for as long as it is asked about.

Things are told apart by identity, not by their content: what the registry holds stays the same
object until an entry changes it, and to hash a version costs more than most questions about it.
The thing is held with its answer, so its identity is not given to another one meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Thing = TypeVar("Thing")
Answer = TypeVar("Answer")

MOST: Final = 512


def remembered(work: Callable[[Thing], Answer]) -> Callable[[Thing], Answer]:
    """The same function, which keeps its last answers. Safe for use by several threads."""
    known: dict[int, tuple[Thing, Answer]] = {}

    def found(thing: Thing) -> Answer:
        kept = known.get(id(thing))
        if kept is not None and kept[0] is thing:
            return kept[1]
        answer = work(thing)
        if len(known) >= MOST:
            known.clear()
        known[id(thing)] = (thing, answer)
        return answer

    return found
