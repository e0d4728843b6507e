"""Which version an environment would go back to: the last approved one that may run again.

Rules:

- Versions are tried from the one that ran last before what runs now, each once.
- One is passed over, and it is said why, where it was deprecated or archived, where it or something
  it was made from is recalled, and where the release under which it ran is not granted any more or
  never was.
- Whether somebody may put it back is the policy's word (``deployment.rolled_back``), and asked when
  it is done. Another version can be named all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.names import Sequence, Sha256, Value
from ledger.state.recalls import recalls_of
from ledger.store.database import reading

if TYPE_CHECKING:
    from ledger.query import Reader
    from ledger.state.aggregates import DeploymentState
    from ledger.state.registry import Registry

MOST_TRIED = 500


class PassedOver(Value):
    """A version that ran before and is not put back, and why."""

    version: str
    deployment: Sequence
    reason: str


class Fallback(Value):
    """What runs now, and what would be put back; null where nothing is."""

    model: str
    environment: str
    running: str | None
    version: str | None
    artifact: Sha256 | None
    deployment: Sequence | None
    passed_over: tuple[PassedOver, ...]


def fallback(reader: Reader, model: str, environment: str) -> Fallback:
    """What an environment of a model would go back to.

    Raises:
        UnknownSubjectError: no such model.
    """
    reader.model(model)
    with reading(reader.log.engine) as connection:
        registry = reader.registry(connection)
        running = registry.running(model, environment)
        past = reader.deployments(model=model, environment=environment, limit=MOST_TRIED)
        seen = {running.version} if running else set()
        passed: list[PassedOver] = []
        chosen: DeploymentState | None = None
        for one in past if running else ():
            if one.version in seen:
                continue
            seen.add(one.version)
            reason = _why_not(registry, one)
            if not reason:
                chosen = one
                break
            passed.append(PassedOver(version=one.version, deployment=one.since, reason=reason))
    return Fallback(
        model=model,
        environment=environment,
        running=running.version if running else None,
        version=chosen.version if chosen else None,
        artifact=chosen.artifact if chosen else None,
        deployment=chosen.since if chosen else None,
        passed_over=tuple(passed),
    )


def _why_not(registry: Registry, ran: DeploymentState) -> str:
    """Why a version is not put back; empty where it may be."""
    version = registry.version(ran.model, ran.version)
    if version.state != "registered":
        return f"it is {version.state}"
    recalls = recalls_of(registry, version)
    if recalls is None:
        return "it has too many ancestors to know whether one is recalled"
    if recalls:
        return f"entry {recalls[0]} recalls it, or something it was made from"
    current = version.current_releases.get(ran.environment)
    if current is None:
        return "it ran without a release"
    release = registry.release(current)
    return "" if release.status == "granted" else f"its release {current} is {release.status}"
