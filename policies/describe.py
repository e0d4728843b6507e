"""A requirement in words, as a policy page or a PDF shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from policies.duration import duration_in_words
from policies.reasons import humanize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from policies.agreeing import Approvals, Quorum, Seat
    from policies.document import ActorRule, Afterwards, DocumentNeeded, History, Requirement

_PARTIES: Final = {
    "registrant": "whoever registered the version",
    "requester": "whoever asked for the release",
    "proposer": "whoever proposed it",
    "delegator": "whoever gave the delegation",
    "participant": "whoever had a part in it",
    "owner": "the model's owner",
    "receiver": "whoever it is about",
    "approver": "whoever approved it",
    "refuser": "whoever refused it",
}


def describe(requirement: Requirement) -> str:
    """A requirement as one sentence without a full stop."""
    around = ", unless an exception is open" if requirement.bypass != "never" else ""
    return f"{_described(requirement)}{around}"


def describe_review(review: Afterwards) -> str:
    """What is owed afterwards, as one sentence without a full stop."""
    if review.notify is not None:
        told = [f"whoever holds the role {humanize(role)}" for role in review.notify.holders_of]
        told += [_PARTIES[party] for party in review.notify.parties]
        return f"Told of it: {', '.join(told)}"
    span = duration_in_words(review.due or "")
    again = f", and again within {span} of each review, for as long as it runs"
    return f"It is reviewed within {span} afterwards{again if review.while_running else ''}"


def _described(requirement: Requirement) -> str:
    if requirement.check is not None:
        return requirement.say or ""
    form: Any = getattr(requirement, requirement.form)
    return _FORMS[requirement.form](form)


def _fields(paths: tuple[str, ...]) -> str:
    return f"Recorded: {', '.join(paths)}"


def _not_during(windows: tuple[str, ...]) -> str:
    return f"Not during {_either(windows)}"


def _not_vetoed_by(roles: tuple[str, ...]) -> str:
    return f"Nobody refused these bytes there as {_either(roles)}, or it was lifted"


def _wait(span: str) -> str:
    return f"At least {duration_in_words(span)} after it was asked for"


def _approvals(rule: Approvals) -> str:
    agreed = quorum_in_words(rule)
    parts = [agreed[0].upper() + agreed[1:]]
    if rule.not_by:
        parts.append(f"none of them {_either(rule.not_by, _PARTIES)}")
    if rule.valid_for:
        parts.append(f"and no approval older than {duration_in_words(rule.valid_for)}")
    if rule.across_policies:
        parts.append("also under an earlier policy")
    if rule.proof is not None:
        bound = " that can't be copied" if rule.device_bound else ""
        parts.append(f"each signed by a passkey{bound}")
    return ", ".join(parts)


def quorum_in_words(rule: Quorum) -> str:
    """Who must agree, as a part of a sentence."""
    if rule.all_of is not None:
        who = "who may be the same people" if rule.may_overlap else "by different people"
        return f"each of these, {who}: {'; and '.join(map(_inside, rule.all_of))}"
    if rule.one_of is not None:
        return f"one of these: {'; or '.join(map(_inside, rule.one_of))}"
    people = "person approves" if rule.at_least == 1 else "different people approve"
    parts = [f"at least {rule.at_least} {people}", *map(_seat, rule.seats)]
    if rule.any_of:
        parts.append(f"the others from {_either(rule.any_of)}" if rule.seats else _from(rule))
    return ", ".join(parts)


def _inside(rule: Quorum) -> str:
    return f"({quorum_in_words(rule)})" if rule.parts else quorum_in_words(rule)


def _seat(seat: Seat) -> str:
    turn = f" after {_either(seat.after)}" if seat.after else ""
    return f"{seat.at_least} or more of them from {humanize(seat.role)}{turn}"


def _from(rule: Quorum) -> str:
    return f"from {_either(rule.any_of)}"


def _documents(rules: tuple[DocumentNeeded, ...]) -> str:
    parts = []
    for rule in rules:
        age = (
            f", not older than {duration_in_words(rule.not_older_than)}"
            if rule.not_older_than
            else ""
        )
        parts.append(f"a document of type {humanize(rule.type)}{age}")
    return f"The version carries {' and '.join(parts)}"


def _actor(rule: ActorRule) -> str:
    who = [f"somebody who holds the role {_either(rule.any_role)}"] if rule.any_role else []
    who += ["the model's owner"] if rule.owner else []
    who += ["whoever asked for it"] if rule.requester else []
    who += ["whoever proposed it"] if rule.proposer else []
    who += ["whoever gave it"] if rule.delegator else []
    who += ["whoever refused"] if rule.refuser else []
    who += ["the service itself"] if rule.service else []
    text = f"Done by {' or '.join(who)}"
    if rule.delegates:
        text += ", or stands in for one"
    if rule.types:
        text += f", who is a {_either(rule.types)}"
    if rule.not_by:
        text += f", but not by {_either(rule.not_by, _PARTIES)}"
    return text


def _history(rule: History) -> str:
    when = f" in the last {duration_in_words(rule.within)}" if rule.within else ""
    if rule.at_least_before:
        when += f" at least {duration_in_words(rule.at_least_before)} ago"
    where = humanize(rule.environment) if rule.environment else "this environment"
    if rule.event == "release.granted":
        return f"A release of these bytes to {where} was granted{when}, and still stands"
    return f"These bytes ran in {where} before{when}"


def _either(words: Iterable[str], meaning: dict[str, str] | None = None) -> str:
    found = [(meaning or {}).get(word, humanize(word)) for word in words]
    if len(found) == 1:
        return found[0]
    return f"{', '.join(found[:-1])} or {found[-1]}"


_FORMS: Final[dict[str, Callable[[Any], str]]] = {
    "approvals": _approvals,
    "documents": _documents,
    "actor": _actor,
    "history": _history,
    "fields": _fields,
    "not_during": _not_during,
    "not_vetoed_by": _not_vetoed_by,
    "wait": _wait,
}
