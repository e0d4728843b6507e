"""Which tests are kept up by parts, and which kind of unit each of them is tested on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from ledger.core.digest import hex_digest
from ledger.core.encoding import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.events.model import Classification
    from policies.controls.mapping import Framework, Use

Family = Literal["version", "data_set", "model", "entry", "whole"]

_OF_FIELDS: dict[str, Family] = {
    "data_set": "data_set",
    "model": "model",
    "deployment": "version",
    "rollback": "version",
    "role_grant": "entry",
    "denial": "entry",
}
_ID: int = 16
_FORM: int = 2
"""Of what is kept: another one makes the state anew."""


@dataclass(frozen=True)
class Piece:
    """A test with its arguments, by an id that follows from both."""

    id: str
    use: Use
    family: Family


@dataclass(frozen=True)
class Pieces:
    """Every test of some frameworks once, and the classes of data that controls are about.

    ``digest`` changes whenever a state kept for other pieces would be of no use.
    """

    all: tuple[Piece, ...]
    classes: tuple[tuple[Classification, ...], ...]
    digest: str

    def of(self, family: Family) -> tuple[Piece, ...]:
        """The pieces that are tested on such units."""
        return tuple(piece for piece in self.all if piece.family == family)


@lru_cache(maxsize=512)
def piece_id(test: str, arguments: str) -> str:
    """The id of a test with its arguments (as JSON)."""
    return hex_digest(f"{test} {arguments}".encode())[:_ID]


def id_of(use: Use) -> str:
    """The id of a use of a test."""
    return piece_id(use.test.id, use.arguments.model_dump_json())


def class_id(classes: Iterable[str]) -> str:
    """The id under which versions trained on such data are counted."""
    return f"holds {' '.join(classes)}"


def pieces_of(frameworks: Iterable[Framework], program: str) -> Pieces:
    """The pieces of frameworks; ``program`` names the version of the tests' code."""
    found: dict[str, Piece] = {}
    classes: dict[tuple[Classification, ...], None] = {}
    for framework in frameworks:
        for control in framework.controls:
            if control.data:
                classes[control.data] = None
            for use in control.tests:
                name = id_of(use)
                found.setdefault(name, Piece(name, use, _family(use)))
    names = [*sorted(found), *sorted(map(class_id, classes))]
    digest = hex_digest(canonical({"form": _FORM, "pieces": names, "program": program}))
    return Pieces(tuple(found.values()), tuple(classes), digest)


def _family(use: Use) -> Family:
    """On what a test is run; whole, where it can't be by parts."""
    arguments: Any = use.arguments
    if use.test.parts is None:
        return "whole"
    if use.test.id == "T5":
        return _OF_FIELDS[arguments.subject]
    if use.test.id == "T4" and arguments.of == "role_grant":
        return "entry"
    if use.test.id == "T6" and arguments.of == "organisation":
        return "whole"
    if use.test.id == "T10" and not arguments.rollbacks:
        return "whole"
    return "version"
