"""Quorums as a matching of people to seats, and why somebody cannot take one.

One person takes one seat, however many roles and accounts they have and however often they spoke.
A vote counts when the person may vote at all, holds a role of some seat now, said so about the same
artifact, after the last change of what there was to look at, under the policy in force, not too
long before the question was answered, and, where the rule asks for it, signed by a passkey; for a
seat that comes after others', once these have approved. A quorum that nests is met where one of its
ways is (``policies.ways``); each is an exact matching (``policies.matching``).

Who stands in for another votes with the other's role, and both are one: where the delegator's own
vote counts, or another carries the role, it is not lent. Of several who could carry it, the one
with whom most seats are taken does.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice, product
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.events import names
from ledger.state.aggregates import ActorState
from ledger.state.passkeys import PasskeyState
from policies.duration import parse_duration
from policies.holding import holders
from policies.matching import match, roles_wanted
from policies.standing_in import lent_by, lent_to
from policies.ways import plain_role, roles_of, ways_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from ledger.state.aggregates import Vote
    from policies.agreeing import Approvals
    from policies.asked import Asked
    from policies.facts import Case
    from policies.party import Party
    from policies.standing_in import Lent
    from policies.ways import Bench, Way

    Voted = tuple[str, int, frozenset[str]]
    """Who voted, the entry of the vote, and the roles of one's own that count."""


# The same few votes are looked at in every decision about their release.
parse_instant = lru_cache(maxsize=4_096)(names.parse_instant)

MOST_WAYS: Final = 64
"""Ways of choosing who carries lent roles that are tried; the first of them beyond that."""
_MOST_KEPT: Final = 256
MOST_INSTEAD: Final = 4
"""Other ways of meeting a quorum that a refusal tells."""


@dataclass(frozen=True)
class Refusal:
    """Somebody whose vote cannot count, and why; ``entry`` is the vote, -1 where there is none."""

    actor: str
    code: str
    detail: str
    entry: int


@dataclass(frozen=True)
class Seating:
    """The outcome: which votes fill seats, which seats are empty, who could fill them and who not.

    Where a quorum can be met in several ways, it is that of the way that lacks the fewest people.
    ``missing`` holds, for each empty seat of it, the roles that may fill it: giving exactly these
    makes the quorum met; ``instead`` holds the same of the other ways. ``could`` are all whose
    approval would bring any way nearer, also by letting somebody who has a seat move to an empty
    one. ``stand_ins`` are ``delegate:delegator`` for the seats that were taken with a role that was
    lent. ``need`` is how many seats there are.
    """

    by: tuple[int, ...]
    people: tuple[str, ...]
    need: int
    missing: tuple[tuple[str, ...], ...] = ()
    could: tuple[str, ...] = ()
    cannot: tuple[Refusal, ...] = ()
    stand_ins: tuple[str, ...] = ()
    instead: tuple[tuple[tuple[str, ...], ...], ...] = ()

    @property
    def met(self) -> bool:
        """Whether every seat is taken."""
        return not self.missing


@dataclass(frozen=True)
class Table:
    """The ways of meeting a rule, the roles that count in any, and what its votes must be."""

    ways: tuple[Way, ...]
    roles: frozenset[str]
    lasts: timedelta
    valid_for: str
    across_policies: bool = False
    signed: bool = False
    device_bound: bool = False
    met: dict[tuple[Voted, ...], Seating] = field(default_factory=dict, compare=False, repr=False)
    """The outcome for voters by whom it was met, of those met last."""

    def keep(self, voted: tuple[Voted, ...], seating: Seating) -> None:
        """Keep an outcome."""
        if len(self.met) >= _MOST_KEPT:
            self.met.clear()
        self.met[voted] = seating


def table_of(rule: Approvals) -> Table:
    """The seats of a rule and how long its votes last: worked out once per document."""
    return Table(
        ways_of(rule),
        frozenset(roles_of(rule)),
        parse_duration(rule.valid_for),
        rule.valid_for,
        rule.across_policies,
        signed=rule.proof is not None,
        device_bound=rule.device_bound is not None,
    )


def excluded_by(case: Case, parties: Sequence[Party]) -> dict[str, str] | None:
    """Who may not do it, with the party that is the reason; None where a party is not known.

    Under every account that is known to be of the same natural person.
    """
    found: dict[str, str] = {}
    for party in parties:
        actors = case.party(party)
        if actors is None:
            return None
        for actor in actors:
            for account in case.registry.accounts(actor):
                if account not in found:
                    found[account] = party
    return found


