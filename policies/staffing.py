"""Whether the people there are could meet the rules: seats that nobody can fill, or one alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from policies.quorum import match
from policies.reasons import humanize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from policies.document import Approvals, Document, Requirement
    from policies.strict_yaml import Path

    Holders = Mapping[str, Mapping[str, str]]
    """By role: the actors who hold it, by id, each with its type."""

    Signers = Mapping[str, bool]
    """Who has a passkey in force, by id; whether one of theirs can't be copied."""

    Found = tuple[Literal["error", "warning"], str, str, Path]


def understaffed(document: Document, holders: Holders, signers: Signers) -> Iterator[Found]:
    """Rules that the present holders of roles could not meet, or only with luck."""
    for at, gate in enumerate(document.gates):
        for number, item in enumerate(gate.require):
            path: Path = ("gates", at, "require", number)
            name = f"{gate.id}/{item.id}"
            if item.quorums:
                yield from _quorums(name, path, item.quorums, holders)
                yield from _signing(name, path, item.quorums, holders, signers)
            yield from _actor(name, path, item, holders)


def _quorums(
    name: str, path: Path, rules: tuple[Approvals, ...], holders: Holders
) -> Iterator[Found]:
    people = {role: _people(found) for role, found in holders.items()}
    if not any(_fills(rule, people) for rule in rules):
        rule = rules[0]
        there = len({one for role in _roles(rule) for one in people.get(role, ())})
        noun = "person holds" if there == 1 else "people hold"
        sentence = (
            f"{name} needs {rule.at_least} approvals with these seats, and {there} {noun} a role"
            f" that counts ({_either(_roles(rule))}): it can never be met."
        )
        yield "error", "dead-seats", sentence, path
        return
    alone = [
        one
        for one in sorted({one for found in people.values() for one in found})
        if all(rule.not_by for rule in rules)
        and not any(_fills(rule, _without(people, one)) for rule in rules)
    ]
    if alone:
        who = "one person: where they are"
        if len(alone) > 1:
            who = f"each of {len(alone)} people: where one of them is"
        sentence = f"{name} depends on {who} excluded by not_by, or away, it can't be met."
        yield "warning", "bottleneck", sentence, path


def _signing(
    name: str, path: Path, rules: tuple[Approvals, ...], holders: Holders, signers: Signers
) -> Iterator[Found]:
    """Seats that people hold and that nobody could take, because passkeys are lacking."""
    people = {role: _people(found) for role, found in holders.items()}
    if not any(_fills(rule, people) for rule in rules):
        return
    if any(_fills(rule, _who_signs(rule, people, signers)) for rule in rules):
        return
    keys = _who_signs(rules[0], people, signers)
    there = len({one for role in _roles(rules[0]) for one in keys.get(role, ())})
    noun = "person has one" if there == 1 else "people have one"
    sentence = (
        f"{name} needs {rules[0].at_least} approvals signed by passkeys, and {there} {noun} of"
        " those who hold a role that counts: until more are enrolled it can't be met."
    )
    yield "error", "no-passkeys", sentence, path


def _who_signs(
    rule: Approvals, people: Mapping[str, frozenset[str]], signers: Signers
) -> dict[str, frozenset[str]]:
    return {
        role: frozenset(
            one
            for one in found
            if rule.proof is None or (one in signers and (signers[one] or not rule.device_bound))
        )
        for role, found in people.items()
    }


def _actor(name: str, path: Path, item: Requirement, holders: Holders) -> Iterator[Found]:
    rule = item.actor
    if rule is None or rule.service:
        return
    if rule.owner or rule.requester or rule.proposer or rule.delegator:
        return
    able = {
        one
        for role in rule.any_role
        for one, kind in holders.get(role, {}).items()
        if not rule.types or kind in rule.types
    }
    if not able:
        roles = _either(rule.any_role)
        sentence = f"{name}: nobody who could do this holds the role {roles}."
        yield "warning", "nobody-holds-it", sentence, path


def _fills(rule: Approvals, people: Mapping[str, frozenset[str]]) -> bool:
    named = [(seat.role,) for seat in rule.seats for _ in range(seat.at_least)]
    seats = [*named, *[rule.any_of] * (rule.at_least - len(named))]
    everybody = sorted({one for found in people.values() for one in found})
    held = {
        one: frozenset(role for role, found in people.items() if one in found) for one in everybody
    }
    return len(match(seats, held)) == len(seats)


def _without(people: Mapping[str, frozenset[str]], one: str) -> dict[str, frozenset[str]]:
    return {role: found - {one} for role, found in people.items()}


def _people(found: Mapping[str, str]) -> frozenset[str]:
    return frozenset(one for one, kind in found.items() if kind == "person")


def _roles(rule: Approvals) -> list[str]:
    return list(dict.fromkeys([*(seat.role for seat in rule.seats), *rule.any_of]))


def _either(roles: Iterable[str]) -> str:
    return " or ".join(humanize(role) for role in roles)
