"""T9 lineage: does every version in use lead back to data, code and parents that are recorded?

Edges go from a version to its data sets, its commit and its parents. A version can only name as
parent what it likes, so each parent is looked up and the chain of parents is followed to its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.model import Classification  # noqa: TC001 (pydantic reads it at run time)
from ledger.state.aggregates import VersionState, version_key
from policies.controls.classes import PERSONAL, in_words
from policies.controls.finding import Deviation, Tally, both, many
from policies.controls.primitives.arguments import Arguments

if TYPE_CHECKING:
    from policies.controls.finding import Finding
    from policies.controls.material import Material


class LineageArguments(Arguments):
    """``clean_code``: the commit must have no changes beside it.

    ``purposes``: a model's purposes must be among those of its personal data sets. ``forbidden``:
    no data set of these classes. ``data``: only versions trained on such data.
    """

    clean_code: bool = True
    purposes: bool = False
    forbidden: tuple[Classification, ...] = ()
    data: tuple[Classification, ...] = ()


def lineage(material: Material, arguments: LineageArguments) -> Finding:
    """T9: no dangling edge, no cycle, no forbidden class; an outside parent needs a paper."""
    return concluded(tallied(material, arguments), arguments)


def tallied(material: Material, arguments: LineageArguments) -> Tally:
    """T9, version by version."""
    versions = tuple(
        version
        for version in material.in_use
        if not arguments.data
        or any(held.classification in arguments.data for held in version.data_sets)
    )
    exceptions: list[Deviation] = []
    missing: list[Deviation] = []
    entries: list[int] = []
    for version in versions:
        who = f"{version.model} {version.version}"
        broken = _broken(material, version, arguments)
        unknown, ancestors = _unknown(material, version, arguments)
        entries.extend((version.since, *ancestors))
        if broken:
            exceptions.append(Deviation((version.since,), f"{who}: {'; '.join(broken)}."))
        elif unknown:
            missing.append(Deviation((version.since,), f"{who}: {'; '.join(unknown)}."))
    return Tally(
        len(versions),
        len(versions) - len(missing),
        tuple(exceptions),
        tuple(missing),
        both(entries),
    )


def concluded(tally: Tally, arguments: LineageArguments) -> Finding:
    """What follows for T9 from a tally."""
    return tally.found(
        "T9", 1, ("model.registered", "version.registered"), _sentence(tally, arguments)
    )


def _sentence(tally: Tally, arguments: LineageArguments) -> str:
    which = f" trained on {in_words(arguments.data)}" if arguments.data else ""
    held = many(tally.population, f"version{which} in production", f"versions{which} in production")
    rule = (
        "used for purposes its personal data was recorded for"
        if arguments.purposes
        else "traced to data sets with digest and class, to its commit and to its parents"
    )
    return {
        "pass": f"{held}: each is {rule}.",
        "fail": f"{held}: {tally.failed:,} not {rule}.",
        "insufficient_evidence": f"{held}: {tally.lacking:,} can't be {rule}."
        if not arguments.purposes
        else f"{held}: for {tally.lacking:,} the origin is not recorded.",
    }.get(tally.verdict, f"No version{which} ran in production in the period.")


def _broken(
    material: Material, version: VersionState, arguments: LineageArguments
) -> tuple[str, ...]:
    found = []
    if arguments.clean_code and version.code is not None and version.code.dirty:
        found.append("built from a working copy with uncommitted changes")
    found.extend(
        f"data set {held.name} is of class {held.classification.replace('_', ' ')}"
        for held in version.data_sets
        if held.classification in arguments.forbidden
    )
    if arguments.purposes:
        model = material.history.registry.model(version.model)
        for held in version.data_sets:
            beyond = sorted(set(model.purposes) - set(held.purposes))
            if held.classification in PERSONAL and beyond:
                found.append(f"data set {held.name} is not recorded for: {', '.join(beyond)}")
    return tuple(found)


def _unknown(
    material: Material, version: VersionState, arguments: LineageArguments
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """What is not known of a version's origins, and the entries of its known ancestors."""
    found = []
    if not version.data_sets:
        found.append("no data set is recorded")
    if arguments.clean_code and version.code is None:
        found.append("no commit is recorded")
    ancestors = []
    for parent, key in ancestors_of(material, version):
        if parent is None:
            found.append(f"parent {key.replace('@', ' ')} is not in this ledger")
        else:
            ancestors.append(parent.since)
    return tuple(found), tuple(ancestors)


def ancestors_of(
    material: Material, version: VersionState
) -> tuple[tuple[VersionState | None, str], ...]:
    """All ancestors with their keys, nearest first, each once; None where one isn't registered."""
    seen: dict[str, VersionState | None] = {}
    waiting = [version]
    while waiting:
        for parent in waiting.pop(0).parents:
            key = version_key(parent.model, parent.version)
            if key not in seen:
                held = material.history.registry.find(VersionState, key)
                seen[key] = held
                if held is not None:
                    waiting.append(held)
    return tuple((held, key) for key, held in seen.items())
