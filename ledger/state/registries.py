"""What registries elsewhere show, as far as this ledger was told: their models, versions, aliases.

Models and versions that are registered here are aggregates of their own; these are the other half,
against which a sweep holds what the registry says now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from ledger.core.digest import hex_digest
from ledger.state.aggregates import Aggregate, Search

if TYPE_CHECKING:
    from ledger.events.registries import RegistryChanged
    from ledger.state.place import Place
    from ledger.state.registry import Registry

MODEL: Final = "model"
VERSION: Final = "version"
ALIAS: Final = "alias"
STAGE: Final = "stage"
REF: Final = "ref"
DEPLOYMENT: Final = "deployment"
PRESENT: Final = "present"
MOVED: Final = "moved"
GONE: Final = "gone"
_GONE: Final = frozenset({"model_deleted", "model_renamed", "version_deleted", "alias_removed"})


class Mirrored(Aggregate):
    """One thing of a registry elsewhere, and the newest that was told of it.

    ``item`` is an alias's name, a version where ``thing`` is a version or a stage, an environment
    or a git tag; ``value`` is the version of an alias or environment, the stage of a version, or
    the object that a tag is. ``entry`` told it, and ``told_by`` says how. A tag that moved says so
    for ever: its name was good for something else. ``changed_at`` is when the change came about
    there, as far as the source says so.
    """

    table: ClassVar[str] = "mirrored"
    registry: str
    model: str
    thing: str
    item: str
    value: str
    status: str
    entry: int
    at: str
    told_by: str
    changed_at: str = ""

    @property
    def key(self) -> str:
        return mirrored_key(self.registry, self.model, self.thing, self.item)

    def search(self) -> Search:
        """Found by its registry, in the column of environments, and by how it was told."""
        version = self.value if self.thing in {ALIAS, DEPLOYMENT} else self.item
        return Search(
            model=self.model,
            version=version[:64],
            environment=self.registry,
            status=self.status,
            actor=self.told_by,
        )


def mirrored_key(registry: str, model: str, thing: str, item: str) -> str:
    """The key of a thing: names of registries elsewhere may be longer than a key is."""
    return hex_digest(f"{registry}\n{model}\n{thing}\n{item}".encode())


def registry_changed(
    registry: Registry, event: RegistryChanged, place: Place
) -> tuple[Aggregate, ...]:
    """What is told of a thing, newest last: nothing of it is asked of this ledger's own models.

    A registry may well show what is not registered here; that is what is to be found out.
    """
    if event.ref is not None and event.object is not None:
        # What the tag means is told by the tag; two rows of one entry could not be paged.
        ref = (REF, event.ref, event.object)
        before = registry.find(Mirrored, _key(event, ref))
        return (_mirrored(before, event, place, ref, _status_of_ref(event, before)),)
    said = _thing(event)
    if said is None:
        return ()
    before = registry.find(Mirrored, _key(event, said))
    if before is not None and (event.changed_at or before.changed_at) < before.changed_at:
        # It came late: what is true there now was told already, and the entry stands all the same.
        return ()
    status = GONE if event.change in _GONE else PRESENT
    return (_mirrored(before, event, place, said, status),)


def _status_of_ref(event: RegistryChanged, before: Mirrored | None) -> str:
    if event.change == "ref_removed":
        return GONE
    moved = before is not None and (before.status == MOVED or before.value != event.object)
    return MOVED if moved or event.change == "ref_moved" else PRESENT


def _mirrored(
    before: Mirrored | None,
    event: RegistryChanged,
    place: Place,
    said: tuple[str, str, str],
    status: str,
) -> Mirrored:
    thing, item, value = said
    return Mirrored(
        since=before.since if before else place.sequence,
        registry=event.registry,
        model=event.model or "",
        thing=thing,
        item=item,
        value=value,
        status=status,
        entry=place.sequence,
        at=place.at,
        told_by=event.told_by,
        changed_at=event.changed_at or "",
    )


def _key(event: RegistryChanged, said: tuple[str, str, str]) -> str:
    return mirrored_key(event.registry, event.model or "", said[0], said[1])


def _thing(event: RegistryChanged) -> tuple[str, str, str] | None:
    """What kind of thing changed, which one, and what is true of it now."""
    name, version = event.name or "", event.version or ""
    if event.change in {"model_created", "model_deleted", "model_renamed"}:
        return MODEL, "", ""
    if event.change in {"version_created", "version_deleted"}:
        return VERSION, version, ""
    if event.change in {"alias_set", "alias_removed"}:
        return ALIAS, name, version
    if event.change == "stage_set":
        return STAGE, version, name
    if event.change == "deployment_seen":
        return DEPLOYMENT, name, version
    return None