def find_quorum(case: Case, asked: Asked, table: Table, excluded: Mapping[str, str]) -> Seating:
    """Match the people who approved to the seats of a table."""
    answered = parse_instant(asked.answered) if asked.answered else case.now
    voters = _Voters(case, asked, excluded, table, answered - table.lasts)
    candidates: dict[str, Vote] = {}
    own: dict[str, frozenset[str]] = {}
    persons: dict[str, str] = {}
    cannot = []
    find = case.registry.find
    reach = case.reach
    for vote in sorted(asked.votes, key=_voter):
        if vote.verdict != "approve" or not vote.counts:
            continue
        state = find(ActorState, vote.actor)
        code, detail = voters.why_not(vote, state)
        if code or state is None:
            cannot.append(Refusal(vote.actor, code, detail, vote.entry))
        elif state.person in persons:
            first = persons[state.person]
            own[first] |= reach.role_set(state)
            cannot.append(Refusal(vote.actor, "E_SAME_PERSON", first, vote.entry))
        else:
            persons[state.person] = vote.actor
            candidates[vote.actor] = vote
            own[vote.actor] = reach.role_set(state)
    lent = {actor: voters.lent(candidates[actor], persons) for actor in candidates}
    # Where nobody stands in, whether it is met depends on the voters, their roles and the order of
    # their votes alone: the same few, in every decision about their release.
    key = None
    if not any(lent.values()):
        key = tuple([(actor, vote.entry, own[actor]) for actor, vote in candidates.items()])
        known = table.met.get(key)
        if known is not None:
            return known
    tried = []
    for way in table.ways:
        found = _found(_best(bench, candidates, own, lent) for bench in way)
        if not found.empty:
            seating = _met(own, candidates, found)
            if key is not None:
                table.keep(key, seating)
            return seating
        tried.append(found)
    return _told(voters, candidates, own, tried, cannot)


def _best(
    bench: Bench,
    candidates: Mapping[str, Vote],
    own: Mapping[str, frozenset[str]],
    lent: Mapping[str, tuple[Lent, ...]],
) -> _Seated:
    """The best way of giving lent roles to those who may carry them."""
    ways = (_seated(bench, candidates, held) for held in _carried(bench, own, lent))
    return max(ways, key=lambda one: len(one.taken))


_voter: Final = attrgetter("actor")


class _Seated(NamedTuple):
    """One way of seating voters on a bench: their roles, who sits where, who came too early."""

    bench: Bench
    held: dict[str, frozenset[str]]
    taken: dict[int, str]
    early: dict[str, Refusal]
    for_whom: dict[str, dict[str, str]]


class _Found(NamedTuple):
    """What came of one way of meeting a rule, bench by bench; the roles of each empty seat."""

    seated: tuple[_Seated, ...]
    empty: tuple[tuple[str, ...], ...]

    @property
    def need(self) -> int:
        """How many seats there are."""
        return sum(len(one.bench.seats) for one in self.seated)


def _found(benches: Iterable[_Seated]) -> _Found:
    seated = tuple(benches)
    empty = (
        _plain(seat)
        for one in seated
        for at, seat in enumerate(one.bench.seats)
        if at not in one.taken
    )
    return _Found(seated, tuple(empty))


def _carried(
    bench: Bench, own: Mapping[str, frozenset[str]], lent: Mapping[str, tuple[Lent, ...]]
) -> Iterator[_Held]:
    """Every way of giving each delegator's role to one of those who stand in; at most so many."""
    if not any(lent.values()):
        yield _Held({**own}, {})
        return
    roles_here = bench.roles
    carriers: dict[str, list[str]] = {}
    for actor, roles in lent.items():
        for one in roles:
            if one.role in roles_here and actor not in carriers.setdefault(one.person, []):
                carriers[one.person].append(actor)
    for chosen in islice(product(*carriers.values()), MOST_WAYS):
        carries = dict(zip(carriers, chosen, strict=True))
        for_whom: dict[str, dict[str, str]] = {}
        for actor, roles in lent.items():
            mine = [one for one in roles if carries.get(one.person) == actor]
            for_whom[actor] = {one.role: one.delegator for one in mine}
        held = {actor: roles | for_whom[actor].keys() for actor, roles in own.items()}
        yield _Held(held, for_whom)


class _Held(NamedTuple):
    held: dict[str, frozenset[str]]
    for_whom: dict[str, dict[str, str]]


