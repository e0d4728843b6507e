"""What is true of an organisation's own frameworks, and how their entries change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ledger.core.digest import hex_digest
from ledger.core.encoding import canonical
from ledger.errors import ConflictError, UnknownSubjectError
from ledger.state.aggregates import Aggregate, Search

if TYPE_CHECKING:
    from ledger.events import framework
    from ledger.state.place import Place
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]

FrameworkStatus = Literal["in_force", "withdrawn"]
_ALL = "all"


class FrameworkState(Aggregate):
    """A framework's newest rows. Key: its name. ``since`` is the entry that put them in force.

    ``document`` is their canonical form, ``number`` counts its versions from 1, ``earlier`` are the
    entries of those before.
    """

    table: ClassVar[str] = "framework"
    framework: str
    digest: str
    document: str
    number: int
    by: str
    at: str
    earlier: tuple[int, ...] = ()
    status: FrameworkStatus = "in_force"
    withdrawn: int | None = None

    @property
    def key(self) -> str:
        """Its name."""
        return self.framework

    def search(self) -> Search:
        """Found by whether it is in force."""
        return Search(status=self.status)


class FrameworkNames(Aggregate):
    """The names of all frameworks that were ever in force, ascending. Key: one for the log."""

    table: ClassVar[str] = "framework_names"
    names: tuple[str, ...]

    @property
    def key(self) -> str:
        """There is one."""
        return _ALL

    def search(self) -> Search:
        """Found by its key alone."""
        return Search()


def own_frameworks(registry: Registry) -> tuple[FrameworkState, ...]:
    """The frameworks of the organisation's own that are in force, by name."""
    known = registry.find(FrameworkNames, _ALL)
    found = (registry.find(FrameworkState, name) for name in (known.names if known else ()))
    return tuple(one for one in found if one is not None and one.status == "in_force")


def framework_activated(
    registry: Registry, event: framework.FrameworkActivated, place: Place
) -> Changes:
    """Rows replace the ones that they were made from; no name begins with another and a hyphen."""
    before = registry.find(FrameworkState, event.framework)
    standing = before is not None and before.status == "in_force"
    if event.previous != (before.digest if before is not None and standing else None):
        raise ConflictError(
            "Other rows are in force than the ones this change was made from.",
            pointer="/event/previous",
            remedy="Name the digest of the rows in force, and none where there are none.",
        )
    if standing and before is not None and before.digest == event.digest:
        raise ConflictError("These rows are in force already.", pointer="/event/digest")
    text = canonical(event.document)
    if hex_digest(text) != event.digest:
        raise ConflictError(
            "The rows are not the ones that the digest names.", pointer="/event/digest"
        )
    known = registry.find(FrameworkNames, _ALL)
    names = known.names if known else ()
    for name in names:
        one, other = sorted((name, event.framework), key=len)
        if one != other and other.startswith(f"{one}-"):
            raise ConflictError(
                f"A framework is called {name}, so that ids of controls could be either's.",
                pointer="/event/framework",
                remedy="Choose a name that does not begin with another's.",
            )
    state = FrameworkState(
        since=place.sequence,
        framework=event.framework,
        digest=event.digest,
        document=text.decode("utf-8"),
        number=(before.number if before else 0) + 1,
        by=place.actor,
        at=place.at,
        earlier=(*before.earlier, before.since) if before else (),
    )
    if event.framework in names:
        return (state,)
    first = known.since if known else place.sequence
    return (state, FrameworkNames(since=first, names=tuple(sorted((*names, event.framework)))))


def framework_withdrawn(
    registry: Registry, event: framework.FrameworkWithdrawn, place: Place
) -> Changes:
    """A framework that is in force no longer is."""
    found = registry.find(FrameworkState, event.framework)
    if found is None or found.status != "in_force":
        raise UnknownSubjectError(
            "No framework of this name is in force here.", pointer="/event/framework"
        )
    return (found.but(status="withdrawn", withdrawn=place.sequence),)
