"""What ran where and when, and what a stamp on a prediction leads back to.

Rules:

- A time is when the ledger recorded it. A deployment ran from its entry until the entry that ended
  it; where one was stopped and none followed, nothing ran.
- A deployment's stamp is ``cs-NUMBER-DIGEST``: the number of its entry and the first 16 hexadecimal
  digits of the entry's leaf hash. A digit that was misread, or a stamp of another ledger, is found
  out. Serving code puts it on each prediction.
- A text without an offset is taken as UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from ledger.errors import InputError, UnknownSubjectError
from ledger.events.names import ActorId, Instant, Sequence, Sha256, Value, format_instant
from ledger.state.aggregates import DeploymentState, ModelState, ReleaseState, VersionState
from ledger.store.database import reading
from ledger.store.entries import leaf_hashes

if TYPE_CHECKING:
    from ledger.query import Reader

_STAMP: Final = re.compile(r"cs-(0|[1-9][0-9]{0,15})-([0-9a-f]{16})", re.ASCII)
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_DIGITS: Final = 16
_MOST_REPORTS: Final = 20


class Stretch(Value):
    """A deployment, and the stamp by which it is found again."""

    deployment: DeploymentState
    stamp: str


class Timeline(Value):
    """The newest deployments of a model, oldest first; ``more`` tells that there are older ones."""

    model: str
    items: tuple[Stretch, ...]
    more: bool


class RanAt(Value):
    """What ran at an instant, or null where nothing did."""

    model: str
    environment: str
    at: Instant
    ran: Stretch | None


class ReportOf(Value):
    """A report that was issued over the model after the deployment."""

    number: Sequence
    report: str
    framework: str
    at: Instant


class Approved(Value):
    """Whose approval stands in the release, and the entry that says so."""

    actor: ActorId
    entry: Sequence
    at: Instant


class Trace(Value):
    """Everything that a deployment leads back to. ``leaf_hash`` is that of its entry."""

    stamp: str
    leaf_hash: Sha256
    deployment: DeploymentState
    model: ModelState
    version: VersionState
    release: ReleaseState | None
    approvals: tuple[Approved, ...]
    reports: tuple[ReportOf, ...]


def moment_of(text: str) -> str:
    """A time that a person or a program wrote, as an instant of the ledger.

    Raises:
        InputError: it is none.
    """
    try:
        found = datetime.fromisoformat(text.strip())
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        return format_instant(found)
    except (ValueError, OverflowError):
        raise InputError(
            "This is no time.",
            code="invalid-time",
            pointer="/time",
            remedy="Write it as 2026-03-03T14:05:00Z, or as 2026-03-03 14:05 for UTC.",
        ) from None


def ran_at(reader: Reader, model: str, environment: str, at: str) -> RanAt:
    """What ran in an environment of a model at an instant.

    Raises:
        UnknownSubjectError: no such model.
    """
    reader.model(model)
    found = _at(reader, model, environment, at)
    ran = None if found is None else Stretch(deployment=found, stamp=stamp_of(reader, found.since))
    return RanAt(model=model, environment=environment, at=at, ran=ran)


def _at(reader: Reader, model: str, environment: str, at: str) -> DeploymentState | None:
    past = reader.every(DeploymentState, model=model, environment=environment)
    found = next((one for one in past if one.at <= at), None)
    still = found is not None and (found.ended_at is None or at < found.ended_at)
    return found if still else None


def timeline(reader: Reader, model: str, limit: int = 200) -> Timeline:
    """The newest deployments of a model.

    Raises:
        UnknownSubjectError: no such model.
    """
    reader.model(model)
    found = reader.deployments(model=model, limit=limit + 1)
    items = tuple(
        Stretch(deployment=one, stamp=stamp_of(reader, one.since)) for one in found[:limit][::-1]
    )
    return Timeline(model=model, items=items, more=len(found) > limit)


def leaf_hash_of(reader: Reader, number: int) -> bytes:
    """The RFC 6962 leaf hash of an entry that is there."""
    with reading(reader.log.engine) as connection:
        (found,) = leaf_hashes(connection, reader.log.log_id, number, number + 1)
    return found


def stamp_of(reader: Reader, number: int) -> str:
    """The stamp of a deployment, by its entry."""
    return _stamp(number, leaf_hash_of(reader, number).hex())


def _stamp(number: int, leaf_hash: str) -> str:
    return f"cs-{number}-{leaf_hash[:_DIGITS]}"


def trace(reader: Reader, text: str) -> Trace:
    """What a stamp, or the number of a deployment, leads back to.

    Raises:
        InputError: it is neither.
        UnknownSubjectError: it is not of a deployment of this ledger.
    """
    stamped = _STAMP.fullmatch(text.strip())
    if stamped is None and not _NUMBER.fullmatch(text.strip()):
        raise InputError(
            "This is no stamp of a deployment.",
            code="invalid-stamp",
            pointer="/stamp",
            remedy="A stamp is cs-, a number, and 16 hexadecimal digits, as in "
            "cs-57-3fa9c0d1e2b4a5f6; the number alone will do.",
        )
    number = int(stamped[1] if stamped else text)
    deployment = reader.deployment(number)
    leaf_hash = leaf_hash_of(reader, number).hex()
    if stamped and not leaf_hash.startswith(stamped[2]):
        raise UnknownSubjectError(
            "This stamp is not of this ledger, or was misread.",
            code="other-stamp",
            pointer="/stamp",
            remedy=f"Entry {number} is a deployment here, but its leaf hash is another.",
        )
    return trace_of(reader, deployment)


def trace_of(reader: Reader, deployment: DeploymentState) -> Trace:
    """What a deployment leads back to."""
    number = deployment.since
    leaf_hash = leaf_hash_of(reader, number).hex()
    release = None if deployment.release is None else reader.release(deployment.release)
    return Trace(
        stamp=_stamp(number, leaf_hash),
        leaf_hash=leaf_hash,
        deployment=deployment,
        model=reader.model(deployment.model),
        version=reader.version(deployment.model, deployment.version),
        release=release,
        approvals=tuple(
            Approved(actor=vote.actor, entry=vote.entry, at=vote.at)
            for vote in (release.votes if release else ())
            if vote.approves
        ),
        reports=tuple(
            ReportOf(number=one.since, report=one.report, framework=one.framework, at=one.at)
            for one in reader.reports(limit=_MOST_REPORTS)
            if one.position > number and (not one.models or deployment.model in one.models)
        ),
    )