def _seated(bench: Bench, candidates: Mapping[str, Vote], way: _Held) -> _Seated:
    roles = bench.roles
    counting = {actor: vote for actor, vote in candidates.items() if way.held[actor] & roles}
    held = {actor: way.held[actor] for actor in counting}
    early = _take_turns(bench, counting, held)
    return _Seated(bench, held, match(bench.seats, held), early, way.for_whom)


def _met(
    own: Mapping[str, frozenset[str]], candidates: Mapping[str, Vote], found: _Found
) -> Seating:
    """The outcome where every seat is taken."""
    taken = {actor for one in found.seated for actor in one.taken.values()}
    by = tuple(sorted(candidates[actor].entry for actor in taken))
    return Seating(by, tuple(sorted(taken)), found.need, stand_ins=_stand_ins(own, found))


def _stand_ins(own: Mapping[str, frozenset[str]], found: _Found) -> tuple[str, ...]:
    pairs = {pair for one in found.seated if one.for_whom for pair in _stands_in(own, one)}
    return tuple(sorted(pairs))


def _told(
    voters: _Voters,
    candidates: Mapping[str, Vote],
    own: Mapping[str, frozenset[str]],
    tried: list[_Found],
    cannot: list[Refusal],
) -> Seating:
    """The outcome of the way that lacks the fewest; of several, of the first."""
    nearest = min(tried, key=lambda one: len(one.empty))
    seated = _met(own, candidates, nearest)
    counting = {actor: None for found in tried for one in found.seated for actor in one.held}
    for actor in sorted(candidates.keys() - counting.keys()):
        code, detail = voters.why_no_role(candidates[actor], own)
        cannot.append(Refusal(actor, code, detail, candidates[actor].entry))
    early = {actor: why for one in nearest.seated for actor, why in one.early.items()}
    cannot.extend(early[actor] for actor in sorted(early.keys() - set(seated.people)))
    could, barred = _who_could(voters.case, _wanted(tried), counting, voters.excluded)
    known = {refusal.actor for refusal in cannot}
    cannot.extend(refusal for refusal in barred if refusal.actor not in known)
    return replace(
        seated,
        missing=nearest.empty,
        could=could,
        cannot=tuple(cannot),
        instead=_instead(nearest, tried),
    )


def _wanted(tried: Iterable[_Found]) -> frozenset[str]:
    """The roles with which one more person would bring some way nearer."""
    return frozenset(
        plain_role(role)
        for found in tried
        for one in found.seated
        for role in roles_wanted(one.bench.seats, one.held, one.taken)
    )


def _instead(nearest: _Found, tried: Iterable[_Found]) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """What the other ways lack, where it is not just more of what the nearest lacks."""
    lacks = Counter(nearest.empty)
    others = dict.fromkeys(found.empty for found in tried if not lacks <= Counter(found.empty))
    return tuple(sorted(others, key=len)[:MOST_INSTEAD])


def _stands_in(own: Mapping[str, frozenset[str]], found: _Seated) -> Iterator[str]:
    for at, actor in found.taken.items():
        seat = _plain(found.bench.seats[at])
        if not own[actor].intersection(seat):
            lent = found.for_whom[actor]
            yield f"{actor}:{next(lent[role] for role in seat if role in lent)}"


def _take_turns(
    bench: Bench, counting: Mapping[str, Vote], held: dict[str, frozenset[str]]
) -> dict[str, Refusal]:
    """Give each voter the seats that come after others', where somebody else went before.

    Returns who approved too early for such a seat, and why.
    """
    early: dict[str, Refusal] = {}
    for turn in bench.turns:
        for actor, vote in counting.items():
            if turn.role not in held[actor]:
                continue
            late = [name for name in turn.after if not _went_before(name, actor, counting, held)]
            if late:
                early[actor] = Refusal(actor, "E_BEFORE_ITS_TURN", "|".join(late), vote.entry)
            else:
                held[actor] |= {turn.marked}
    return early


def _went_before(
    role: str, actor: str, counting: Mapping[str, Vote], held: Mapping[str, frozenset[str]]
) -> bool:
    return any(
        other != actor and role in held[other] and vote.entry < counting[actor].entry
        for other, vote in counting.items()
    )


def _plain(roles: Iterable[str]) -> tuple[str, ...]:
    return tuple(plain_role(role) for role in roles)


