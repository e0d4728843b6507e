"""Decide: every gate that applies, every requirement, one answer.

A pure, total function of registry, event, actor and time. The outcome is ``allow`` only where the
kind is opened, at least one gate applies, and everything is met, but for gates that still only
warn: every kind has one that does not. A ``when`` that is not known makes
its gate apply. A document is compiled once per digest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from ledger.errors import InputError, IntegrityError
from ledger.events.assurance import PolicyActivated
from ledger.events.catalogue import read_proposed
from ledger.events.change import ChangeProposed
from ledger.events.decision import Decision, Result
from ledger.events.framework import FrameworkActivated
from ledger.events.names import format_instant
from policies.activation import read_activation
from policies.controls.own import read_own_activation
from policies.duration import parse_duration
from policies.expression.evaluate import compile_condition
from policies.expression.parse import parse
from policies.facts import Case
from policies.requirements import MOST_NAMED, compile_requirement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ledger.events.actor import Actor
    from ledger.events.event import Event
    from ledger.events.proof import Proof
    from ledger.state.decide import Decide
    from ledger.state.registry import Registry
    from policies.document import Afterwards, Document
    from policies.expression.evaluate import Condition
    from policies.requirements import Answer

ENGINE: Final = 1
NOTIFY: Final = "O_NOTIFY"
"""The code of what is owed to people who must be told."""
_KEPT: Final = 64
_DECISIONS_KEPT: Final = 1_024
_DATE: Final = len("2026-12-31")
_LETS_THROUGH: Final = frozenset({"met", "warned", "bypassed"})


@dataclass(frozen=True)
class _Gate:
    when: Condition | None
    answers: tuple[tuple[Answer, bool], ...]
    warn_until: str
    owed: tuple[tuple[str, Afterwards], ...]


@dataclass(frozen=True)
class Compiled:
    """A document, ready to decide."""

    document: Document
    digest: str
    gates: dict[str, tuple[_Gate, ...]]


def compile_document(document: Document, digest: str) -> Compiled:
    """Make a document ready to decide; ``digest`` is what its decisions name."""
    gates: dict[str, tuple[_Gate, ...]] = {}
    for gate in document.gates:
        when = compile_condition(parse(gate.when)) if gate.when is not None else None
        answers = tuple(
            (compile_requirement(gate.id, item, document), item.bypass == "emergency")
            for item in gate.require
        )
        owed = tuple((gate.id, one) for one in gate.afterwards)
        made = _Gate(when, answers, gate.warn_until or "", owed)
        gates[gate.event] = (*gates.get(gate.event, ()), made)
    return Compiled(document, digest, gates)


def decide_with(  # noqa: PLR0917 (as ``Decide``, and by which document)
    compiled: Compiled,
    registry: Registry,
    event: Event,
    actor: Actor,
    now: str,
    proof: Proof | None = None,
) -> Decision:
    """Decide one event under one document."""
    return decide_case(compiled, Case(compiled.document, registry, event, actor, now, proof))


def decide_case(compiled: Compiled, case: Case) -> Decision:
    """Decide one case under the document that it was made for."""
    event = case.event
    fact = case.fact
    applied = [
        gate
        for gate in compiled.gates.get(event.kind, ())
        if gate.when is None or gate.when(fact) is not False
    ]
    results: list[Result] = []
    for gate in applied:
        _ask(gate, case, results)
    if not results:
        results.append(_closed(event))
    activation = _activation(event)
    if activation is not None:
        results.append(read_activation(activation, case.registry, case.now_text)[1])
    if isinstance(event, FrameworkActivated):
        results.append(read_own_activation(event))
    if any(gate.owed for gate in applied) and _lets_through(results):
        results += [item for gate in applied for item in _owed(gate, case)]
    return _decision(compiled.digest, tuple(results))


def _activation(event: Event) -> PolicyActivated | None:
    """The change of policy that an event is, or proposes."""
    if isinstance(event, ChangeProposed) and event.proposed == PolicyActivated.kind:
        try:
            event = read_proposed(event)
        except InputError:
            return None  # folding it says what is wrong
    return event if isinstance(event, PolicyActivated) else None


# The same gates say the same again and again, and a decision keeps its canonical bytes.
@lru_cache(maxsize=_DECISIONS_KEPT)
def _decision(digest: str, results: tuple[Result, ...]) -> Decision:
    met = _lets_through(result for result in results if result.state != "owed")
    return Decision.model_construct(
        outcome="allow" if met else "deny",
        policy=digest,
        engine=ENGINE,
        results=results,
    )


def make_decide(load: Callable[[str], Document]) -> Decide:
    """The deciding function over documents that ``load`` brings by digest.

    A document whose activation was allowed is kept, so that what follows it within the same
    transaction is decided by it before anybody could load it. Safe for use by several threads.
    """
    allowed: dict[str, Compiled] = {}

    @lru_cache(maxsize=_KEPT)
    def loaded(digest: str) -> Compiled:
        return compile_document(load(digest), digest)

    def decide(
        registry: Registry, event: Event, actor: Actor, now: str, proof: Proof | None = None
    ) -> Decision:
        nonlocal allowed
        policy = registry.policy()
        if policy is None:
            raise IntegrityError("No policy is in force.", code="no-policy")
        compiled = allowed.get(policy.digest) or loaded(policy.digest)
        decision = decide_with(compiled, registry, event, actor, now, proof)
        if decision.allowed and isinstance(event, PolicyActivated):
            document, _ = read_activation(event, registry, now)
            if document is not None:
                allowed = {event.digest: compile_document(document, event.digest)}
        return decision

    return decide


def granting_approvals(decision: Decision) -> tuple[int, ...]:
    """The entries of the approvals that filled the seats of a decision about granting."""
    found = {
        entry for result in decision.results if result.code == "M_APPROVED" for entry in result.by
    }
    return tuple(sorted(found))


def _lets_through(results: Iterable[Result]) -> bool:
    return all(result.state in _LETS_THROUGH for result in results)


def _ask(gate: _Gate, case: Case, results: list[Result]) -> None:
    """Add what each requirement of a gate says."""
    for answer, can_be_bypassed in gate.answers:
        result = answer(case)
        if result.state != "met":
            result = _softened(result, gate, case, can_be_bypassed=can_be_bypassed)
        results.append(result)


def _softened(result: Result, gate: _Gate, case: Case, *, can_be_bypassed: bool) -> Result:
    """What is not met, where its gate only warns or an exception lets it through."""
    if case.now_text[:_DATE] <= gate.warn_until:
        return result.model_copy(update={"state": "warned"})
    if can_be_bypassed and case.exception is not None:
        return result.but(state="bypassed", by=(case.exception.since,))
    return result


def _owed(gate: _Gate, case: Case) -> Iterator[Result]:
    """The reviews that are owed where this happens now, and who is to be told."""
    for name, one in gate.owed:
        if one.due is not None:
            after = parse_duration(one.due)
            params: dict[str, Any] = {"due": format_instant(case.now + after)}
            if one.while_running:
                params["again"] = after // timedelta(hours=1)
            yield _owes(name, one.id, "O_REVIEW", params)
        if one.notify is not None:
            parties = [case.party(party) or () for party in one.notify.parties]
            people = sorted({actor for found in parties for actor in found})[:MOST_NAMED]
            told = {"roles": list(one.notify.holders_of), "people": people}
            yield _owes(name, one.id, NOTIFY, told)


def _owes(gate: str, requirement: str, code: str, params: dict[str, Any]) -> Result:
    return Result.model_construct(
        gate=gate, requirement=requirement, state="owed", code=code, params=params
    )


def _closed(event: Event) -> Result:
    return Result(
        gate="policy",
        requirement="opens",
        state="unmet",
        code="E_NO_GATE",
        params={"kind": event.kind},
    )
