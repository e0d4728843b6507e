"""Requirements: one function per form, from a case to a result.

Results name actors by their ids and things by their entries, never people. Lists of people are cut
at ``MOST_NAMED``, so that a decision always fits in its entry.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from ledger.events.change import PROPOSABLE
from ledger.events.decision import Result, ResultState
from ledger.events.names import format_instant, parse_instant
from ledger.state.aggregates import DeploymentState, number_key
from ledger.state.rejections import standing
from ledger.state.remembered import remembered
from policies.described import DOCUMENTED, REQUIRED, missing, unwritten
from policies.duration import parse_duration
from policies.expression.evaluate import compile_condition
from policies.expression.parse import parse
from policies.measure import label, limits_of, shown
from policies.quorum import excluded_by, find_quorum, table_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from policies.agreeing import Approvals
    from policies.asked import Asked
    from policies.calendar import Freeze
    from policies.document import ActorRule, Document, DocumentNeeded, History, Requirement
    from policies.facts import Case
    from policies.measure import Limit
    from policies.quorum import Seating

    Answer = Callable[[Case], Result]

MOST_NAMED: Final = 100
_KEPT: Final = 1_024
"""Answers of one requirement that are kept: the same people and documents speak again and again."""


def compile_requirement(gate: str, requirement: Requirement, document: Document) -> Answer:
    """A function that asks one requirement of one gate."""
    if requirement.not_during is not None:
        windows = {freeze.id: freeze for freeze in document.calendar or ()}
        return _not_during(gate, requirement, [windows[name] for name in requirement.not_during])
    form: Any = getattr(requirement, requirement.form)
    return _FORMS[requirement.form](gate, requirement, form)


def _result(
    gate: str,
    requirement: Requirement,
    state: ResultState,
    code: str,
    by: tuple[int, ...] = (),
    **params: str | int | list[str],
) -> Result:
    return Result.model_construct(
        gate=gate, requirement=requirement.id, state=state, code=code, params=params, by=by
    )


def _check(gate: str, requirement: Requirement, text: str) -> Answer:
    node = parse(text)
    condition = compile_condition(node)
    limits = limits_of(node)
    say = requirement.say or ""
    met = _result(gate, requirement, "met", "M_CHECK", say=say)
    unmet = _result(gate, requirement, "unmet", "E_CHECK", say=say)

    def answer(case: Case) -> Result:
        found = condition(case.fact)
        if found:
            return met
        if found is None:
            return _not_recorded(gate, requirement, limits, case)
        for limit in limits:
            value = limit.broken_by(case.fact)
            if value is not None:
                return _broken(gate, requirement, limit, shown(value))
        return unmet

    return answer


def _broken(gate: str, requirement: Requirement, limit: Limit, value: str) -> Result:
    return _result(
        gate,
        requirement,
        "unmet",
        limit.code,
        say=requirement.say or "",
        field=label(limit.path),
        value=value,
        sign=limit.sign,
        need=shown(limit.need),
    )


def _not_recorded(
    gate: str, requirement: Requirement, limits: tuple[Limit, ...], case: Case
) -> Result:
    unknown = [label(limit.path) for limit in limits if case.fact(limit.path) is None]
    say = requirement.say or ""
    return _result(gate, requirement, "not_known", "E_NOT_RECORDED", say=say, fields=unknown)


def _approvals(gate: str, requirement: Requirement, rule: Approvals) -> Answer:
    """The quorum is met; of a way that is not, the nearest is told, and the others beside it."""
    table = table_of(rule)

    @remembered
    @lru_cache(maxsize=_KEPT)
    def said(found: Seating) -> Result:
        return (_approved if found.met else _needs)(gate, requirement, found)

    def answer(case: Case) -> Result:
        asked = case.asked
        if asked is None:
            return _not_asked(gate, requirement, case)
        if asked.status in {"rejected", "withdrawn", "lapsed"}:
            return _over(gate, requirement, asked)
        excluded = excluded_by(case, rule.not_by)
        if excluded is None:
            return _result(gate, requirement, "not_known", "E_PARTY_UNKNOWN")
        return said(find_quorum(case, asked, table, excluded))

    return answer


def _approved(gate: str, requirement: Requirement, found: Seating) -> Result:
    people = list(found.people[:MOST_NAMED])
    return _result(
        gate,
        requirement,
        "met",
        "M_APPROVED",
        found.by,
        need=found.need,
        people=people,
        **_lent(found),
    )


def _lent(found: Seating) -> dict[str, list[str]]:
    """Who took a seat for whom; nothing where nobody did."""
    return {"stand_ins": list(found.stand_ins[:MOST_NAMED])} if found.stand_ins else {}


def _needs(gate: str, requirement: Requirement, found: Seating) -> Result:
    cannot = [f"{item.actor}:{item.code}:{item.detail}" for item in found.cannot]
    return _result(
        gate,
        requirement,
        "unmet",
        "E_NEED",
        found.by,
        need=found.need,
        people=list(found.people[:MOST_NAMED]),
        missing=["|".join(seat) for seat in found.missing],
        could=list(found.could[:MOST_NAMED]),
        cannot=cannot[:MOST_NAMED],
        **_lent(found),
        **_instead(found),
    )


def _instead(found: Seating) -> dict[str, list[str]]:
    """What other ways of meeting it lack, seats joined by +; nothing where there is none."""
    ways = ["+".join("|".join(seat) for seat in way) for way in found.instead]
    return {"instead": ways} if ways else {}


def _fields(gate: str, requirement: Requirement, paths: tuple[str, ...]) -> Answer:
    met = _result(gate, requirement, "met", "M_FIELDS", fields=[label(path) for path in paths])

    def answer(case: Case) -> Result:
        empty = [path for path in paths if case.fact(path) in (None, (), "")]
        lacking = [name for path in empty for name in _lacking(case, path)]
        if not empty:
            return met
        return _result(gate, requirement, "unmet", "E_FIELD_MISSING", fields=lacking)

    return answer


def _lacking(case: Case, path: str) -> list[str]:
    """What lacks where a fact is not there: of all that is required, each by its name."""
    if path == REQUIRED:
        return list(missing(case))[:MOST_NAMED]
    if path == DOCUMENTED:
        return list(unwritten(case))[:MOST_NAMED]
    return [label(path)]


def _not_during(gate: str, requirement: Requirement, windows: list[Freeze]) -> Answer:
    met = _result(gate, requirement, "met", "M_OPEN", titles=[window.title for window in windows])

    def answer(case: Case) -> Result:
        closed = [(window, window.closed_until(case.now)) for window in windows]
        ends = [(until, window.title) for window, until in closed if until is not None]
        if not ends:
            return met
        until, title = max(ends)
        return _result(
            gate, requirement, "unmet", "E_FROZEN", title=title, until=format_instant(until)
        )

    return answer


def _not_vetoed_by(gate: str, requirement: Requirement, roles: tuple[str, ...]) -> Answer:
    """Nobody refused these bytes there in one of these roles, or it was lifted."""
    wanted = frozenset(roles)
    met = _result(gate, requirement, "met", "M_NOT_VETOED", roles=list(roles))

    def answer(case: Case) -> Result:
        version, environment = case.version, case.about.environment
        if version is None or not environment:
            return _result(gate, requirement, "not_known", "E_NO_VERSION")
        there = standing(case.registry, version.model, environment, version.artifact.sha256)
        vetoes = [one for one in there if wanted.intersection(one.roles)]
        if not vetoes:
            return met
        return _result(
            gate,
            requirement,
            "unmet",
            "E_VETOED",
            tuple(one.since for one in vetoes[:MOST_NAMED]),
            people=list(dict.fromkeys(one.by for one in vetoes))[:MOST_NAMED],
            roles=sorted(wanted & {role for one in vetoes for role in one.roles}),
        )

    return answer


def _wait(gate: str, requirement: Requirement, span: str) -> Answer:
    """So long must pass between asking and this."""
    lasts = parse_duration(span)

    def answer(case: Case) -> Result:
        asked = case.asked
        if asked is None:
            return _not_asked(gate, requirement, case)
        until = parse_instant(asked.at) + lasts
        if case.now < until:
            return _result(gate, requirement, "unmet", "E_WAIT", until=format_instant(until))
        return _result(gate, requirement, "met", "M_WAITED", limit=span)

    return answer


def _not_asked(gate: str, requirement: Requirement, case: Case) -> Result:
    code = "E_NOT_PROPOSED" if case.event.kind in PROPOSABLE else "E_NO_RELEASE"
    return _result(gate, requirement, "not_known", code)


def _over(gate: str, requirement: Requirement, asked: Asked) -> Result:
    """A release that is closed gathers no approvals any more."""
    if asked.status == "rejected":
        by = [vote.actor for vote in asked.votes if vote.counts and vote.verdict == "reject"]
        return _result(gate, requirement, "unmet", "E_REJECTED", release=asked.since, people=by)
    status = asked.status
    return _result(gate, requirement, "unmet", "E_OVER", release=asked.since, status=status)


def _documents(gate: str, requirement: Requirement, rules: tuple[DocumentNeeded, ...]) -> Answer:
    types = [rule.type for rule in rules]

    @lru_cache(maxsize=_KEPT)
    def met(found: tuple[int, ...]) -> Result:
        return _result(gate, requirement, "met", "M_DOCUMENTS", found, types=types)

    def answer(case: Case) -> Result:
        version = case.version
        found: list[int] = []
        for rule in rules:
            held = [item for item in version.evidence if item.type == rule.type] if version else []
            if not held:
                return _result(gate, requirement, "unmet", "E_DOC_MISSING", type=rule.type)
            last = held[-1]
            if last.valid_until and case.now.date() > date.fromisoformat(last.valid_until):
                return _result(
                    gate, requirement, "unmet", "E_DOC_EXPIRED", type=rule.type, on=last.valid_until
                )
            if rule.not_older_than and case.now >= parse_instant(last.attached_at) + parse_duration(
                rule.not_older_than
            ):
                limit = rule.not_older_than
                return _result(gate, requirement, "unmet", "E_DOC_OLD", type=rule.type, limit=limit)
            found.append(last.entry)
        return met(tuple(found))

    return answer


def _actor(gate: str, requirement: Requirement, rule: ActorRule) -> Answer:
    wanted = list(rule.any_role)
    types: list[str] = list(rule.types)

    @lru_cache(maxsize=_KEPT)
    def met(actor: str, held: tuple[str, ...]) -> Result:
        return _result(gate, requirement, "met", "M_ACTOR", actor=actor, roles=list(held))

    def answer(case: Case) -> Result:
        actor = case.actor.id
        kind = case.asker.type if case.asker else ""
        excluded = excluded_by(case, rule.not_by)
        if excluded is None:
            return _result(gate, requirement, "not_known", "E_PARTY_UNKNOWN")
        if actor in excluded:
            party = excluded[actor]
            return _result(gate, requirement, "unmet", "E_SELF", actor=actor, party=party)
        if types and kind not in types:
            return _result(gate, requirement, "unmet", "E_TYPE", actor=actor, types=types)
        roles = case.roles
        held = tuple(role for role in wanted if role in roles)
        if held or (rule.service and kind == "service") or _is_a_party(case, rule):
            return met(actor, held)
        if rule.delegates:
            for lent in case.lent:
                if lent.role in wanted and lent.delegator not in excluded:
                    return _result(
                        gate,
                        requirement,
                        "met",
                        "M_STANDS_IN",
                        actor=actor,
                        delegator=lent.delegator,
                        role=lent.role,
                    )
        return _result(gate, requirement, "unmet", "E_NOROLE", actor=actor, roles=wanted)

    return answer


def _is_a_party(case: Case, rule: ActorRule) -> bool:
    """Whether the rule lets a party do it, and the asker is that."""
    return any(case.actor.id in (case.party(party) or ()) for party in rule.parties)


def _history(gate: str, requirement: Requirement, rule: History) -> Answer:
    return (
        _granted(gate, requirement, rule)
        if rule.event == "release.granted"
        else _ran(gate, requirement, rule)
    )


def _granted(gate: str, requirement: Requirement, rule: History) -> Answer:
    """The current release of this version to the environment is granted, for these bytes."""
    there: dict[str, Any] = {"environment": rule.environment} if rule.environment else {}

    def answer(case: Case) -> Result:
        asked = case.release_to(rule.environment) if rule.environment else case.release
        if asked is None:
            return _result(gate, requirement, "unmet", "E_NO_RELEASE", **there)
        if asked.status != "granted" or asked.granted is None or asked.granted_at is None:
            return _result(
                gate,
                requirement,
                "unmet",
                "E_NOT_GRANTED",
                release=asked.since,
                status=asked.status,
            )
        if getattr(case.event, "artifact", asked.artifact) != asked.artifact:
            return _result(gate, requirement, "unmet", "E_OTHER_ARTIFACT", release=asked.since)
        if _is_older(case, asked.granted_at, rule.within):
            limit = rule.within or ""
            return _result(
                gate, requirement, "unmet", "E_GRANT_OLD", release=asked.since, limit=limit
            )
        if not _is_older(case, asked.granted_at, rule.at_least_before, unless=True):
            return _too_soon(gate, requirement, asked.granted_at, rule)
        return _result(gate, requirement, "met", "M_GRANTED", (asked.granted,), release=asked.since)

    return answer


def _ran(gate: str, requirement: Requirement, rule: History) -> Answer:
    """These bytes of this version ran in this environment before."""
    there: dict[str, Any] = {"environment": rule.environment} if rule.environment else {}

    def answer(case: Case) -> Result:
        version = case.version
        place = rule.environment or case.about.environment
        last = version.last_deployed.get(place) if version else None
        if version is None or last is None:
            return _result(gate, requirement, "unmet", "E_NEVER_RAN", **there)
        if getattr(case.event, "artifact", "") != version.artifact.sha256:
            return _result(gate, requirement, "unmet", "E_OTHER_ARTIFACT", release=last)
        ran = case.registry.find(DeploymentState, number_key(last))
        if ran is None:
            return _result(gate, requirement, "unmet", "E_NEVER_RAN", **there)
        if _is_older(case, ran.at, rule.within):
            return _result(gate, requirement, "unmet", "E_RAN_LONG_AGO", limit=rule.within or "")
        if not _is_older(case, ran.at, rule.at_least_before, unless=True):
            return _too_soon(gate, requirement, ran.at, rule)
        return _result(gate, requirement, "met", "M_RAN", (last,))

    return answer


def _is_older(case: Case, at: str, span: str | None, *, unless: bool = False) -> bool:
    """Whether something is at least a span ago; ``unless`` where no span is given."""
    return case.now >= parse_instant(at) + parse_duration(span) if span else unless


def _too_soon(gate: str, requirement: Requirement, at: str, rule: History) -> Result:
    span = rule.at_least_before or ""
    until = format_instant(parse_instant(at) + parse_duration(span))
    return _result(gate, requirement, "unmet", "E_TOO_SOON", limit=span, until=until)


_FORMS: dict[str, Callable[[str, Requirement, Any], Answer]] = {
    "check": _check,
    "approvals": _approvals,
    "fields": _fields,
    "not_vetoed_by": _not_vetoed_by,
    "wait": _wait,
    "documents": _documents,
    "actor": _actor,
    "history": _history,
}
