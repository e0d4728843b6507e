"""What is fuzzed: a reader, real objects to begin from, and what must hold of its answers.

A target's ``check`` is given bytes. It returns where the reader answered in a way that its own
contract allows, or refused with a ``LedgerError``; whatever else comes out of it is a defect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ledger.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")
LONGEST_REFUSAL = 4_000


@dataclass(frozen=True)
class Target:
    """One reader.

    ``reads`` says for people what it is and who hands it in, ``seeds`` makes the real objects,
    ``words`` are pieces that its grammar is made of, ``longest`` bounds what is tried. Of a
    ``structured`` target the JSON is varied as a tree, too. ``runs`` is how many inputs a test run
    tries.
    """

    name: str
    reads: str
    check: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    words: tuple[bytes, ...] = ()
    longest: int = 8_192
    structured: bool = False
    runs: int = 100


def answer(read: Callable[..., Answer], *arguments: Any, **named: Any) -> Answer | None:
    """What a reader answers, or None where it refuses as it should.

    A refusal must be fit to be shown: of bounded length, and text that UTF-8 can carry.
    """
    try:
        return read(*arguments, **named)
    except LedgerError as error:
        said = f"{error} {error.code} {error.pointer}"
        said.encode("utf-8")
        assert len(said) <= LONGEST_REFUSAL, "the refusal repeats what it was given"
        return None
