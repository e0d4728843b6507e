"""Refusals that stand: a no outlives the release that it ended.

Whoever is refused can ask anew, for the same bytes in the same environment. So who refused, and in
which roles, is remembered for these, under whatever version they are asked for, until whoever
refused approves after all, or somebody lifts it. Whether it stops anything is the policy's to say.

The roles are those that the person held then, under any of their accounts, and as far as they
reached the model, and those in which they stood in for others: so that taking somebody's role away
does not take back what they said. What a machine refuses is no person's word and has no roles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ledger.core.digest import hex_digest
from ledger.errors import ConflictError
from ledger.events.names import parse_instant
from ledger.state.aggregates import (
    ActorState,
    Aggregate,
    ReleaseState,
    Search,
    StandIns,
    number_key,
    slot_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.events.release import RejectionLifted
    from ledger.state.aggregates import RoleHeld
    from ledger.state.place import Place
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]

RejectionStatus = Literal["stands", "lifted", "answered"]
MOST_REMEMBERED = 32
"""Releases of the same bytes to the same place that are asked about again once it is lifted."""


class RejectionState(Aggregate):
    """Somebody's refusal of a release, and the roles in which it was said. Key: its entry.

    It is ``answered`` once the same person approves, or refuses again.
    """

    table: ClassVar[str] = "rejection"
    release: int
    model: str
    version: str
    environment: str
    artifact: str
    by: str
    at: str
    roles: tuple[str, ...]
    status: RejectionStatus = "stands"
    ended: int | None = None
    ended_by: str = ""

    @property
    def key(self) -> str:
        """The entry's number."""
        return number_key(self.since)

    def search(self) -> Search:
        """Found by what was refused, and by whom."""
        return Search(self.model, self.version, self.environment, self.status, self.by)


class StandingRejections(Aggregate):
    """The refusals that stand of these bytes in an environment of a model, by their entries.

    ``releases`` were asked for since, and are asked about again when one is lifted.
    """

    table: ClassVar[str] = "refused"
    model: str
    environment: str
    artifact: str
    rejections: tuple[int, ...]
    releases: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """What was refused, as a digest."""
        return refused_key(self.model, self.environment, self.artifact)


def refused_key(model: str, environment: str, artifact: str) -> str:
    """The key of what was refused, bytes in an environment of a model: a digest, as it is long."""
    return hex_digest(f"{slot_key(model, environment)}/{artifact}".encode())


def refused_before(
    registry: Registry, of: ReleaseState | RejectionState
) -> StandingRejections | None:
    """What is remembered of the bytes that a release or a refusal is about."""
    key = refused_key(of.model, of.environment, of.artifact)
    return registry.find(StandingRejections, key)


def standing(
    registry: Registry, model: str, environment: str, artifact: str
) -> tuple[RejectionState, ...]:
    """The refusals of these bytes there that stand, oldest first."""
    found = registry.find(StandingRejections, refused_key(model, environment, artifact))
    entries = found.rejections if found else ()
    states = (registry.find(RejectionState, number_key(entry)) for entry in entries)
    return tuple(one for one in states if one is not None)


def rejected(registry: Registry, asked: ReleaseState, place: Place) -> Changes:
    """A refusal that stands from here on; it takes the place of the person's earlier one.

    In all the roles of both, so that saying it again makes it no weaker.
    """
    before, mine = _said_before(registry, asked, place)
    roles = {*_roles(registry, place, asked.model), *(role for one in mine for role in one.roles)}
    said = RejectionState(
        since=place.sequence,
        release=asked.since,
        model=asked.model,
        version=asked.version,
        environment=asked.environment,
        artifact=asked.artifact,
        by=place.actor,
        at=place.at,
        roles=tuple(sorted(roles)),
    )
    return _ending(before, mine, "answered", place, said)


def answered(registry: Registry, asked: ReleaseState, place: Place) -> Changes:
    """Whoever refused approves after all."""
    before, mine = _said_before(registry, asked, place)
    return _ending(before, mine, "answered", place) if mine else ()


def asked_anew(registry: Registry, asked: ReleaseState) -> Changes:
    """What was refused is asked for again: it is looked at once a refusal is lifted."""
    found = refused_before(registry, asked)
    if found is None:
        return ()
    return (found.but(releases=(*found.releases, asked.since)[-MOST_REMEMBERED:]),)


def rejection_lifted(registry: Registry, event: RejectionLifted, place: Place) -> Changes:
    """A refusal that stands is lifted, once."""
    found = registry.rejection(event.rejection)
    if found.status != "stands":
        raise ConflictError(
            f"This refusal is {found.status} already.",
            pointer="/event/rejection",
            ended=found.ended or 0,
        )
    before = refused_before(registry, found)
    assert before is not None  # noqa: S101 (a refusal that stands is among them)
    return _ending(before, [found], "lifted", place)


def _said_before(
    registry: Registry, asked: ReleaseState, place: Place
) -> tuple[StandingRejections, list[RejectionState]]:
    """What stands on what is asked for, and the person's own among it."""
    before = refused_before(registry, asked) or StandingRejections(
        since=place.sequence,
        model=asked.model,
        environment=asked.environment,
        artifact=asked.artifact,
        rejections=(),
    )
    states = (registry.rejection(entry) for entry in before.rejections)
    return before, [one for one in states if one.by == place.actor]


def _ending(
    before: StandingRejections,
    ended: list[RejectionState],
    status: RejectionStatus,
    place: Place,
    said: RejectionState | None = None,
) -> Changes:
    """These end; what was said now stands."""
    over = {one.since for one in ended}
    left = [entry for entry in before.rejections if entry not in over]
    left += [said.since] if said is not None else []
    closed = (one.but(status=status, ended=place.sequence, ended_by=place.actor) for one in ended)
    after = before.but(rejections=tuple(left))
    return (*closed, after) if said is None else (*closed, said, after)


def _roles(registry: Registry, place: Place, model: str) -> Iterator[str]:
    """The roles in which a person speaks about a model at a moment."""
    speaker = registry.find(ActorState, place.actor)
    if speaker is None or speaker.type != "person":
        return
    tags = registry.model(model).tags or ()

    def counts(held: RoleHeld | None) -> bool:
        return held is not None and held.in_time(place.at) and held.reaches(model, tags)

    for account in registry.accounts(place.actor):
        yield from (held.role for held in registry.actor(account).roles if counts(held))
    lent = registry.find(StandIns, place.actor)
    for entry in lent.held if lent else ():
        one = registry.delegation(entry)
        begun = parse_instant(one.begins) <= parse_instant(place.at) < parse_instant(one.until)
        if one.ended is None and begun and counts(registry.actor(one.delegator).held(one.role)):
            yield one.role
