"""Receipts of commands: kept in a file with what proves them, and checked under a pinned key.

A kept receipt is one JSON object: ``format``, the ``receipt`` as the server gave it, the entry's
stored bytes (``envelope``, base64) and its inclusion proof (``proof``, C2SP tlog-proof).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from webui.client.admit import (
    EVENT,
    MOST_HASHES,
    WrongError,
    b64,
    check_inclusion,
    leaf_hash,
    part,
    read_checkpoint,
    read_json,
    read_vkey,
)
from webui.client.errors import ProofError, SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webui.client.admit import Vkey

FORMAT: Final = "counterseal-receipt/1"
_HEADER: Final = "c2sp.org/tlog-proof@v1"


def keep(receipt: Mapping[str, Any], envelope: str, proof: bytes) -> dict[str, Any]:
    """A receipt with what proves it."""
    return {
        "format": FORMAT,
        "receipt": dict(receipt),
        "envelope": envelope,
        "proof": proof.decode("utf-8", "replace"),
    }


def read_kept(data: bytes) -> dict[str, Any]:
    """A kept receipt from its file.

    Raises:
        ProofError: it is none.
    """
    try:
        return read_json(data)
    except WrongError as error:
        raise ProofError(f"This is not a receipt: {error}.") from None


def check_kept(kept: Mapping[str, Any], vkey: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """Check a kept receipt; the statement of its entry.

    1. The proof's checkpoint is signed by the log of the key.
    2. The stored bytes stand in its tree, at the number and with the hash that the receipt names.
    3. The entry says of itself what the receipt says: place, kind, time, outcome.
    4. Every field of ``event`` that entered the ledger is as it was sent.

    Raises:
        ProofError: one of these does not hold.
        SettingError: ``vkey`` is no verifier key.
    """
    try:
        known = read_vkey(vkey)
    except WrongError as error:
        raise SettingError(f"The verifier key can't be used: {error}.") from None
    try:
        statement = _proved(dict(kept), known)
        recorded = part(part(statement, "predicate", dict), "event", dict)
    except WrongError as error:
        raise ProofError(f"The receipt does not verify: {error}.") from None
    if any(name in recorded and recorded[name] != value for name, value in event.items()):
        raise ProofError("The entry does not hold what was sent.")
    return statement


def _proved(kept: dict[str, Any], vkey: Vkey) -> dict[str, Any]:
    """The statement of the entry, or WrongError."""
    if kept.get("format") != FORMAT:
        raise WrongError("it is of another format")
    receipt, stored = part(kept, "receipt", dict), b64(kept.get("envelope"))
    index, hashes, note = read_proof(part(kept, "proof", str))
    tree = read_checkpoint(note, vkey)
    check_inclusion(leaf_hash(stored), index, tree.size, hashes, tree.root)
    if index != receipt.get("sequence") or leaf_hash(stored).hex() != receipt.get("leaf_hash"):
        raise WrongError("the entry is not the one that the receipt names")
    statement = read_json(b64(read_json(stored).get("payload")))
    _check_said(statement, receipt, tree.origin)
    return statement


def _check_said(statement: dict[str, Any], receipt: dict[str, Any], origin: str) -> None:
    predicate = part(statement, "predicate", dict)
    log = part(predicate, "log", dict)
    kind = part(statement, "predicateType", str).removeprefix(EVENT).partition("/")[0]
    decision = predicate.get("decision")
    outcome = decision.get("outcome") if isinstance(decision, dict) else "allow"
    said = (log.get("origin"), log.get("sequence"), kind, predicate.get("recorded_at"), outcome)
    names = ("sequence", "kind", "recorded_at", "outcome")
    if said != (origin, *(receipt.get(name) for name in names)):
        raise WrongError("the entry says something else than the receipt")


def read_proof(text: str) -> tuple[int, list[bytes], bytes]:
    """Index, hashes and checkpoint of a C2SP tlog-proof, or WrongError."""
    head, divide, note = text.partition("\n\n")
    lines = head.split("\n")
    if not divide or lines.pop(0) != _HEADER:
        raise WrongError("the inclusion proof is none")
    if lines and lines[0].startswith("extra "):
        lines.pop(0)
    found = re.fullmatch(r"index (0|[1-9][0-9]{0,18})", lines.pop(0) if lines else "", re.ASCII)
    if found is None or len(lines) > MOST_HASHES:
        raise WrongError("the inclusion proof is malformed")
    return int(found[1]), [b64(line) for line in lines], note.encode()
