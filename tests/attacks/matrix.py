"""The tamper matrix: for every column of every table a change, and what names it.

``docs/tamper-matrix.md`` is written from it, and a new column has no place in the product until it
stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Change:
    """A change of one column: the new value in SQL, which row, and (table, code) that names it.

    ``flip`` is the byte to change instead. ``harmless`` says why nothing needs to notice it.
    """

    where: str
    value: str = ""
    flip: int | None = None
    named: tuple[tuple[str, str], ...] = ()
    harmless: str = ""


_MOVED: Final = "7"
_TIME: Final = "'2026-01-01T00:00:00.000000Z'"
_NOT_EVIDENCE: Final = "it is for people to read and proves nothing; the line or token itself does"

MATRIX: Final[dict[str, dict[str, Change]]] = {
    "log": {
        "log_id": Change("log_id = 1", "7", named=(("open", "head-missing"),)),
        "name": Change("log_id = 1", "'other'", named=(("open", "log-missing"),)),
        "origin": Change("log_id = 1", "'elsewhere.example/log'", named=(("entry", "misplaced"),)),
    },
    "head": {
        "log_id": Change("log_id = 1", _MOVED, named=(("open", "head-missing"),)),
        "size": Change("log_id = 1", "10", named=(("head", "head-wrong"),)),
        "previous": Change("log_id = 1", flip=3, named=(("head", "head-wrong"),)),
        "frontier": Change("log_id = 1", flip=3, named=(("head", "head-wrong"),)),
        "root": Change("log_id = 1", flip=3, named=(("head", "head-wrong"),)),
        "recorded_at": Change("log_id = 1", _TIME, named=(("head", "head-wrong"),)),
        "checkpoint": Change("log_id = 1", flip=60, named=(("head", "signature-failed"),)),
    },
    "entry": {
        "log_id": Change("log_id = 1 AND sequence = 5", _MOVED, named=(("entry", "gap"),)),
        "sequence": Change("log_id = 1 AND sequence = 5", "99999", named=(("entry", "gap"),)),
        "kind": Change("sequence = 5", "'role.granted'", named=(("entry", "columns-wrong"),)),
        "recorded_at": Change("sequence = 5", _TIME, named=(("entry", "columns-wrong"),)),
        "actor": Change("sequence = 5", f"'{'ee' * 16}'", named=(("entry", "columns-wrong"),)),
        "outcome": Change("sequence = 5", "'deny'", named=(("entry", "columns-wrong"),)),
        "model": Change("sequence = 5", "'other'", named=(("entry", "columns-wrong"),)),
        "version": Change("sequence = 5", "'9.9.9'", named=(("entry", "columns-wrong"),)),
        "environment": Change("sequence = 5", "'moon'", named=(("entry", "columns-wrong"),)),
        "leaf_hash": Change("sequence = 5", flip=9, named=(("entry", "leaf-mismatch"),)),
        "envelope": Change("sequence = 5", flip=300, named=(("entry", "leaf-mismatch"),)),
    },
    "tile": {
        "log_id": Change("level = 0 AND position = 0", _MOVED, named=(("tile", "tile-missing"),)),
        "level": Change("level = 0 AND position = 0", "3", named=(("tile", "tile-missing"),)),
        "position": Change("level = 0 AND position = 0", "5", named=(("tile", "tile-missing"),)),
        "root": Change("level = 0 AND position = 0", flip=5, named=(("tile", "tile-wrong"),)),
        "hashes": Change("level = 0 AND position = 0", flip=777, named=(("tile", "tile-wrong"),)),
    },
    "checkpoint": {
        "log_id": Change(
            "size = (SELECT max(size) FROM checkpoint)",
            _MOVED,
            named=(("checkpoint", "checkpoint-missing"),),
        ),
        "size": Change("size = 6", "12", named=(("checkpoint", "misplaced"),)),
        "note": Change("size = 6", flip=60, named=(("checkpoint", "signature-failed"),)),
    },
    "publication": {
        "log_id": Change("log_id = 1", _MOVED, named=(("cosignature", "rows-outside"),)),
        "size": Change("log_id = 1", "6", named=(("publication", "publication-differs"),)),
        "note": Change("log_id = 1", flip=60, named=(("publication", "signature-failed"),)),
        "published_at": Change("log_id = 1", _TIME, harmless=_NOT_EVIDENCE),
    },
    "cosignature": {
        "log_id": Change(
            "log_id = 1", _MOVED, harmless="a line that is gone is seen as never given"
        ),
        "size": Change("log_id = 1", "6", named=(("cosignature", "rows-outside"),)),
        "signer": Change("log_id = 1", "'nobody'", named=(("skipped", "nobody"),)),
        "line": Change("log_id = 1", flip=90, named=(("cosignature", "signature-failed"),)),
        "received_at": Change("log_id = 1", _TIME, harmless=_NOT_EVIDENCE),
    },
    "timestamp": {
        "log_id": Change(
            "log_id = 1", _MOVED, harmless="a token that is gone is seen as never given"
        ),
        "size": Change("log_id = 1", "6", named=(("timestamp", "rows-outside"),)),
        "authority": Change("log_id = 1", "'https://else.example'", harmless=_NOT_EVIDENCE),
        "token": Change("log_id = 1", flip=200, named=(("timestamp", "timestamp-failed"),)),
        "received_at": Change("log_id = 1", _TIME, harmless=_NOT_EVIDENCE),
    },
    "folded": {
        "log_id": Change("kind = 'release'", _MOVED, named=(("folded", "row-missing"),)),
        "kind": Change("kind = 'release'", "'model'", named=(("folded", "row-wrong"),)),
        "key": Change("kind = 'release'", "'77'", named=(("folded", "row-wrong"),)),
        "since": Change("kind = 'release'", "0", named=(("folded", "row-wrong"),)),
        "as_of": Change("kind = 'release'", "3", named=(("folded", "row-wrong"),)),
        "model": Change("kind = 'release'", "'other'", named=(("folded", "row-wrong"),)),
        "version": Change("kind = 'release'", "'9'", named=(("folded", "row-wrong"),)),
        "environment": Change("kind = 'release'", "'moon'", named=(("folded", "row-wrong"),)),
        "status": Change("kind = 'release'", "'rejected'", named=(("folded", "row-wrong"),)),
        "actor": Change("kind = 'release'", "'nobody'", named=(("folded", "row-wrong"),)),
        "value": Change("kind = 'release'", flip=20, named=(("folded", "row-wrong"),)),
    },
    "idempotency": {
        "log_id": Change("sequence = 4", _MOVED, named=(("idempotency", "key-wrong"),)),
        "key": Change("sequence = 4", flip=2, named=(("idempotency", "key-wrong"),)),
        "command": Change("sequence = 4", flip=2, named=(("idempotency", "key-wrong"),)),
        "sequence": Change("sequence = 4", "5", named=(("idempotency", "key-wrong"),)),
    },
    "vault": {
        "log_id": Change("sequence = 2", _MOVED, named=(("vault", "vault-missing"),)),
        "sequence": Change("sequence = 2", "3", named=(("vault", "vault-surplus"),)),
        "field": Change("sequence = 2", "'other'", named=(("vault", "vault-surplus"),)),
        "subject": Change("sequence = 2", f"'{'ee' * 16}'", named=(("vault", "vault-surplus"),)),
        "sealed": Change("sequence = 2", flip=20, named=(("vault", "vault-damaged"),)),
    },
    "vault_key": {
        "log_id": Change("log_id = 1", _MOVED, named=(("vault", "vault-missing"),)),
        "subject": Change(
            "subject = (SELECT subject FROM vault WHERE sequence = 2 LIMIT 1)",
            f"'{'ee' * 16}'",
            named=(("vault", "vault-missing"),),
        ),
        "wrapped": Change(
            "subject = (SELECT subject FROM vault WHERE sequence = 2 LIMIT 1)",
            flip=20,
            named=(("vault", "vault-damaged"),),
        ),
    },
    "witness_word": {
        column: Change(
            "log_id = 1",
            harmless="a witness's last word is news for people; its signature is the evidence",
        )
        for column in ("log_id", "signer", "outcome", "size", "sentence", "said_at")
    },
    "hourly": {
        column: Change(
            "log_id = 1",
            harmless="a counter that keeps refusals from filling the ledger, and no evidence",
        )
        for column in ("log_id", "actor", "hour", "asked", "refused", "cut")
    },
    "verification": {
        column: Change(
            "log_id = 1",
            harmless="what a run once said is no evidence; whoever doubts it runs it again",
        )
        for column in ("log_id", "begun_at", "ended_at", "size", "root", "problems", "report")
    },
    "notice_subscription": {
        column: Change(
            "log_id = 1",
            harmless="who wants to hear of what is no evidence; a message is no proof of anything",
        )
        for column in (
            "log_id",
            "subscription_id",
            "subscriber",
            "channel",
            "topics",
            "model",
            "environment",
            "since",
            "created_at",
        )
    },
    "notice_cursor": {
        column: Change("log_id = 1", harmless="it costs or doubles a message, never an entry")
        for column in ("log_id", "position")
    },
    "notice_delivery": {
        column: Change(
            "log_id = 1",
            harmless="what was sent is no evidence; what a message told of stands in the entries",
        )
        for column in (
            "log_id",
            "occasion",
            "subscription_id",
            "sequence",
            "channel",
            "state",
            "attempts",
            "due_at",
            "settled_at",
            "failure",
        )
    },
    "job": {
        column: Change(
            "number = 1",
            harmless="what is asked for is no evidence; what a job records is decided as anything "
            "is, and whoever can write here can make a token as well (threat model)",
        )
        for column in (
            "number",
            "log_id",
            "kind",
            "wanted",
            "actor",
            "owner",
            "key",
            "state",
            "step",
            "done",
            "total",
            "asked_at",
            "begun_at",
            "ended_at",
            "attempts",
            "leased_until",
            "cancelled",
            "result",
            "failure",
        )
    },
    "report_subscription": {
        column: Change(
            "log_id = 1",
            harmless="what is asked for is no evidence; its reports are decided and recorded as "
            "jobs are (threat model)",
        )
        for column in (
            "log_id",
            "subscription_id",
            "owner",
            "actor",
            "framework",
            "models",
            "environments",
            "recipients",
            "created_at",
            "month",
            "job",
            "last_month",
            "result",
            "failure",
        )
    },
    "statement_draft": {
        column: Change(
            "log_id = 1",
            harmless="a draft is no evidence; its text is bound to control, draft, version and "
            "writer and opens nowhere else, and who signs is shown what is signed (threat model)",
        )
        for column in (
            "log_id",
            "control",
            "draft_id",
            "version",
            "author",
            "changed_by",
            "hands",
            "created_at",
            "changed_at",
            "due",
            "sealed",
        )
    },
    "connection": {
        column: Change(
            "log_id = 1",
            harmless="it says whose deliveries are read; what they bring is decided as anything is, "
            "and its entries name the connection (threat model)",
        )
        for column in (
            "log_id",
            "name",
            "type",
            "actor",
            "document",
            "secret",
            "silent_hours",
            "created_at",
            "created_by",
            "heard_at",
            "refused_at",
            "silence_told_at",
        )
    },
    "inbound": {
        column: Change(
            "log_id = 1",
            harmless="what was delivered is no evidence; what was lost of it is found by the sweep",
        )
        for column in (
            "log_id",
            "connection",
            "delivery",
            "received_at",
            "state",
            "settled_at",
            "entry",
            "failure",
            "body",
        )
    },
    **{
        table: {
            column: Change(
                "log_id = 1",
                harmless="it is derived and only looked at: reports compute from the entries, and "
                "`counterseal control check` holds it against them",
            )
            for column in columns
        }
        for table, columns in {
            "standing_note": ("log_id", "name", "value"),
            "standing_unit": ("log_id", "name", "again", "value"),
            "standing_deviation": (
                "log_id",
                "piece",
                "missing",
                "last",
                "unit",
                "nth",
                "value",
            ),
        }.items()
    },
    "standing_turn": {
        column: Change(
            "log_id = 1",
            harmless="when a verdict was seen to turn is shown as a trend and is evidence of "
            "nothing; every verdict follows from the entries again",
        )
        for column in ("log_id", "control", "position", "at", "verdict", "before", "cause")
    },
    "access": {
        "log_id": Change("number = 3", _MOVED, named=(("access", "access-missing"),)),
        "number": Change("number = 3", "99999", named=(("access", "access-missing"),)),
        "at": Change("number = 3", _TIME, named=(("access", "access-changed"),)),
        "kind": Change("number = 3", "'search'", named=(("access", "access-changed"),)),
        "actor": Change("number = 3", f"'{'ee' * 16}'", named=(("access", "access-changed"),)),
        "via": Change("number = 3", "'token'", named=(("access", "access-changed"),)),
        "route": Change("number = 3", "'pages.inbox'", named=(("access", "access-changed"),)),
        "concerns": Change("number = 3", "''", named=(("access", "access-changed"),)),
        "status": Change("number = 3", "404", named=(("access", "access-changed"),)),
        "many": Change("number = 3", "9", named=(("access", "access-changed"),)),
        "recorder": Change("number = 3", "'other'", named=(("access", "access-changed"),)),
        "chain": Change("number = 3", flip=2, named=(("access", "access-changed"),)),
    },
    "access_head": {
        "log_id": Change("log_id = 1", _MOVED, named=(("access", "access-end-wrong"),)),
        "number": Change("log_id = 1", "4", named=(("access", "access-end-wrong"),)),
        "chain": Change("log_id = 1", flip=2, named=(("access", "access-end-wrong"),)),
    },
    "access_origin": {
        column: Change(
            "log_id = 1",
            harmless="where a request came from is a hint for people, forgotten after 30 days",
        )
        for column in ("log_id", "number", "at", "digest")
    },
    "guard": {
        "origin": Change("size > 0", "'elsewhere.example'", named=(("open", "guard-missing"),)),
        "size": Change("size > 0", "99999", named=(("open", "behind-guard"),)),
        "root": Change("size > 0", flip=3, named=(("open", "forked-from-guard"),)),
        "checkpoint": Change(
            "size > 0", "'nonsense'", harmless="size and root are what is compared"
        ),
    },
}


def as_markdown() -> str:
    """The matrix as a table for people."""
    lines = [
        "# The tamper matrix",
        "",
        "Every column of every table was changed behind the program's back, on SQLite and on",
        "PostgreSQL; this is what names the change. `open` means that the ledger says it when it is",
        "opened and takes no more entries. Written from `tests/attacks/matrix.py`; a test holds that",
        "no column is missing.",
        "",
        "| table | column | named by | as |",
        "|---|---|---|---|",
    ]
    for table, columns in MATRIX.items():
        for column, change in columns.items():
            if change.harmless:
                lines.append(f"| `{table}` | `{column}` | nothing | {change.harmless} |")
            for where, code in change.named:
                lines.append(f"| `{table}` | `{column}` | `{where}` | `{code}` |")
    return "\n".join(lines) + "\n"
