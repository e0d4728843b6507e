"""Frameworks as pages, API and commands see them: those that ship, and the organisation's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.core.encoding import canonical
from ledger.errors import UnknownSubjectError, did_you_mean
from ledger.events.framework import FrameworkActivated
from ledger.state.frameworks import FrameworkState
from ledger.store.database import reading
from policies.controls.crosswalk import applicability, shipped_crosswalk
from policies.controls.own import frameworks_in_force, own_framework, read_own
from policies.controls.shipped import FRAMEWORKS, shipped_framework

if TYPE_CHECKING:
    from ledger.query import Reader
    from policies.controls.mapping import Framework
    from policies.controls.own import Own


@dataclass(frozen=True)
class Draft:
    """Rows that were read, and the event that would put them in force; none where they stand."""

    own: Own
    before: FrameworkState | None
    event: FrameworkActivated | None


def frameworks_of(reader: Reader) -> tuple[Framework, ...]:
    """The organisation's own frameworks in force now, by name."""
    with reading(reader.log.engine) as connection:
        return frameworks_in_force(reader.registry(connection))


def every_framework(reader: Reader) -> tuple[Framework, ...]:
    """The frameworks that reports are made under: those that ship, then the organisation's own."""
    return (*map(shipped_framework, FRAMEWORKS), *frameworks_of(reader))


def stated_frameworks(reader: Reader) -> tuple[Framework, ...]:
    """Every framework for whose rows people sign statements, with schemes of applicability."""
    schemes = (
        applicability(scheme) for scheme in shipped_crosswalk().schemes if scheme.applicability
    )
    return (*every_framework(reader), *schemes)


def framework_named(reader: Reader, name: str) -> Framework:
    """A framework by its name.

    Raises:
        UnknownSubjectError: there is none of this name.
    """
    known = {one.id: one for one in every_framework(reader)}
    if name not in known:
        raise UnknownSubjectError(
            "There is no such framework.",
            pointer="/framework",
            remedy=did_you_mean(name, known) or f"Frameworks are: {', '.join(known)}.",
            code="unknown-framework",
        )
    return known[name]


def rows_of(reader: Reader, entry: int) -> Framework | None:
    """The rows that an entry put in force; None where it put none."""
    event = reader.log.entry(entry).event
    if not isinstance(event, FrameworkActivated):
        return None
    found = reader.state_of(FrameworkState, event.framework)
    if found is None or entry not in {found.since, *found.earlier}:
        return None
    text = canonical(event.document).decode("utf-8")
    return own_framework(found.but(since=entry, digest=event.digest, document=text))


def draft(reader: Reader, text: str, name: str = "framework.yaml") -> Draft:
    """Rows that somebody wrote, and the event that would put them in force.

    Raises:
        PolicyError: they can't be; it names the line.
    """
    own = read_own(text, name)
    held = reader.state_of(FrameworkState, own.framework.id)
    standing = held if held is not None and held.status == "in_force" else None
    if standing is not None and standing.digest == own.digest:
        return Draft(own, standing, None)
    event = FrameworkActivated(
        framework=own.framework.id,
        digest=own.digest,
        previous=standing.digest if standing else None,
        document=own.document,
    )
    return Draft(own, standing, event)
