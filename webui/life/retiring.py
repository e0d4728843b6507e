"""Versions that are being retired: until when they may run, who still uses them, who knows of it.

Rules:

- A deprecation's day (``effective_on``) is its sunset: from that day on nothing of it should run.
  The time from its entry to that day is the notice that users got.
- Whoever owns the model, asked for a release of the version, or deployed it, is asked to
  acknowledge; anybody else may.
- Past its sunset and running nowhere, a version is ready to be archived. An archived version is
  kept and readable; nothing is added to it and it is never deployed again.
- Obsolete is what is archived, what is past its sunset and runs nowhere, and what was never
  released in ``IDLE_DAYS`` and is not the newest. Bytes that a version still needs are not counted,
  and bytes that several obsolete versions share are counted once. Nothing is deleted here.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, Literal

from ledger.events.names import (
    ActorId,
    Count,
    Day,
    Instant,
    Sequence,
    Sha256,
    Value,
    format_instant,
)
from ledger.state.acknowledgements import Acknowledgement, Acknowledgements
from ledger.state.aggregates import ModelState, VersionState

if TYPE_CHECKING:
    from ledger.query import Reader
    from webui.wiring import Wiring

Why = Literal["archived", "past_sunset", "never_released"]
IDLE_DAYS: Final = 180
COUNTDOWN_DAYS: Final = (30, 7, 1)


class Retiring(Value):
    """A deprecated version. ``days_left`` is negative past its sunset; users got ``notice_days``.

    ``owed`` are those who are asked to acknowledge and did not. ``told_on`` are the days still to
    come on which owners and users are told how many days are left.
    """

    model: str
    version: str
    entry: Sequence
    cause: str
    announced: Instant
    sunset: Day
    notice_days: int
    days_left: int
    replacement: str | None
    environments: tuple[str, ...]
    acknowledged: tuple[Acknowledgement, ...]
    owed: tuple[ActorId, ...]
    ready_to_archive: bool
    told_on: tuple[Day, ...]


class Calendar(Value):
    """Deprecated versions, the nearest sunset first."""

    today: Day
    items: tuple[Retiring, ...]


class Obsolete(Value):
    """A version that nobody needs any more, as far as is recorded, and the size of its bytes.

    ``counted`` is 0 where a version that is needed, or one further up, has the same bytes.
    """

    model: str
    version: str
    why: Why
    artifact: Sha256
    size_bytes: Count
    counted: Count
    uri: str | None
    registered_at: Instant


class Cleanup(Value):
    """What is obsolete, largest first, and how many bytes it holds."""

    items: tuple[Obsolete, ...]
    bytes: Count


def users_of(reader: Reader, model: str, version: str) -> frozenset[str]:
    """Who owns a model, asked for releases of a version, or deployed it."""
    found = {reader.model(model).owner}
    found |= {one.requester for one in reader.releases(model=model, version=version)}
    found |= {one.by for one in reader.deployments(model=model, version=version)}
    return frozenset(found) - {reader.log.service}


def calendar(wiring: Wiring) -> Calendar:
    """Every deprecated version that is not archived."""
    reader = wiring.reader
    today = format_instant(wiring.now())[:10]
    deprecated = reader.every(VersionState, status="deprecated")
    items = [_retiring(reader, one, today) for one in deprecated]
    items.sort(key=lambda one: (one.sunset, one.model, one.version))
    return Calendar(today=today, items=tuple(items))


def _retiring(reader: Reader, version: VersionState, today: str) -> Retiring:
    deprecation = version.deprecation
    assert deprecation is not None  # noqa: S101 (its state says so)
    announced = reader.log.entry(deprecation.entry).recorded_at
    sunset = date.fromisoformat(deprecation.effective_on)
    runs = reader.deployments(model=version.model, version=version.version, status="running")
    held = reader.state_of(Acknowledgements, version.key)
    said = held.said if held is not None else ()
    owed = users_of(reader, version.model, version.version) - {one.actor for one in said}
    left = (sunset - date.fromisoformat(today)).days
    return Retiring(
        model=version.model,
        version=version.version,
        entry=deprecation.entry,
        cause=deprecation.cause,
        announced=announced,
        sunset=deprecation.effective_on,
        notice_days=(sunset - date.fromisoformat(announced[:10])).days,
        days_left=left,
        replacement=deprecation.replacement,
        environments=tuple(sorted(one.environment for one in runs)),
        acknowledged=said,
        owed=tuple(sorted(owed)),
        ready_to_archive=left <= 0 and not runs,
        told_on=tuple(
            (sunset - timedelta(days=mark)).isoformat()
            for mark in marks_of((sunset - date.fromisoformat(announced[:10])).days)
            if left > mark
        ),
    )


def marks_of(notice_days: int) -> tuple[int, ...]:
    """How many days before a sunset people are told again, where so many days of notice were given.

    The most first.
    """
    return tuple(mark for mark in COUNTDOWN_DAYS if mark < notice_days)


def cleanup(wiring: Wiring) -> Cleanup:
    """What is obsolete now."""
    reader = wiring.reader
    now = wiring.now()
    latest = {one.model: one.latest for one in reader.every(ModelState)}
    needed: set[str] = set()
    found: list[tuple[VersionState, Why]] = []
    for version in reader.every(VersionState):
        why = _why(reader, version, latest.get(version.model), now.date())
        if why is None:
            needed.add(version.artifact.sha256)
        else:
            found.append((version, why))
    items: list[Obsolete] = []
    counted = set(needed)
    for version, why in sorted(found, key=lambda pair: -pair[0].artifact.size_bytes):
        artifact = version.artifact
        fresh = artifact.sha256 not in counted
        counted.add(artifact.sha256)
        items.append(
            Obsolete(
                model=version.model,
                version=version.version,
                why=why,
                artifact=artifact.sha256,
                size_bytes=artifact.size_bytes,
                counted=artifact.size_bytes if fresh else 0,
                uri=artifact.uri,
                registered_at=version.registered_at,
            )
        )
    return Cleanup(items=tuple(items), bytes=sum(one.counted for one in items))


def _why(reader: Reader, version: VersionState, latest: str | None, today: date) -> Why | None:
    """Why a version is obsolete, or None."""
    if version.state == "archived":
        return "archived"
    if version.last_deployed and reader.deployments(
        model=version.model, version=version.version, status="running", limit=1
    ):
        return None
    if version.deprecation is not None:
        past = date.fromisoformat(version.deprecation.effective_on) <= today
        return "past_sunset" if past else None
    age = (today - date.fromisoformat(version.registered_at[:10])).days
    idle = age >= IDLE_DAYS and not version.current_releases and version.version != latest
    return "never_released" if idle and not version.last_deployed else None
