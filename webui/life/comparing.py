"""Versions of a model side by side: what was measured, and what they were made of.

Rules:

- The first version that is named is the one that the others are held against.
- Metrics are the same where name and data set are. Which way is better is the policy's word where
  it declares the metric, else the metric's own.
- Whether a difference is significant is said where both values are shares of a sample whose size is
  known (``webui.life.shares``); else it is not tested, which is no "no".
- Lines that are the same in all versions are kept, and marked.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

from ledger.errors import InputError
from ledger.events.names import ActorId, Count, Instant, Sequence, Sha256, Value
from webui.life.shares import SHARES, difference_of, interval_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Sequence as Row

    from ledger.query import Reader
    from ledger.state.aggregates import Measured, ReleaseState, VersionState
    from ledger.state.pack import Looked
    from policies import Document

    # A version as it is, or as it was when an approval was given.
    Seen = VersionState | Looked

FEWEST: Final = 2
MOST: Final = 6
MINUS: Final = "\N{MINUS SIGN}"

Better = Literal["better", "worse", "same", ""]
Significance = Literal["significant", "not_significant", "not_tested", ""]


class Side(Value):
    """One of the versions that are compared."""

    version: str
    state: str
    registered_at: Instant
    entry: Sequence
    artifact: Sha256
    size_bytes: Count


class Reading(Value):
    """A value in one version; the difference is to the first version, empty where there is none.

    ``low`` and ``high`` bound the value at 95 %, ``difference_low`` and ``difference_high`` the
    difference, where that can be told.
    """

    value: str
    sample_size: Count | None
    entry: Sequence
    low: str = ""
    high: str = ""
    difference: str = ""
    difference_low: str = ""
    difference_high: str = ""
    verdict: Better = ""
    significance: Significance = ""


class MetricLine(Value):
    """A metric on a data set, in each version; null where it was not measured.

    ``policy_disagrees`` tells that the policy and whoever measured differ on which way is better.
    """

    name: str
    data_set: str
    held_out: bool
    higher_is_better: bool
    policy_disagrees: bool
    readings: tuple[Reading | None, ...]


class Line(Value):
    """A name, and its value in each version; empty where a version has none."""

    name: str
    values: tuple[str, ...]
    same: bool


class Approval(Value):
    """The newest release of a version to an environment, and whose approvals stand."""

    release: Sequence
    status: str
    approvers: tuple[ActorId, ...]


class ApprovalLine(Value):
    """An environment, and the newest release of each version to it; null: never asked for."""

    environment: str
    releases: tuple[Approval | None, ...]


class Comparison(Value):
    """Versions of a model side by side, in the order in which they were named."""

    model: str
    versions: tuple[Side, ...]
    metrics: tuple[MetricLine, ...]
    parameters: tuple[Line, ...]
    data_sets: tuple[Line, ...]
    code: tuple[Line, ...]
    packages: tuple[Line, ...]
    facts: tuple[Line, ...]
    documents: tuple[Line, ...]
    approvals: tuple[ApprovalLine, ...]


def comparison(reader: Reader, document: Document, model: str, names: Row[str]) -> Comparison:
    """Compare versions of a model.

    Raises:
        InputError: fewer than two, more than six, or one of them twice.
        UnknownSubjectError: no such model or version.
    """
    reader.model(model)
    if not FEWEST <= len(names) <= MOST or len(set(names)) != len(names):
        raise InputError(
            f"{FEWEST} to {MOST} different versions are compared.",
            code="invalid-versions",
            pointer="/v",
            remedy="Name each version once, as v=1.0.0&v=1.1.0.",
        )
    versions = [reader.version(model, name) for name in names]
    releases = [reader.releases(model=model, version=name) for name in names]
    directions = {name: metric.higher_is_better for name, metric in document.metrics.items()}
    return compared(model, versions, releases, directions)


def compared(
    model: str,
    versions: Row[VersionState],
    releases: Row[Row[ReleaseState]],
    directions: dict[str, bool],
) -> Comparison:
    """The comparison of versions; ``directions`` says which metrics are better when higher."""
    return Comparison(
        model=model,
        versions=tuple(_side(one) for one in versions),
        metrics=_metrics(versions, directions),
        parameters=_lines(versions, lambda one: one.parameters),
        data_sets=_lines(versions, _data_sets),
        code=_code(versions),
        packages=_lines(versions, _packages),
        facts=_lines(versions, _facts),
        documents=_lines(versions, _documents),
        approvals=_approvals(releases),
    )


def otherwise(before: Seen | None, after: Seen) -> tuple[tuple[str, tuple[Line, ...]], ...]:
    """What is not the same in ``after``, beside its metrics: by what it is of, each never empty."""
    if before is None:
        return ()
    both = (before, after)
    read: dict[str, tuple[Line, ...]] = {
        "Parameter": _lines(both, lambda one: one.parameters),
        "Data set": _lines(both, _data_sets),
        "Code": _lines(both, _commit),
        "Package": _lines(both, _packages),
        "Fact": _lines(both, _facts),
    }
    found = ((of, tuple(line for line in lines if not line.same)) for of, lines in read.items())
    return tuple((of, lines) for of, lines in found if lines)


def _side(version: VersionState) -> Side:
    return Side(
        version=version.version,
        state=version.state,
        registered_at=version.registered_at,
        entry=version.since,
        artifact=version.artifact.sha256,
        size_bytes=version.artifact.size_bytes,
    )


def _metrics(versions: Row[VersionState], directions: dict[str, bool]) -> tuple[MetricLine, ...]:
    found: dict[tuple[str, str], list[Measured | None]] = {}
    for place, version in enumerate(versions):
        for held in version.metrics:
            key = (held.metric.name, held.metric.data_set)
            found.setdefault(key, [None] * len(versions))[place] = held
    return tuple(
        _metric(name, data_set, row, directions) for (name, data_set), row in sorted(found.items())
    )


def _metric(
    name: str, data_set: str, row: list[Measured | None], directions: dict[str, bool]
) -> MetricLine:
    there = [held.metric for held in row if held is not None]
    higher = directions.get(name, there[0].higher_is_better)
    return MetricLine(
        name=name,
        data_set=data_set,
        held_out=all(metric.held_out for metric in there),
        higher_is_better=higher,
        policy_disagrees=any(metric.higher_is_better != higher for metric in there),
        readings=tuple(
            None if held is None else _reading(held, row[0] if place else None, higher)
            for place, held in enumerate(row)
        ),
    )


def _reading(held: Measured, base: Measured | None, higher: bool) -> Reading:
    metric = held.metric
    plain = Reading(value=metric.value, sample_size=metric.sample_size, entry=held.entry)
    if _is_share(held):
        low, high = interval_of(float(metric.value), metric.sample_size or 0)
        plain = plain.but(low=f"{low:.4f}", high=f"{high:.4f}")
    if base is None:
        return plain
    apart = Decimal(metric.value) - Decimal(base.metric.value)
    verdict: Better = "same" if apart == 0 else "better" if (apart > 0) == higher else "worse"
    plain = plain.but(difference=signed(apart) if apart else "0", verdict=verdict)
    if not (_is_share(held) and _is_share(base)):
        return plain.but(significance="not_tested")
    low, high = difference_of(
        float(metric.value),
        metric.sample_size or 0,
        float(base.metric.value),
        base.metric.sample_size or 0,
    )
    return plain.but(
        difference_low=_rounded(low),
        difference_high=_rounded(high),
        significance="not_significant" if low <= 0 <= high else "significant",
    )


def _is_share(held: Measured) -> bool:
    metric = held.metric
    return metric.name in SHARES and bool(metric.sample_size) and 0 <= Decimal(metric.value) <= 1


def signed(number: Decimal) -> str:
    """A difference with its sign, as people write it."""
    return f"{number:+f}".replace("-", MINUS)


def _rounded(number: float) -> str:
    return signed(Decimal(f"{number:.4f}"))


def _lines(versions: Row[Seen], read: Callable[[Seen], dict[str, str]]) -> tuple[Line, ...]:
    held = [read(version) for version in versions]
    names = dict.fromkeys(name for one in held for name in one)
    rows = ((name, tuple(one.get(name, "") for one in held)) for name in names)
    return tuple(_line(name, values) for name, values in rows if any(values))


def _line(name: str, values: tuple[str, ...]) -> Line:
    return Line(name=name, values=values, same=len(set(values)) == 1)


def _data_sets(version: Seen) -> dict[str, str]:
    return {
        data.name: f"{data.version}, {data.classification.replace('_', ' ')}"
        f"{'' if data.rows is None else f', {data.rows:,} rows'}, sha256 {data.sha256[:12]}"
        for data in sorted(version.data_sets, key=lambda item: (item.name, item.version))
    }


def _packages(version: Seen) -> dict[str, str]:
    used = version.environment_used
    return dict(sorted(used.packages.items())) if used else {}


def _facts(version: Seen) -> dict[str, str]:
    used = version.environment_used
    return {
        "Size in bytes": f"{version.artifact.size_bytes:,}",
        "Format": version.artifact.format,
        "Artifact": f"sha256 {version.artifact.sha256[:12]}",
        "Licence": version.licence or "",
        "Trained": version.trained_at[:16].replace("T", " "),
        # What was shown when an approval was given has none.
        "Run": getattr(version, "run", None) or "",
        "Python": (used.python or "") if used else "",
        "Hardware": (used.hardware or "") if used else "",
        "Made from": ", ".join(
            f"{parent.model} {parent.version} ({parent.relation.replace('_', ' ')})"
            for parent in version.parents
        ),
    }


def _code(versions: Row[Seen]) -> tuple[Line, ...]:
    """What git knows; the range is what ``git log`` takes, where the repository is one."""
    lines = _lines(versions, _commit)
    base = versions[0].code
    ranges = tuple(
        f"{base.commit[:12]}..{version.code.commit[:12]}"
        if base is not None
        and version.code is not None
        and place
        and base.repository == version.code.repository
        and base.commit != version.code.commit
        else ""
        for place, version in enumerate(versions)
    )
    return (
        (*lines, Line(name="Commits since the first", values=ranges, same=False))
        if any(ranges)
        else lines
    )


def _commit(version: Seen) -> dict[str, str]:
    code = version.code
    if code is None:
        return {}
    return {
        "Repository": code.repository,
        "Commit": code.commit[:12],
        "Branch": code.branch or "",
        "Tree": "uncommitted changes" if code.dirty else "clean",
        "Tag": f"{code.tag}, signature {code.tag_signature}" if code.tag else "",
    }


def _documents(version: Seen) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for item in version.evidence:
        found.setdefault(item.type, []).append(item.sha256[:12])
    return {kind: ", ".join(digests) for kind, digests in sorted(found.items())}


def _approvals(releases: Row[Row[ReleaseState]]) -> tuple[ApprovalLine, ...]:
    newest = [_by_environment(one) for one in releases]
    names = sorted({name for one in newest for name in one})
    return tuple(
        ApprovalLine(environment=name, releases=tuple(one.get(name) for one in newest))
        for name in names
    )


def _by_environment(releases: Iterable[ReleaseState]) -> dict[str, Approval]:
    """``releases`` are newest first."""
    found: dict[str, Approval] = {}
    for one in releases:
        approvers = tuple(vote.actor for vote in one.votes if vote.approves)
        found.setdefault(
            one.environment,
            Approval(release=one.since, status=one.status, approvers=approvers),
        )
    return found
