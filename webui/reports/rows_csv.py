"""The whole population of changes as CSV: what the PDF prints in part, every row of it.

Actors stand by their random ids: a name can be erased, and a file that was handed out can't.
Times are UTC. A number in a column of entries is a sequence number of the ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from webui.cells import csv_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from policies.controls.changes import Change

COLUMNS: Final = (
    "entry", "recorded_at", "kind", "model", "version", "environment", "artifact_sha256",
    "cause", "deployed_by", "registered_entry", "registered_by", "evaluation_entries",
    "request_entry", "requested_at", "requested_by", "approval_entries", "approved_by",
    "grant_entry", "granted_artifact_sha256", "policy_sha256",
)  # fmt: skip


def rows_csv(changes: Iterable[Change]) -> bytes:
    """The file, its first line the names of the columns."""
    return b"".join((csv_line(COLUMNS), *(csv_line(_cells(change)) for change in changes)))


def _cells(change: Change) -> tuple[str, ...]:
    return (
        str(change.entry),
        change.at,
        "deployment.rolled_back" if change.rollback else "deployment.recorded",
        change.model,
        change.version,
        change.environment,
        change.artifact,
        change.cause or "",
        change.deployer,
        str(change.registered),
        change.registrant,
        _several(change.evaluations),
        _one(change.release),
        change.requested_at or "",
        change.requester or "",
        _several(item.entry for item in change.approvals),
        " ".join(item.actor for item in change.approvals),
        _one(change.grant),
        change.granted_artifact or "",
        change.decision.policy if change.decision else "",
    )


def _one(entry: int | None) -> str:
    return "" if entry is None else str(entry)


def _several(entries: Iterable[int]) -> str:
    return " ".join(map(str, entries))
