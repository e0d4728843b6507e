"""A requirement in words, as a policy page or a PDF shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.reasons import humanize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from policies.document import ActorRule, Approvals, DocumentNeeded, History, Requirement

_PARTIES: Final = {
    "registrant": "whoever registered the version",
    "requester": "whoever asked for the release",
    "owner": "the model's owner",
    "receiver": "whoever receives it",
    "approver": "whoever approved it",
}


def describe(requirement: Requirement) -> str:
    """A requirement as one sentence without a full stop."""
    if requirement.approvals is not None:
        return _approvals(requirement.approvals)
    if requirement.documents is not None:
        return _documents(requirement.documents)
    if requirement.actor is not None:
        return _actor(requirement.actor)
    if requirement.history is not None:
        return _history(requirement.history)
    return requirement.say or ""


def _approvals(rule: Approvals) -> str:
    people = "person approves" if rule.at_least == 1 else "different people approve"
    parts = [f"At least {rule.at_least} {people}"]
    parts += [f"{seat.at_least} or more of them from {humanize(seat.role)}" for seat in rule.seats]
    if rule.any_of:
        parts.append(f"the others from {_either(rule.any_of)}" if rule.seats else _from(rule))
    if rule.not_by:
        parts.append(f"none of them {_either(rule.not_by, _PARTIES)}")
    if rule.valid_for:
        parts.append(f"and no approval older than {_span(rule.valid_for)}")
    return ", ".join(parts)


def _from(rule: Approvals) -> str:
    return f"from {_either(rule.any_of)}"


def _documents(rules: tuple[DocumentNeeded, ...]) -> str:
    parts = []
    for rule in rules:
        age = f", not older than {_span(rule.not_older_than)}" if rule.not_older_than else ""
        parts.append(f"a document of type {humanize(rule.type)}{age}")
    return f"The version carries {' and '.join(parts)}"


def _actor(rule: ActorRule) -> str:
    who = [f"somebody who holds the role {_either(rule.any_role)}"] if rule.any_role else []
    who += ["the model's owner"] if rule.owner else []
    who += ["whoever asked for it"] if rule.requester else []
    who += ["the service itself"] if rule.service else []
    text = f"Done by {' or '.join(who)}"
    if rule.types:
        text += f", who is a {_either(rule.types)}"
    if rule.not_by:
        text += f", but not by {_either(rule.not_by, _PARTIES)}"
    return text


def _history(rule: History) -> str:
    within = f" in the last {_span(rule.within)}" if rule.within else ""
    if rule.event == "release.granted":
        return f"A release of these bytes to this environment was granted{within}, and still stands"
    return f"These bytes ran in this environment before{within}"


def _either(words: Iterable[str], meaning: dict[str, str] | None = None) -> str:
    found = [(meaning or {}).get(word, humanize(word)) for word in words]
    if len(found) == 1:
        return found[0]
    return f"{', '.join(found[:-1])} or {found[-1]}"


def _span(duration: str) -> str:
    """P14D as 14 days, PT4H as 4 hours."""
    number = duration.strip("PTDH")
    unit = "day" if duration.endswith("D") else "hour"
    return f"{number} {unit}{'' if number == '1' else 's'}"