class _Voters(NamedTuple):
    """Who may count for one rule on one question. Votes of ``too_old`` or before have expired."""

    case: Case
    asked: Asked
    excluded: Mapping[str, str]
    table: Table
    too_old: datetime

    def lent(self, vote: Vote, persons: Mapping[str, str]) -> tuple[Lent, ...]:
        """What the voter has from others and may use, then and now.

        Nothing from whoever is excluded, or whose own vote is among those that count.
        """
        offered = lent_to(self.case.registry, vote.actor, self.case.reach)
        if not offered:
            return ()
        then = parse_instant(vote.at)
        return tuple(
            one
            for one in offered
            if one.at(then)
            and one.at(self.case.now)
            and one.delegator not in self.excluded
            and one.person not in persons
        )

    def why_not(self, vote: Vote, actor: ActorState | None) -> tuple[str, str]:
        """The code and detail of why a vote does not count, whatever the voter's roles."""
        if vote.actor in self.excluded:
            return "E_SELF", self.excluded[vote.actor]
        if actor is None or actor.type != "person":
            return "E_NOT_A_PERSON", ""
        if vote.artifact != self.asked.digest:
            return "E_OTHER_ARTIFACT", ""
        return self._why_over(vote)

    def _why_over(self, vote: Vote) -> tuple[str, str]:
        """Why a vote that counted once counts no more."""
        if vote.entry <= self.asked.changed:
            return "E_STALE", str(self.asked.changed)
        policy = self.asked.policy
        if policy and vote.policy != policy and not self.table.across_policies:
            return "E_OLD_WORDING", ""
        if parse_instant(vote.at) <= self.too_old:
            return "E_EXPIRED", self.table.valid_for
        return (self._why_unsigned(vote), "") if self.table.signed else ("", "")

    def _why_unsigned(self, vote: Vote) -> str:
        """Why a vote does not count as signed; a release that is granted keeps what it had."""
        key = self.case.registry.find(PasskeyState, vote.passkey) if vote.passkey else None
        if key is None:
            return "E_UNSIGNED"
        if self.table.device_bound and not vote.device_bound:
            return "E_COPYABLE"
        return "E_KEY_REVOKED" if key.until is not None and self.asked.policy else ""

    def why_no_role(self, vote: Vote, own: Mapping[str, frozenset[str]]) -> tuple[str, str]:
        """Why a voter has no role that counts: none of one's own, and none to stand in with."""
        lent = [
            one
            for one in lent_to(self.case.registry, vote.actor, self.case.reach)
            if one.role in self.table.roles
        ]
        then = parse_instant(vote.at)
        for one in lent:
            if one.delegator in self.excluded:
                return "E_STANDS_IN_EXCLUDED", f"{one.delegator}:{self.excluded[one.delegator]}"
            if own.keys() & set(self.case.registry.accounts(one.delegator)):
                return "E_DELEGATOR_VOTED", one.delegator
            if one.at(then) and one.at(self.case.now):
                return "E_OTHER_STANDS_IN", one.delegator
        if lent:
            return "E_DELEGATION_OVER", lent[0].delegator
        return self._why_it_counts_not(vote), ""

    def _why_it_counts_not(self, vote: Vote) -> str:
        """Whether the voter's role is lost, over, or for other models."""
        state = self.case.registry.find(ActorState, vote.actor)
        held = [one for one in state.roles if one.role in self.table.roles] if state else []
        if any(one.in_time(self.case.now_text) for one in held):
            return "E_ROLE_ELSEWHERE"
        return "E_ROLE_OVER" if held else "E_ROLE_LOST"


def _who_could(
    case: Case,
    wanted: frozenset[str],
    counting: Mapping[str, object],
    excluded: Mapping[str, str],
) -> tuple[tuple[str, ...], list[Refusal]]:
    """Whose approval would fill a seat: those who hold a wanted role, or stand in for them.

    And those who hold one and are excluded.
    """
    could: set[str] = set()
    barred = []
    found = {holder for role in wanted for holder in holders(case.registry, role, case.reach)}
    for holder in sorted(found.difference(counting)):
        actor = case.registry.find(ActorState, holder)
        if holder in excluded:
            barred.append(Refusal(holder, "E_SELF", excluded[holder], -1))
        elif actor is not None and (first := _counts(actor, counting)):
            barred.append(Refusal(holder, "E_SAME_PERSON", first, -1))
        elif actor is not None and actor.type == "person":
            could.add(holder)
            could.update(
                one.delegate
                for one in lent_by(case.registry, holder, case.reach)
                if one.role in wanted
                and one.at(case.now)
                and one.delegate not in excluded
                and not _counts(case.registry.find(ActorState, one.delegate), counting)
            )
    return tuple(sorted(could)), barred


def _counts(actor: ActorState | None, counting: Mapping[str, object]) -> str:
    """The account under which somebody counts already, if any."""
    if actor is None:
        return ""
    return next((one for one in (actor.id, *actor.alike) if one in counting), "")
