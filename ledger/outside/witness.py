"""Asking a witness for its cosignature (C2SP tlog-witness, the side of the log).

The old size is the one that our own record of the witness's cosignatures names. A witness that
knows another names it (409), and is asked again from there. What comes back is checked under the
key of the trust policy before anybody sees it.

A witness that can't be brought to follow is told apart from one that is merely away: what it says
may be that this log has two histories.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from ledger.address import check_url
from ledger.core.cosignature import check_cosignature, parse_lines
from ledger.core.witnessing import (
    MAX_ANSWER_BYTES,
    SIZE,
    TEXT,
    format_add_checkpoint,
    parse_known_size,
)
from ledger.errors import LedgerError, ProofError
from ledger.outside.http import post

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import httpx

    from ledger.core.checkpoint import Checkpoint
    from ledger.core.cosignature import Cosignature
    from ledger.core.trust import Witness
    from ledger.outside.http import Reply

MOST_TRIES: Final = 3
_OK: Final = 200
_CONFLICT: Final = 409
_UNPROCESSABLE: Final = 422


class Outcome(StrEnum):
    """What came of asking."""

    SIGNED = "signed"
    AHEAD = "ahead"  # it knows a later checkpoint of ours already
    SPLIT = "split-view"
    REFUSED = "refused"
    WRONG = "wrong-answer"
    AWAY = "unreachable"


@dataclass(frozen=True, slots=True)
class Word:
    """A witness's last word on a checkpoint of this size, and the cosignature if it gave one."""

    outcome: Outcome
    size: int
    sentence: str
    cosignature: Cosignature | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What all witnesses are asked alike.

    ``note`` is the signed checkpoint, ``prove`` gives the consistency proof from a size, ``head``
    the size of the log at this moment, and ``latest`` is the last second to be believed.
    """

    note: bytes
    checkpoint: Checkpoint
    prove: Callable[[int], Sequence[bytes]]
    head: Callable[[], int]
    latest: int


def ask(client: httpx.Client, witness: Witness, request: Request, old_size: int) -> Word:
    """Ask one witness. Nothing is raised for what a stranger does.

    Args:
        client: as ``ledger.outside.http.new_client`` makes it.
        witness: with its URL, the submission prefix.
        request: the checkpoint.
        old_size: the size that we believe the witness knows.
    """
    try:
        return _ask(client, witness, request, min(old_size, request.checkpoint.size))
    except ProofError as error:
        return _word(Outcome.WRONG, request, f"It gave no cosignature of its own: {error.sentence}")
    except LedgerError as error:
        return _word(Outcome.AWAY, request, error.sentence)


def _ask(client: httpx.Client, witness: Witness, request: Request, old_size: int) -> Word:
    url = f"{check_url(witness.url)}/add-checkpoint"
    for _ in range(MOST_TRIES):
        body = format_add_checkpoint(old_size, request.prove(old_size), request.note)
        reply = post(client, url, body, media_type=TEXT, most=MAX_ANSWER_BYTES)
        if reply.status == _OK:
            return _signed(witness, request, reply)
        known = _known_size(reply)
        if known is None:
            return _refused(request, reply, old_size)
        if known > request.checkpoint.size:
            return _further(request, known)
        if known == old_size:
            return _word(Outcome.WRONG, request, "It names the size that it was asked from.")
        old_size = known
    return _word(Outcome.WRONG, request, f"It named {MOST_TRIES} sizes, one after another.")


def _signed(witness: Witness, request: Request, reply: Reply) -> Word:
    key = witness.vkey
    ours = [
        line
        for line in parse_lines(reply.body)
        if (line.name, line.key_id) == (key.name, key.key_id)
    ]
    if not ours:
        return _word(Outcome.WRONG, request, "It answered without a line of the key we trust.")
    found = [
        check_cosignature(key, request.checkpoint, line, latest=request.latest) for line in ours
    ]
    newest = max(found, key=lambda one: one.time)
    return _word(Outcome.SIGNED, request, "It has signed.", newest)


def _known_size(reply: Reply) -> int | None:
    if reply.status != _CONFLICT or reply.media_type.partition(";")[0].strip() != SIZE:
        return None
    return parse_known_size(reply.body)


def _further(request: Request, known: int) -> Word:
    if known <= request.head():
        return _word(Outcome.AHEAD, request, f"It has seen {known} entries already.")
    return _word(
        Outcome.SPLIT,
        request,
        f"It has signed a checkpoint of {known} entries of this log, which we never had.",
    )


def _refused(request: Request, reply: Reply, old_size: int) -> Word:
    if reply.status == _UNPROCESSABLE:
        return _word(
            Outcome.SPLIT,
            request,
            f"It says that our tree does not continue the {old_size} entries that it has signed.",
        )
    if reply.status == _CONFLICT and old_size == request.checkpoint.size:
        return _word(Outcome.SPLIT, request, f"It has signed another root for {old_size} entries.")
    reasons = {
        400: "It takes the request for malformed.",
        403: "It does not know the key of this log.",
        404: "It does not know this log.",
        429: "It was asked too often.",
    }
    said = reasons.get(reply.status, f"It answered with status {reply.status}.")
    return _word(Outcome.REFUSED, request, said)


def _word(
    outcome: Outcome, request: Request, sentence: str, cosignature: Cosignature | None = None
) -> Word:
    return Word(outcome, request.checkpoint.size, sentence, cosignature)
