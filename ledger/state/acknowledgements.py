"""Who said that they know of a deprecation: once each, by version."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from ledger.errors import ConflictError, InputError
from ledger.events.names import Value
from ledger.state.aggregates import Aggregate, Search, version_key

if TYPE_CHECKING:
    from ledger.events.model import DeprecationAcknowledged
    from ledger.state.place import Place
    from ledger.state.registry import Registry

MOST: Final = 500


class Acknowledgement(Value):
    """Who, by which entry, and when."""

    actor: str
    entry: int
    at: str


class Acknowledgements(Aggregate):
    """The acknowledgements of one version's deprecation, oldest first."""

    table: ClassVar[str] = "acknowledgements"
    model: str
    version: str
    said: tuple[Acknowledgement, ...]

    @property
    def key(self) -> str:
        """The version's key."""
        return version_key(self.model, self.version)

    def search(self) -> Search:
        """By model and version."""
        return Search(self.model, self.version)


def deprecation_acknowledged(
    registry: Registry, event: DeprecationAcknowledged, place: Place
) -> tuple[Aggregate, ...]:
    """Each says once that they know of a deprecation.

    Raises:
        ConflictError: the version is not deprecated, or this was said before.
    """
    version = registry.version(event.model, event.version)
    if version.state != "deprecated":
        raise ConflictError("This version is not deprecated.", pointer="/event/version")
    before = registry.find(Acknowledgements, version.key)
    said = before.said if before else ()
    if any(one.actor == place.actor for one in said):
        raise ConflictError("You acknowledged it already.", pointer="/event/version")
    if len(said) >= MOST:
        raise InputError(f"A deprecation holds at most {MOST} acknowledgements.")
    now = Acknowledgement(actor=place.actor, entry=place.sequence, at=place.at)
    since = before.since if before else place.sequence
    return (
        Acknowledgements(since=since, model=event.model, version=event.version, said=(*said, now)),
    )
