"""Requirements: one function per form, from a case to a result.

Results name actors by their ids and things by their entries, never people. Lists of people are cut
at ``MOST_NAMED``, so that a decision always fits in its entry.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from ledger.events.decision import Result, ResultState
from ledger.events.names import parse_instant
from ledger.state.aggregates import DeploymentState, number_key
from policies.duration import parse_duration
from policies.expression.evaluate import compile_condition
from policies.expression.parse import parse
from policies.measure import label, limits_of, shown
from policies.quorum import excluded_by, find_quorum, table_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.state.aggregates import ReleaseState
    from policies.document import ActorRule, Approvals, DocumentNeeded, History, Requirement
    from policies.facts import Case
    from policies.measure import Limit

    Answer = Callable[[Case], Result]

MOST_NAMED: Final = 100
_ACTORS_KEPT: Final = 1_024


def compile_requirement(gate: str, requirement: Requirement) -> Answer:
    """A function that asks one requirement of one gate."""
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
    table = table_of(rule)

    def answer(case: Case) -> Result:
        asked = case.release
        if asked is None:
            return _result(gate, requirement, "not_known", "E_NO_RELEASE")
        if asked.status in {"rejected", "withdrawn", "lapsed"}:
            return _over(gate, requirement, asked)
        excluded = excluded_by(case, rule.not_by)
        if excluded is None:
            return _result(gate, requirement, "not_known", "E_PARTY_UNKNOWN")
        found = find_quorum(case, asked, table, excluded)
        people = list(found.people[:MOST_NAMED])
        need = rule.at_least
        if found.met:
            return _result(
                gate, requirement, "met", "M_APPROVED", found.by, need=need, people=people
            )
        cannot = [f"{item.actor}:{item.code}:{item.detail}" for item in found.cannot]
        return _result(
            gate,
            requirement,
            "unmet",
            "E_NEED",
            found.by,
            need=need,
            people=people,
            missing=["|".join(seat) for seat in found.missing],
            could=list(found.could[:MOST_NAMED]),
            cannot=cannot[:MOST_NAMED],
        )

    return answer


def _over(gate: str, requirement: Requirement, asked: ReleaseState) -> Result:
    """A release that is closed gathers no approvals any more."""
    if asked.status == "rejected":
        by = [vote.actor for vote in asked.votes if vote.counts and vote.verdict == "reject"]
        return _result(gate, requirement, "unmet", "E_REJECTED", release=asked.since, people=by)
    status = asked.status
    return _result(gate, requirement, "unmet", "E_OVER", release=asked.since, status=status)


def _documents(gate: str, requirement: Requirement, rules: tuple[DocumentNeeded, ...]) -> Answer:
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
        types = [rule.type for rule in rules]
        return _result(gate, requirement, "met", "M_DOCUMENTS", tuple(found), types=types)

    return answer


def _actor(gate: str, requirement: Requirement, rule: ActorRule) -> Answer:
    wanted = list(rule.any_role)
    types: list[str] = list(rule.types)

    @lru_cache(maxsize=_ACTORS_KEPT)
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
        return _result(gate, requirement, "unmet", "E_NOROLE", actor=actor, roles=wanted)

    return answer


def _is_a_party(case: Case, rule: ActorRule) -> bool:
    """Whether the rule lets the owner or the requester do it, and the asker is that."""
    actor = case.actor.id
    return (rule.owner and actor in (case.party("owner") or ())) or (
        rule.requester and actor in (case.party("requester") or ())
    )


def _history(gate: str, requirement: Requirement, rule: History) -> Answer:
    return (
        _granted(gate, requirement, rule)
        if rule.event == "release.granted"
        else _ran(gate, requirement, rule)
    )


def _granted(gate: str, requirement: Requirement, rule: History) -> Answer:
    """The current release of this version to this environment is granted, for these bytes."""

    def answer(case: Case) -> Result:
        asked = case.release
        if asked is None:
            return _result(gate, requirement, "unmet", "E_NO_RELEASE")
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
        if rule.within and case.now >= parse_instant(asked.granted_at) + parse_duration(
            rule.within
        ):
            limit = rule.within
            return _result(
                gate, requirement, "unmet", "E_GRANT_OLD", release=asked.since, limit=limit
            )
        return _result(gate, requirement, "met", "M_GRANTED", (asked.granted,), release=asked.since)

    return answer


def _ran(gate: str, requirement: Requirement, rule: History) -> Answer:
    """These bytes of this version ran in this environment before."""

    def answer(case: Case) -> Result:
        version = case.version
        last = version.last_deployed.get(case.about.environment) if version else None
        if version is None or last is None:
            return _result(gate, requirement, "unmet", "E_NEVER_RAN")
        if getattr(case.event, "artifact", "") != version.artifact.sha256:
            return _result(gate, requirement, "unmet", "E_OTHER_ARTIFACT", release=last)
        ran = case.registry.find(DeploymentState, number_key(last))
        if ran is None:
            return _result(gate, requirement, "unmet", "E_NEVER_RAN")
        if rule.within and case.now >= parse_instant(ran.at) + parse_duration(rule.within):
            return _result(gate, requirement, "unmet", "E_RAN_LONG_AGO", limit=rule.within)
        return _result(gate, requirement, "met", "M_RAN", (last,))

    return answer


_FORMS: dict[str, Callable[[str, Requirement, Any], Answer]] = {
    "check": _check,
    "approvals": _approvals,
    "documents": _documents,
    "actor": _actor,
    "history": _history,
}
