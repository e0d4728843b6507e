"""Policies in parts: what is too long for one entry is filed in several, each once.

- The first part is the document without its gates; each of the others is some of its gates, in
  their order. Put together they are the document, whose digest the activation states.
- A part is filed under the digest of its own text, so a change of policy files anew only the parts
  that it changes: the parts of the policy in force are kept wherever all their gates still stand
  one behind the other.
- Filing changes no rule. What is activated is one text with one digest, by one entry.

What fits in an entry stands whole in the entry that activates it.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, Final

from ledger.core.digest import hex_digest
from ledger.core.encoding import canonical
from ledger.events.assurance import PolicyActivated, PolicyFiled
from ledger.state.policy_parts import PolicyPart
from policies.document import MOST_IN_AN_ENTRY, document_digest
from policies.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ledger.state.registry import Registry
    from policies.document import Document

    Fields = dict[str, Any]
    Find = Callable[[str], Fields | None]

# More parts than these are packed anew, so that pieces do not gather over the years.
_MOST_PARTS: Final = 32


def whole(event: PolicyActivated, find: Find) -> Fields:
    """The plain data of the document that an event puts in force.

    ``find`` brings a part that is on file, by its digest.

    Raises:
        PolicyError: ``policy-part-missing``: a part is not on file; or the parts do not fit
            together.
    """
    if event.parts is None:
        return event.document or {}
    fields: Fields = {}
    gates: list[Any] = []
    for digest in event.parts:
        part = find(digest)
        if part is None:
            sentence = f"The part {digest[:16]} of the policy is not on file."
            raise PolicyError(sentence, code="policy-part-missing")
        some = part.get("gates", [])
        if not isinstance(some, list) or fields.keys() & (part.keys() - {"gates"}):
            raise PolicyError("The parts of the policy do not fit together.")
        gates += some
        fields.update((name, value) for name, value in part.items() if name != "gates")
    return {**fields, "gates": gates}


def filed_in(registry: Registry) -> Find:
    """Brings the parts that are on file in a registry."""

    def find(digest: str) -> Fields | None:
        part = registry.find(PolicyPart, digest)
        return None if part is None else part.fields

    return find


def activation(
    document: Document, previous: str | None, before: Iterable[Fields] = ()
) -> tuple[PolicyActivated, tuple[PolicyFiled, ...]]:
    """The event that puts a document in force, and the parts that it names.

    ``before`` are the parts of the policy in force; those that are on file need not be filed again.
    """
    fields = document.canonical()
    named = PolicyActivated(
        policy=document.id, digest=document_digest(document), previous=previous, document=fields
    )
    if len(canonical(fields)) <= MOST_IN_AN_ENTRY:
        return named, ()
    parts = tuple(
        PolicyFiled(policy=document.id, digest=hex_digest(canonical(part)), part=part)
        for part in split(fields, before)
    )
    digests = tuple(part.digest for part in parts)
    return named.but(document=None, parts=digests), parts


def split(fields: Fields, before: Iterable[Fields] = ()) -> tuple[Fields, ...]:
    """A document in parts that fit in an entry each, as far as they can."""
    first = {name: value for name, value in fields.items() if name != "gates"}
    runs = [part["gates"] for part in before if part.keys() == {"gates"}]
    parts = _cut(fields["gates"], runs)
    if len(parts) > _MOST_PARTS:
        parts = _cut(fields["gates"], ())
    return (first, *({"gates": gates} for gates in parts))


def parts_of(fields: Fields, sizes: Iterable[int]) -> tuple[Fields, ...]:
    """A document in the parts that it is filed in, of which each holds so many gates."""
    first = {name: value for name, value in fields.items() if name != "gates"}
    ends = tuple(accumulate(sizes))
    runs = tuple(fields["gates"][start:end] for start, end in pairwise(ends))
    return (first, *({"gates": gates} for gates in runs)) if ends else ()


def _cut(gates: Sequence[Any], runs: Sequence[list[Any]]) -> list[list[Any]]:
    """Gates in runs: those that are there already, and between them as few as hold the rest."""
    found: list[list[Any]] = []
    open_run, size, at = False, 0, 0
    while at < len(gates):
        kept = next((run for run in runs if run and gates[at : at + len(run)] == run), None)
        if kept is not None:
            found.append(kept)
            open_run, at = False, at + len(kept)
            continue
        more = len(canonical(gates[at])) + 1
        if not open_run or size + more > MOST_IN_AN_ENTRY - _AROUND:
            found.append([])
            open_run, size = True, 0
        found[-1].append(gates[at])
        size, at = size + more, at + 1
    return found


_AROUND: Final = len(canonical({"gates": []}))
