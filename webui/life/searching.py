"""One question over everything that has a name or a number: models, versions, releases, people ...

Rules:

- What is looked up is found by an index, and at most ``MOST`` of each kind are read, so that the
  answer costs the same in a log of a thousand entries and of ten million. Nothing is scanned, and
  free text is not searched: it is sealed in the vault, one key for each person.
- A name finds what begins with it (models; versions as ``MODEL@VERSION`` or ``MODEL VERSION``), a
  number the entry and what it began, an id the account, ``data:NAME`` or ``base:NAME`` the lineage.
- It shows no more than the pages it leads to, and is for whoever may read those.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import quote

from ledger.errors import InputError
from ledger.events.names import Sequence, Value
from ledger.state.aggregates import (
    ActorState,
    DeploymentState,
    ModelState,
    ReleaseState,
    ReportState,
    VersionState,
    number_key,
)
from ledger.state.assurance import IncidentState
from ledger.store import folded
from ledger.store.database import reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from ledger.query import Reader

MOST: Final = 25
MOST_CHARACTERS: Final = 200
_NUMBER: Final = re.compile(r"[0-9]{1,15}", re.ASCII)
_MATERIALS: Final = ("data:", "base:")
What = Literal[
    "model", "version", "release", "deployment", "report", "incident", "account", "entry", "lineage"
]


class Hit(Value):
    """Something that was found; ``detail`` says how it stands, ``path`` is its page."""

    what: What
    name: str
    detail: str
    path: str
    entry: Sequence | None


class Hits(Value):
    """What was found of each kind; ``cut`` where there is more than is shown of one."""

    text: str
    items: tuple[Hit, ...]
    cut: bool


def search(reader: Reader, text: str) -> Hits:
    """Look something up.

    Raises:
        InputError: nothing, too much, or what no name can hold was asked for.
    """
    wanted = " ".join(text.split())
    if not wanted or len(wanted) > MOST_CHARACTERS or "\x00" in wanted:
        raise InputError(
            f"A search needs 1 to {MOST_CHARACTERS} characters.",
            code="search-invalid",
            pointer="/text",
            remedy="Give the beginning of a name, a number, or an id.",
        )
    if wanted.startswith(_MATERIALS):
        detail = "where it is used, and what came of it"
        path = f"/lineage?of={quote(wanted, safe='')}"
        hit = Hit(what="lineage", name=wanted, detail=detail, path=path, entry=None)
        return Hits(text=wanted, items=(hit,), cut=False)
    number = int(wanted) if _NUMBER.fullmatch(wanted) else None
    kind = None
    if number is not None and number < reader.log.head().size:
        kind = reader.log.entry(number).event.kind
    with reading(reader.log.engine) as connection:
        found: list[Hit] = []
        if number is not None and kind is not None:
            found = list(_numbered(reader.log.log_id, connection, number, kind))
        named = list(_named(reader, connection, wanted))
    counts = [sum(one.what == what for one in named) for what in ("model", "version", "account")]
    shown = [one for group in _KINDS for one in [x for x in named if x.what == group][:MOST]]
    return Hits(text=wanted, items=(*found, *shown), cut=max(counts) > MOST)


_KINDS: Final[tuple[What, ...]] = ("model", "version", "account")


def _named(reader: Reader, connection: Connection, text: str) -> Iterator[Hit]:
    log_id = reader.log.log_id
    for model in folded.beginning(connection, log_id, ModelState, text, MOST + 1):
        yield Hit(
            what="model",
            name=model.model,
            detail=f"{model.task}, {model.risk_tier} risk",
            path=f"/models/{model.model}",
            entry=model.since,
        )
    for version in folded.beginning(connection, log_id, VersionState, _key(text), MOST + 1):
        yield Hit(
            what="version",
            name=f"{version.model} {version.version}",
            detail=version.state,
            path=f"/models/{version.model}/{quote(version.version, safe='')}",
            entry=version.since,
        )
    for actor in folded.beginning(connection, log_id, ActorState, text, MOST + 1):
        yield Hit(
            what="account",
            name=actor.key,
            detail=actor.type,
            path=f"/people/{actor.key}",
            entry=actor.since,
        )


def _numbered(log_id: int, connection: Connection, number: int, kind: str) -> Iterator[Hit]:
    key = number_key(number)
    release = folded.load(connection, log_id, ReleaseState.table, key)
    if isinstance(release, ReleaseState):
        detail = f"{release.model} {release.version} to {release.environment}, {release.status}"
        yield _of_number("release", number, detail, f"/releases/{number}")
    run = folded.load(connection, log_id, DeploymentState.table, key)
    if isinstance(run, DeploymentState):
        detail = f"{run.model} {run.version} in {run.environment}, {run.status}"
        yield _of_number("deployment", number, detail, f"/deployments/trace?stamp={number}")
    report = folded.load(connection, log_id, ReportState.table, key)
    if isinstance(report, ReportState):
        detail = f"{report.report}, {report.period_from} to {report.period_until}"
        yield _of_number("report", number, detail, "/reports")
    incident = folded.load(connection, log_id, IncidentState.table, key)
    if isinstance(incident, IncidentState):
        detail = f"{incident.severity}, {incident.status}"
        yield _of_number("incident", number, detail, "/incidents")
    yield _of_number("entry", number, kind, f"/ledger/{number}")


def _of_number(what: What, number: int, detail: str, path: str) -> Hit:
    return Hit(what=what, name=f"{what} {number}", detail=detail, path=path, entry=number)


def _key(text: str) -> str:
    """``MODEL VERSION`` as the key of a version; a model's name alone finds its versions."""
    return text.replace(" ", "@", 1)
