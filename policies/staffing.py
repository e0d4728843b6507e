"""Whether the people there are could meet the rules: seats that nobody can fill, or one alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from policies.matching import fills
from policies.reasons import humanize
from policies.ways import parts_at, roles_of, ways_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from policies.agreeing import Approvals, Quorum
    from policies.document import Document, Requirement
    from policies.strict_yaml import Path

    Holders = Mapping[str, Mapping[str, str]]
    """By role: the actors who hold it, by id, each with its type."""

    Signers = Mapping[str, bool]
    """Who has a passkey in force, by id; whether one of theirs can't be copied."""

    Found = tuple[Literal["error", "warning"], str, str, Path]


def understaffed(document: Document, holders: Holders, signers: Signers) -> Iterator[Found]:
    """Rules that the present holders of roles could not meet, or only with luck."""
    for at, gate in enumerate(document.gates):
        for number, duty in enumerate(gate.afterwards):
            for role in duty.notify.holders_of if duty.notify else ():
                if not holders.get(role):
                    sentence = (
                        f"{gate.id}/{duty.id}: nobody holds the role {humanize(role)} to be told."
                    )
                    yield (
                        "warning",
                        "nobody-holds-it",
                        sentence,
                        ("gates", at, "afterwards", number),
                    )
        for number, item in enumerate(gate.require):
            path: Path = ("gates", at, "require", number)
            name = f"{gate.id}/{item.id}"
            if item.approvals is not None:
                yield from _quorum(name, path, item.approvals, holders)
                yield from _signing(name, path, item.approvals, holders, signers)
            for role in item.not_vetoed_by or ():
                if not _people(holders.get(role, {})):
                    sentence = (
                        f"{name}: nobody holds the role {humanize(role)}, so nobody can veto."
                    )
                    yield "warning", "nobody-holds-it", sentence, (*path, "not_vetoed_by")
            yield from _actor(name, path, item, holders)


def _quorum(name: str, path: Path, rule: Approvals, holders: Holders) -> Iterator[Found]:
    people = {role: _people(found) for role, found in holders.items()}
    if not _fills(rule, people):
        there = len({one for role in roles_of(rule) for one in people.get(role, ())})
        noun = "person holds" if there == 1 else "people hold"
        sentence = (
            f"{name} needs {_fewest(rule)} approvals with these seats, and {there} {noun} a role"
            f" that counts ({_either(roles_of(rule))}): it can never be met."
        )
        yield "error", "dead-seats", sentence, path
        return
    for branch, within in _branches(rule, (*path, "approvals")):
        if not _fills(branch, people):
            sentence = (
                f"{name}: too few people hold {_either(roles_of(branch))} for this choice of one_of"
                " ever to be the one that is met."
            )
            yield "warning", "dead-branch", sentence, within
    alone = [
        one
        for one in sorted({one for found in people.values() for one in found})
        if rule.not_by and not _fills(rule, _without(people, one))
    ]
    if alone:
        who = "one person: where they are"
        if len(alone) > 1:
            who = f"each of {len(alone)} people: where one of them is"
        sentence = f"{name} depends on {who} excluded by not_by, or away, it can't be met."
        yield "warning", "bottleneck", sentence, path


def _signing(
    name: str, path: Path, rule: Approvals, holders: Holders, signers: Signers
) -> Iterator[Found]:
    """Seats that people hold and that nobody could take, because passkeys are lacking."""
    people = {role: _people(found) for role, found in holders.items()}
    keys = _who_signs(rule, people, signers)
    if not _fills(rule, people) or _fills(rule, keys):
        return
    there = len({one for role in roles_of(rule) for one in keys.get(role, ())})
    noun = "person has one" if there == 1 else "people have one"
    sentence = (
        f"{name} needs {_fewest(rule)} approvals signed by passkeys, and {there} {noun} of"
        " those who hold a role that counts: until more are enrolled it can't be met."
    )
    yield "error", "no-passkeys", sentence, path


def _fewest(rule: Approvals) -> int:
    """How many seats the shortest way has."""
    return min(sum(len(bench.seats) for bench in way) for way in ways_of(rule))


def _branches(rule: Quorum, path: Path) -> Iterator[tuple[Quorum, Path]]:
    """Every choice of a ``one_of``."""
    for part, within in parts_at(rule, path):
        if rule.one_of is not None:
            yield part, within
        yield from _branches(part, within)


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
    if rule is None or rule.service or rule.parties:
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


def _fills(rule: Quorum, people: Mapping[str, frozenset[str]]) -> bool:
    everybody = sorted({one for found in people.values() for one in found})
    held = {
        one: frozenset(role for role, found in people.items() if one in found) for one in everybody
    }
    return fills(rule, held)


def _without(people: Mapping[str, frozenset[str]], one: str) -> dict[str, frozenset[str]]:
    return {role: found - {one} for role, found in people.items()}


def _people(found: Mapping[str, str]) -> frozenset[str]:
    return frozenset(one for one, kind in found.items() if kind == "person")


def _either(roles: Iterable[str]) -> str:
    return " or ".join(humanize(role) for role in roles)
