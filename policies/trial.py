"""Trying a policy on its cases: what fails, what was seen, and which mutants nobody notices."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ledger.events.names import format_instant, parse_instant
from policies.decide import compile_document, decide_case
from policies.document import document_digest
from policies.duration import parse_duration
from policies.expression.evaluate import compile_condition
from policies.expression.parse import parse
from policies.mutate import mutate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ledger.events.decision import Decision
    from policies.decide import Compiled
    from policies.document import Document, Gate
    from policies.mutate import Mutant
    from policies.stage import Stage
    from policies.strict_yaml import Path

    Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Failure:
    """A case that came out otherwise: each line of ``problems`` says what."""

    stage: Stage
    problems: tuple[str, ...]


@dataclass
class Coverage:
    """What the cases have seen: each requirement's states, and each ``when``'s answers."""

    states: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    whens: dict[str, set[bool | None]] = field(default_factory=lambda: defaultdict(set))

    def missing(
        self, document: Document, since: int = 0
    ) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """What was never seen: a path into the document, and a sentence; of gates ``since`` on."""
        for at, gate in enumerate(document.gates):
            if at < since:
                continue
            if gate.when is not None:
                for answer, word in ((True, "true"), (False, "false"), (None, "not known")):
                    if answer not in self.whens[gate.id]:
                        yield ("gates", at, "when"), f"{gate.id}: when was never {word}"
            for number, item in enumerate(gate.require):
                place = f"{gate.id}/{item.id}"
                path = ("gates", at, "require", number)
                seen = self.states[place]
                if "met" not in seen:
                    yield path, f"{place} was never met"
                if not seen - {"met"}:
                    yield path, f"{place} was never unmet"
            yield from self._duties(gate, at)

    def _duties(self, gate: Gate, at: int) -> Iterator[tuple[Path, str]]:
        for number, duty in enumerate(gate.afterwards):
            if "owed" not in self.states[f"{gate.id}/{duty.id}"]:
                path: Path = ("gates", at, "afterwards", number)
                yield path, f"{gate.id}/{duty.id} was never owed"


@dataclass
class Trial:
    """What came of it."""

    cases: int = 0
    failures: list[Failure] = field(default_factory=list)
    coverage: Coverage = field(default_factory=Coverage)


def try_cases(document: Document, stages: Sequence[Stage]) -> Trial:
    """Decide every case under a document."""
    compiled = compile_document(document, document_digest(document))
    trial = Trial(cases=len(stages))
    whens = {
        gate.id: (gate.event, compile_condition(parse(gate.when)))
        for gate in document.gates
        if gate.when is not None
    }
    for stage in stages:
        case = stage.case(document)
        decision = decide_case(compiled, case)
        for result in decision.results:
            trial.coverage.states[f"{result.gate}/{result.requirement}"].add(result.state)
        for name, (kind, when) in whens.items():
            if kind == stage.event.kind:
                trial.coverage.whens[name].add(when(case.fact))
        problems = judge(stage, decision)
        if problems:
            trial.failures.append(Failure(stage, problems))
    return trial


def judge(stage: Stage, decision: Decision) -> tuple[str, ...]:
    """How a decision departs from what a case expects; nothing where it does not."""
    expected = stage.expected
    found = []
    wrong = [item for item in decision.results if item.state not in {"met", "owed"}]
    if decision.outcome != expected.expect:
        said = ", ".join(f"{item.gate}/{item.requirement} {item.code}" for item in wrong)
        found.append(f"expected {expected.expect}, got {decision.outcome} ({said or 'all met'})")
    codes = {item.code for item in wrong}
    found += [f"no {code} among {sorted(codes)}" for code in expected.codes if code not in codes]
    states = {f"{item.gate}/{item.requirement}": item.state for item in decision.results}
    through = {"met", "bypassed", "warned"} if expected.expect == "deny" else {"met"}
    for place in expected.unmet:
        if states.get(place, "met") in through:
            found.append(f"{place} is {states.get(place, 'not asked')}, expected unmet")
    for place in expected.met:
        if states.get(place) != "met":
            found.append(f"{place} is {states.get(place, 'not asked')}, expected met")
    return (*found, *_judge_owed(stage, decision))


def _judge_owed(stage: Stage, decision: Decision) -> Iterator[str]:
    """How what is owed afterwards departs from what a case says of it."""
    expected = stage.expected
    owed = {f"{item.gate}/{item.requirement}": item.params for item in decision.owed}
    reviews = {place: params["due"] for place, params in owed.items() if "due" in params}
    wanted = {place: _due(stage, span) for place, span in (expected.owed or {}).items()}
    if expected.owed is not None and reviews != wanted:
        yield f"owed is {reviews}, expected {wanted}"
    again = sorted(place for place, params in owed.items() if "again" in params)
    if expected.again is not None and again != sorted(expected.again):
        yield f"again is {again}, expected {sorted(expected.again)}"
    told = {place: _told(stage, params) for place, params in owed.items() if "roles" in params}
    if expected.told is not None and told != {
        place: sorted(who) for place, who in expected.told.items()
    }:
        yield f"told is {told}, expected {expected.told}"


def _told(stage: Stage, params: dict[str, Any]) -> list[str]:
    """Roles, and people by the names that the case gives them."""
    people = (f"@{stage.names.get(actor, actor)}" for actor in params["people"])
    return sorted([*params["roles"], *people])


def _due(stage: Stage, span: str) -> str:
    return format_instant(parse_instant(stage.now) + parse_duration(span))


def survivors(
    document: Document,
    stages: Sequence[Stage],
    progress: Progress | None = None,
    since: int = 0,
) -> tuple[int, list[Mutant]]:
    """How many mutants there are, and those under which every case comes out as expected.

    The cases must all come out under the document itself. With ``since``, only of the gates from
    that one on: those of a bundle, behind the ones of its base.
    """
    everything = [one for one in mutate(document) if not since or _is_of(one, since)]
    digest = document_digest(document)
    found = []
    for number, mutant in enumerate(everything, 1):
        chosen = [one for one in stages if mutant.kind in {"", one.event.kind}]
        compiled = compile_document(mutant.document, digest)
        if not any(judge(stage, _decided(stage, compiled)) for stage in chosen):
            found.append(mutant)
        if progress is not None:
            progress("mutants", number, len(everything))
    return len(everything), found


def _is_of(mutant: Mutant, since: int) -> bool:
    """Of a bundle's gates."""
    return mutant.path[0] == "gates" and int(mutant.path[1]) >= since


def _decided(stage: Stage, compiled: Compiled) -> Decision:
    return decide_case(compiled, stage.case(compiled.document))
