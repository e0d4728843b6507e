"""What an open release still waits for, and for whom."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.events.actor import Actor
from ledger.events.change import ChangeApproved
from ledger.events.exception import ReviewCompleted
from ledger.events.release import ReleaseApproved, ReleaseGranted
from ledger.state.pack import pack_of
from policies.asked import release_asked
from policies.expression.evaluate import compile_condition
from policies.expression.parse import parse
from policies.facts import Case
from policies.holding import holders
from policies.quorum import excluded_by, find_quorum, table_of
from policies.standing_in import lent_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ledger.events.decision import Decision, Result
    from ledger.events.event import Event
    from ledger.state.aggregates import ChangeState, ReleaseState
    from ledger.state.decide import Decide
    from ledger.state.exceptions import ReviewState
    from ledger.state.registry import Registry
    from policies.agreeing import Approvals
    from policies.document import Document
    from policies.quorum import Seating

# Nobody asks when it is only looked at what is missing; no rule about approvals reads the asker.
_OF_THE_ASKER: Final = frozenset(
    {"M_ACTOR", "M_STANDS_IN", "E_NOROLE", "E_SELF", "E_TYPE", "E_PARTY_UNKNOWN"}
)
_NOBODY: Final = Actor(id="0" * 32, type="service", via="service")


class Missing(NamedTuple):
    """So many approvals of people who hold one of these roles; ``actors`` could each give one."""

    gate: str
    roles: tuple[str, ...]
    number: int
    actors: tuple[str, ...]


def pending(
    registry: Registry, document: Document, asked: ReleaseState, now: str
) -> tuple[Missing, ...]:
    """Which approvals a release still waits for, and from whom; nothing where it is closed."""
    if asked.status not in {"open", "granted"}:
        return ()
    case = Case(document, registry, granting(asked), _NOBODY, now)
    question = release_asked(asked, case.version, registry.policy_digest())
    found: list[Missing] = []
    for gate, rule in _quorums(document, case):
        excluded = excluded_by(case, rule.not_by)
        if excluded is not None:
            found.extend(
                _missing(case, gate, find_quorum(case, question, table_of(rule), excluded))
            )
    return tuple(found)


def asks_for_passkey(document: Document, registry: Registry, asked: ReleaseState, now: str) -> bool:
    """Whether some rule about this release counts only approvals that a passkey signed."""
    case = Case(document, registry, granting(asked), _NOBODY, now)
    return any(rule.proof is not None for _, rule in _quorums(document, case))


def _quorums(document: Document, case: Case) -> Iterator[tuple[str, Approvals]]:
    """The quorums of the gates that apply to granting."""
    for gate in document.gates:
        rules = [item.approvals for item in gate.require if item.approvals is not None]
        if gate.event != ReleaseGranted.kind or not rules:
            continue
        if gate.when is None or compile_condition(parse(gate.when))(case.fact) is not False:
            for rule in rules:
                yield gate.id, rule


def _missing(case: Case, gate: str, quorum: Seating) -> Iterator[Missing]:
    for roles, number in Counter(quorum.missing).items():
        held = {holder for role in roles for holder in holders(case.registry, role, case.reach)}
        held |= {
            lent.delegate
            for holder in sorted(held)
            for lent in lent_by(case.registry, holder, case.reach)
            if lent.role in roles
        }
        yield Missing(gate, roles, number, tuple(sorted(held.intersection(quorum.could))))


def reviewers(
    decide: Decide, registry: Registry, document: Document, review: ReviewState, now: str
) -> frozenset[str]:
    """The people whom the policy lets make a review."""
    made = ReviewCompleted(review=review.since, finding="accepted", comment="-")
    found = set()
    for holder in sorted({one for role in document.roles for one in registry.holders(role)}):
        person = registry.actor(holder)
        asker = Actor(id=holder, type=person.type, via="password")
        if person.type == "person" and decide(registry, made, asker, now).allowed:
            found.add(holder)
    return frozenset(found)


def granting(asked: ReleaseState) -> ReleaseGranted:
    """What is decided about when a release may be granted."""
    return ReleaseGranted(
        release=asked.since,
        model=asked.model,
        version=asked.version,
        environment=asked.environment,
        artifact=asked.artifact,
        approvals=(),
    )


def what_is_missing(
    decide: Decide, registry: Registry, asked: ReleaseState, service: Actor, now: str
) -> Decision:
    """The decision about granting a release as it stands: its unmet results are what is missing."""
    return decide(registry, granting(asked), service, now)


def who_could_approve(decision: Decision) -> frozenset[str]:
    """Actors whose approval would fill an empty seat, as far as a decision names them.

    A recorded decision names at most 100; ``pending`` knows them all.
    """
    found: set[str] = set()
    for result in decision.results:
        could = result.params.get("could", [])
        if result.code == "E_NEED" and isinstance(could, (list, tuple)):
            found.update(could)
    return frozenset(found)


def carrying_out(
    decide: Decide, registry: Registry, proposed: Event, actor: Actor, now: str
) -> Decision:
    """The decision about this actor carrying out what was proposed, now."""
    return decide(registry, proposed, actor, now)


def without_asker(results: Iterable[Result]) -> tuple[Result, ...]:
    """The results that do not speak of whoever asks."""
    return tuple(result for result in results if result.code not in _OF_THE_ASKER)


def may_agree(
    decide: Decide, registry: Registry, asked: ChangeState, actor: Actor, now: str
) -> Decision:
    """The decision about this actor agreeing to a proposed change now."""
    word = ChangeApproved(change=asked.since, command=asked.command)
    return decide(registry, word, actor, now)


def may_vote(
    decide: Decide, registry: Registry, asked: ReleaseState, actor: Actor, now: str
) -> Decision:
    """The decision about this actor approving this release now, as it stands."""
    pack = pack_of(registry, asked).digest()
    vote = ReleaseApproved(release=asked.since, artifact=asked.artifact, pack=pack)
    return decide(registry, vote, actor, now)
