"""Requirements: one function per form, from a case to a result."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from ledger.events.decision import Result, ResultState
from ledger.events.names import parse_instant
from policies.duration import parse_duration
from policies.expression.evaluate import compile_condition
from policies.expression.parse import parse
from policies.quorum import find_quorum

if TYPE_CHECKING:
    from collections.abc import Callable

    from policies.document import ActorRule, Approvals, DocumentNeeded, History, Requirement
    from policies.facts import Case

    Answer = Callable[[Case], Result]


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
    condition = compile_condition(parse(text))
    say = requirement.say or ""

    def answer(case: Case) -> Result:
        found = condition(case.fact)
        if found:
            return _result(gate, requirement, "met", "M_CHECK", say=say)
        if found is None:
            return _result(gate, requirement, "not_known", "E_NOT_RECORDED", say=say)
        return _result(gate, requirement, "unmet", "E_CHECK", say=say)

    return answer


def _approvals(gate: str, requirement: Requirement, rule: Approvals) -> Answer:
    def answer(case: Case) -> Result:
        asked = case.release
        if asked is None:
            return _result(gate, requirement, "not_known", "E_NO_RELEASE")
        found = find_quorum(case, asked, rule)
        people = list(found.people)
        if found.met:
            return _result(
                gate, requirement, "met", "M_APPROVED", found.by, need=rule.at_least, people=people
            )
        return _result(
            gate,
            requirement,
            "unmet",
            "E_NEED",
            found.by,
            need=rule.at_least,
            people=people,
            missing=["|".join(seat) for seat in found.missing],
            could=list(found.could),
            cannot=[f"{item.actor}:{item.code}:{item.detail}" for item in found.cannot],
        )

    return answer


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
    def answer(case: Case) -> Result:
        actor = case.actor
        for party in rule.not_by:
            if case.party(party) == actor.id:
                return _result(gate, requirement, "unmet", "E_SELF", actor=actor.id, party=party)
        if rule.types and actor.type not in rule.types:
            types: list[str] = list(rule.types)
            return _result(gate, requirement, "unmet", "E_TYPE", actor=actor.id, types=types)
        held = sorted(set(rule.any_role).intersection(case.roles))
        may = (
            bool(held)
            or (rule.service and actor.type == "service")
            or (rule.owner and case.party("owner") == actor.id)
            or (rule.requester and case.party("requester") == actor.id)
        )
        if may:
            return _result(gate, requirement, "met", "M_ACTOR", actor=actor.id, roles=held)
        wanted = list(rule.any_role)
        return _result(gate, requirement, "unmet", "E_NOROLE", actor=actor.id, roles=wanted)

    return answer


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
        at = parse_instant(case.registry.deployment(last).at)
        if rule.within and case.now >= at + parse_duration(rule.within):
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
