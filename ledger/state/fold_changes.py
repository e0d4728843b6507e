"""Changes: proposed, voted on, carried out by the command that was proposed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.core.encoding import canonical
from ledger.errors import ConflictError
from ledger.events.catalogue import read_proposed
from ledger.events.change import PROPOSABLE, ChangeApproved
from ledger.events.command import command_digest
from ledger.state.aggregates import Aggregate, ChangeState, OpenChanges, Vote
from ledger.state.concerns import about

if TYPE_CHECKING:
    from ledger.events import change
    from ledger.events.event import Event
    from ledger.state.place import Place
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]

MOST_OPEN = 200


def change_proposed(registry: Registry, event: change.ChangeProposed, place: Place) -> Changes:
    """A command that could be submitted, and is not proposed already."""
    proposed = read_proposed(event)
    command = event.command
    found = registry.find(OpenChanges, event.proposed)
    there = found.commands if found else {}
    if command in there:
        raise ConflictError(
            "The same is proposed already.", pointer="/event/event", change=there[command]
        )
    if len(there) >= MOST_OPEN:
        raise ConflictError(
            f"{MOST_OPEN} proposals of this kind are open.",
            remedy="Decide or withdraw some of them.",
        )
    concerned = about(registry, proposed)
    made = ChangeState(
        since=place.sequence,
        proposed=event.proposed,
        command=command,
        proposer=place.actor,
        proposed_at=place.at,
        receiver=getattr(proposed, "actor_id", ""),
        model=concerned.model,
        version=concerned.version,
        environment=concerned.environment,
    )
    since = found.since if found else place.sequence
    commands = {**there, command: place.sequence}
    return (made, OpenChanges(since=since, proposed=event.proposed, commands=commands))


def change_voted(
    registry: Registry, event: change.ChangeApproved | change.ChangeRejected, place: Place
) -> Changes:
    """A person says yes or no; one no ends the proposal."""
    asked = _open(registry, event)
    earlier = tuple(
        vote.but(counts=False) if vote.actor == place.actor else vote for vote in asked.votes
    )
    agrees = isinstance(event, ChangeApproved)
    said = Vote(
        entry=place.sequence,
        at=place.at,
        actor=place.actor,
        verdict="approve" if agrees else "reject",
        artifact=event.command,
        policy=registry.policy_digest(),
    )
    after = asked.but(votes=(*earlier, said))
    return (after,) if agrees else _ended(registry, after, place, "rejected")


def change_withdrawn(registry: Registry, event: change.ChangeWithdrawn, place: Place) -> Changes:
    """A proposal that is not ended is taken back."""
    return _ended(registry, _open(registry, event), place, "withdrawn")


def carried_out(registry: Registry, event: Event, place: Place) -> Changes:
    """The proposal that this event is what was proposed of, if there is one."""
    asked = proposal_of(registry, event)
    return () if asked is None else _ended(registry, asked, place, "carried_out")


def proposal_of(registry: Registry, event: Event) -> ChangeState | None:
    """The open proposal of this very command."""
    if event.kind not in PROPOSABLE:
        return None
    found = registry.find(OpenChanges, event.kind)
    if found is None or not found.commands:
        return None
    entry = found.commands.get(command_digest(event.kind, canonical(event.facts())).hex())
    return None if entry is None else registry.change(entry)


def _open(
    registry: Registry,
    event: change.ChangeApproved | change.ChangeRejected | change.ChangeWithdrawn,
) -> ChangeState:
    asked = registry.change(event.change)
    if asked.status != "open":
        raise ConflictError(f"This proposal is {asked.status}.", pointer="/event/change")
    if event.command != asked.command:
        raise ConflictError(
            "The digest is not that of what is proposed; look at the proposal again.",
            pointer="/event/command",
        )
    return asked


def _ended(registry: Registry, asked: ChangeState, place: Place, status: str) -> Changes:
    found = registry.find(OpenChanges, asked.proposed)
    commands = {
        command: entry
        for command, entry in (found.commands if found else {}).items()
        if entry != asked.since
    }
    since = found.since if found else place.sequence
    return (
        asked.but(status=status, closed=place.sequence, closed_at=place.at),
        OpenChanges(since=since, proposed=asked.proposed, commands=commands),
    )
