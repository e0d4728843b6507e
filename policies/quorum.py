"""Quorums as a matching of people to seats, and why somebody cannot take one.

One person takes one seat, however many roles they hold and however often they spoke. A vote counts
when the person may vote at all, holds a role of the seat now, said so about the same artifact,
after the last change of what there was to look at, and not too long ago. Source: bipartite
matching by augmenting paths (Kuhn 1955).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.events.names import parse_instant
from ledger.state.aggregates import ActorState
from policies.duration import parse_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.state.aggregates import ReleaseState, Vote
    from policies.document import Approvals
    from policies.facts import Case


@dataclass(frozen=True)
class Refusal:
    """Somebody whose vote cannot count, and why; ``entry`` is the vote, -1 where there is none."""

    actor: str
    code: str
    detail: str
    entry: int


@dataclass(frozen=True)
class Quorum:
    """The outcome: which votes fill seats, which seats are empty, who could fill them and who not.

    ``missing`` holds, for each empty seat, the roles that may fill it.
    """

    by: tuple[int, ...]
    people: tuple[str, ...]
    missing: tuple[tuple[str, ...], ...]
    could: tuple[str, ...]
    cannot: tuple[Refusal, ...]

    @property
    def met(self) -> bool:
        """Whether every seat is taken."""
        return not self.missing


def seats_of(rule: Approvals) -> list[tuple[str, ...]]:
    """One item per seat: the roles that may take it, named seats first."""
    named = [(seat.role,) for seat in rule.seats for _ in range(seat.at_least)]
    return named + [rule.any_of] * (rule.at_least - len(named))


def find_quorum(case: Case, asked: ReleaseState, rule: Approvals) -> Quorum:
    """Match the people who approved a release to the seats of a rule."""
    excluded: dict[str, str] = {
        actor: party for party in rule.not_by if (actor := case.party(party)) is not None
    }
    seats = seats_of(rule)
    roles = frozenset(role for seat in seats for role in seat)
    voters = _Voters(case, asked, rule, excluded, roles)
    counting: dict[str, Vote] = {}
    cannot = []
    for vote in asked.votes:
        refusal = voters.refusal(vote)
        if refusal is not None:
            cannot.append(refusal)
        elif vote.verdict == "approve" and vote.counts:
            counting[vote.actor] = vote
    held = {actor: _roles(case, actor) for actor in sorted(counting)}
    taken = match(seats, held)
    empty = tuple(seat for at, seat in enumerate(seats) if at not in taken)
    could, absent = _who_could(case, empty, taken, excluded)
    return Quorum(
        by=tuple(sorted(counting[actor].entry for actor in taken.values())),
        people=tuple(sorted(taken.values())),
        missing=empty,
        could=could,
        cannot=tuple(_once([*cannot, *absent])),
    )


def match(seats: Sequence[tuple[str, ...]], held: dict[str, frozenset[str]]) -> dict[int, str]:
    """As many seats as possible to distinct people: seat number to person."""
    taken: dict[int, str] = {}

    def seat_for(person: str, tried: set[int]) -> bool:
        for at, roles in enumerate(seats):
            if at in tried or not held[person].intersection(roles):
                continue
            tried.add(at)
            if at not in taken or seat_for(taken[at], tried):
                taken[at] = person
                return True
        return False

    for person in held:
        seat_for(person, set())
    return taken


@dataclass(frozen=True)
class _Voters:
    """Who may count for one rule of one release."""

    case: Case
    asked: ReleaseState
    rule: Approvals
    excluded: dict[str, str]
    roles: frozenset[str]

    def refusal(self, vote: Vote) -> Refusal | None:
        """Why a standing approval does not count, or None."""
        if not vote.counts or vote.verdict != "approve":
            return None
        code, detail = self._why(vote)
        return Refusal(vote.actor, code, detail, vote.entry) if code else None

    def _why(self, vote: Vote) -> tuple[str, str]:  # noqa: PLR0911 (one return per reason)
        case, valid_for = self.case, self.rule.valid_for
        actor = case.registry.find(ActorState, vote.actor)
        changed = case.registry.version(self.asked.model, self.asked.version).facts_changed
        if vote.actor in self.excluded:
            return "E_SELF", self.excluded[vote.actor]
        if actor is None or actor.type != "person":
            return "E_NOT_A_PERSON", ""
        if vote.artifact != self.asked.artifact:
            return "E_OTHER_ARTIFACT", ""
        if vote.entry <= changed:
            return "E_STALE", str(changed)
        if valid_for and case.now >= parse_instant(vote.at) + parse_duration(valid_for):
            return "E_EXPIRED", valid_for
        if not _roles(case, vote.actor).intersection(self.roles):
            return "E_ROLE_LOST", ""
        return "", ""


def _who_could(
    case: Case,
    empty: tuple[tuple[str, ...], ...],
    taken: dict[int, str],
    excluded: dict[str, str],
) -> tuple[tuple[str, ...], list[Refusal]]:
    """Who holds a role of an empty seat: those who could take it, and those who are excluded."""
    could = []
    cannot = []
    roles = {role for seat in empty for role in seat}
    holders = {holder for role in roles for holder in case.registry.holders(role)}
    for holder in sorted(holders - set(taken.values())):
        actor = case.registry.find(ActorState, holder)
        if holder in excluded:
            cannot.append(Refusal(holder, "E_SELF", excluded[holder], -1))
        elif actor is not None and actor.type == "person":
            could.append(holder)
    return tuple(could), cannot


def _once(refusals: list[Refusal]) -> list[Refusal]:
    """One refusal per person, the one about a vote first."""
    found: dict[str, Refusal] = {}
    for refusal in refusals:
        found.setdefault(refusal.actor, refusal)
    return list(found.values())


def _roles(case: Case, actor_id: str) -> frozenset[str]:
    state = case.registry.find(ActorState, actor_id)
    return frozenset(held.role for held in state.roles) if state else frozenset()
