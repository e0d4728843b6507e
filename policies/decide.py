"""Decide: every gate that applies, every requirement, one answer.

A pure function of registry, event, actor and time. The outcome is ``allow`` only where the kind is
opened, at least one gate applies, and everything is met. A ``when`` that is not known makes its
gate apply. A document is compiled once per digest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ledger.errors import IntegrityError
from ledger.events.decision import Decision, Result
from policies.expression.evaluate import compile_condition
from policies.expression.parse import parse
from policies.facts import Case
from policies.requirements import compile_requirement

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.events.actor import Actor
    from ledger.events.event import Event
    from ledger.state.decide import Decide
    from ledger.state.registry import Registry
    from policies.document import Document
    from policies.expression.evaluate import Condition
    from policies.requirements import Answer

ENGINE: Final = 1
_KEPT: Final = 64


@dataclass(frozen=True)
class _Gate:
    id: str
    when: Condition | None
    answers: tuple[Answer, ...]


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
        answers = tuple(compile_requirement(gate.id, item) for item in gate.require)
        gates[gate.event] = (*gates.get(gate.event, ()), _Gate(gate.id, when, answers))
    return Compiled(document, digest, gates)


def decide_with(
    compiled: Compiled, registry: Registry, event: Event, actor: Actor, now: str
) -> Decision:
    """Decide one event under one document."""
    case = Case(compiled.document, registry, event, actor, now)
    results: list[Result] = []
    applied = False
    for gate in compiled.gates.get(event.kind, ()):
        if gate.when is not None and gate.when(case.fact) is False:
            continue
        applied = True
        results.extend(answer(case) for answer in gate.answers)
    if not applied:
        results.append(_closed(event))
    met = all(result.state == "met" for result in results)
    return Decision.model_construct(
        outcome="allow" if met else "deny",
        policy=compiled.digest,
        engine=ENGINE,
        results=tuple(results),
    )


def make_decide(load: Callable[[str], Document]) -> Decide:
    """The deciding function over documents that ``load`` brings by digest."""

    @lru_cache(maxsize=_KEPT)
    def compiled(digest: str) -> Compiled:
        return compile_document(load(digest), digest)

    def decide(registry: Registry, event: Event, actor: Actor, now: str) -> Decision:
        policy = registry.policy()
        if policy is None:
            raise IntegrityError("No policy is in force.", code="no-policy")
        return decide_with(compiled(policy.digest), registry, event, actor, now)

    return decide


def _closed(event: Event) -> Result:
    return Result(
        gate="policy",
        requirement="opens",
        state="unmet",
        code="E_NO_GATE",
        params={"kind": event.kind},
    )
