"""The next version of a model, suggested from what changed since the highest one.

Rules:

- semantic: Semantic Versioning 2.0.0, and its precedence (rule 11). MAJOR where whoever uses the
  model must change something, as far as is recorded: another format, another licence. MINOR where
  it learnt from something else: data sets, parameters, base model. PATCH where only code, packages
  or the run changed, or nothing is known. A pre-release is followed by its release.
- date: the day in UTC, with ``.2`` and so on for a further one of the day.
- hash: the first 12 hexadecimal digits of the artifact's SHA-256, longer where they are taken.

It is a suggestion: whoever registers decides, and the ledger checks the name by the model's scheme.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal

from ledger.events.names import Value, format_instant
from ledger.state.aggregates import VersionState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.events.model import VersionRegistered
    from webui.wiring import Wiring

Bump = Literal["major", "minor", "patch", ""]
_CORE: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?")
_SHORT: Final = 12


class Suggestion(Value):
    """A name for the next version; ``changed`` says what differs from ``after``, if that is known.

    ``version`` is null where the scheme needs the artifact's digest and none was given.
    """

    model: str
    scheme: str
    after: str | None
    version: str | None
    bump: Bump
    changed: tuple[str, ...]


def suggest(wiring: Wiring, model: str, planned: VersionRegistered | None) -> Suggestion:
    """Suggest the next version's name.

    Raises:
        UnknownSubjectError: no such model.
    """
    reader = wiring.reader
    of = reader.model(model)
    names = [one.version for one in reader.every(VersionState, model=model)]
    changed: tuple[str, ...] = ()
    bump: Bump = ""
    after = of.latest
    version: str | None
    if of.version_scheme == "semantic":
        after = max(names, key=precedence, default=None)
        before = reader.version(model, after) if after else None
        changed = differences(before, planned) if before and planned else ()
        bump = bump_of(changed)
        version = following(after, bump) if after else "1.0.0"
    elif of.version_scheme == "date":
        version = dated(format_instant(wiring.now())[:10].replace("-", "."), set(names))
    else:
        version = hashed(planned.artifact.sha256, set(names)) if planned else None
    return Suggestion(
        model=model,
        scheme=of.version_scheme,
        after=after,
        version=version,
        bump=bump,
        changed=changed,
    )


def precedence(version: str) -> tuple[Any, ...]:
    """A key by which semantic versions sort as Semantic Versioning 2.0.0, rule 11 orders them."""
    found = _CORE.fullmatch(version)
    if found is None:
        return ((-1, -1, -1),)
    core = tuple(int(part) for part in found.groups()[:3])
    if found[4] is None:
        return (core, 1)
    parts = tuple(
        (0, int(part), "") if part.isdigit() else (1, 0, part) for part in found[4].split(".")
    )
    return (core, 0, parts)


def differences(before: VersionState, planned: VersionRegistered) -> tuple[str, ...]:
    """Which facts differ, as far as both tell them."""
    pairs = {
        "format": (before.artifact.format, planned.artifact.format),
        "licence": (before.licence, planned.licence),
        "data_sets": (
            {(one.name, one.version, one.sha256) for one in before.data_sets},
            {(one.name, one.version, one.sha256) for one in planned.data_sets},
        ),
        "parameters": (before.parameters, planned.parameters),
        "base_models": (_bases(before), _bases(planned)),
        "code": (before.code, planned.code),
        "packages": (before.environment_used, planned.environment_used),
    }
    return tuple(name for name, (one, other) in pairs.items() if one != other)


def _bases(made: VersionState | VersionRegistered) -> set[tuple[str, str]]:
    return {(one.model, one.version) for one in made.parents if one.relation != "successor_of"}


def bump_of(changed: Iterable[str]) -> Bump:
    """How much a version goes up by what changed."""
    found = set(changed)
    if found & {"format", "licence"}:
        return "major"
    return "minor" if found & {"data_sets", "parameters", "base_models"} else "patch"


def following(version: str, bump: Bump) -> str:
    """The semantic version after one; a pre-release is followed by its release."""
    found = _CORE.fullmatch(version)
    if found is None:
        return "1.0.0"
    major, minor, patch = (int(part) for part in found.groups()[:3])
    if found[4] is not None:
        return f"{major}.{minor}.{patch}"
    if bump == "major":
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if bump == "minor" else f"{major}.{minor}.{patch + 1}"


def dated(day: str, taken: set[str]) -> str:
    """The first free name of a day."""
    number, name = 1, day
    while name in taken:
        number += 1
        name = f"{day}.{number}"
    return name


def hashed(sha256: str, taken: set[str]) -> str:
    """The shortest free beginning of a digest, 12 digits or more."""
    length = _SHORT
    while sha256[:length] in taken and length < len(sha256):
        length += 1
    return sha256[:length]
