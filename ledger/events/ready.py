"""A statement that is ready: all that an entry will say, but for its place in a log.

It is written once, in canonical JSON, and stays open where time and place will stand. The members
of a predicate are in the order of their names: before the place come actor, commitments, decision
and event, after it the proof, the time, the request and the statement's subjects. So the bytes of
a placed statement are those that ``canonical`` would give for the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.core.encoding import canonical
from ledger.core.statement import STATEMENT_TYPE, encode_subjects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.core.statement import Subject
    from ledger.events.actor import Actor
    from ledger.events.decision import Decision
    from ledger.events.entry import Commitment, Request
    from ledger.events.event import About, Event
    from ledger.events.proof import Proof

_START = b'{"_type":"%s","predicate":{"actor":%%s' % STATEMENT_TYPE.encode()
_END = b'},"predicateType":"%s","subject":%s}'


@dataclass(frozen=True, slots=True)
class Ready:
    """A statement without its place, and the columns by which its entry is found.

    ``actor`` is who acts, by id; ``command`` and ``key`` are the digests of what was asked, empty
    where nobody asked or no key was given; ``start``, ``middle``, ``proof`` and ``end`` are the
    canonical bytes around the clock, the place and the time.
    """

    kind: str
    actor: str
    about: About
    command: bytes
    key: bytes
    start: bytes
    middle: bytes
    end: bytes
    proof: bytes = b""

    def placed(
        self, origin: bytes, sequence: int, previous: str, recorded_at: str, clock: str | None
    ) -> bytes:
        """The payload to sign.

        Args:
            origin: the log's origin, as a canonical JSON text.
            sequence: the number of the entry.
            previous: the leaf hash of the entry before, in hexadecimal.
            recorded_at: the time of the entry.
            clock: what the clock said where it stood behind the entry before.
        """
        return (
            b'%s%s%s,"log":{"origin":%s,"previous":"%s","sequence":%d}%s,"recorded_at":"%s"%s'
            % (
                self.start,
                b"" if clock is None else b',"clock":"%s"' % clock.encode(),
                self.middle,
                origin,
                previous.encode(),
                sequence,
                self.proof,
                recorded_at.encode(),
                self.end,
            )
        )


def prepare(
    event: Event,
    facts: bytes,
    actor: Actor,
    *,
    about: About,
    subjects: tuple[Subject, ...],
    decision: Decision | None,
    request: Request | None,
    commitments: Sequence[Commitment] = (),
    proof: Proof | None = None,
) -> Ready:
    """Write a statement, open at its place. ``facts`` are the event's, in canonical JSON.

    Raises:
        EncodingError: as ``canonical`` and ``encode_subjects``.
    """
    middle = [b',"event":', facts]
    if decision is not None:
        middle[:0] = (b',"decision":', decision.canonical)
    if commitments:
        listed = [item.model_dump(mode="json") for item in commitments]
        middle[:0] = (b',"commitments":', canonical(listed))
    end = _END % (event.predicate_type().encode(), encode_subjects(subjects))
    return Ready(
        kind=event.kind,
        actor=actor.id,
        about=about,
        command=b"" if request is None else bytes.fromhex(request.command),
        key=bytes.fromhex(request.idempotency_key or "") if request else b"",
        start=_START % canonical(actor.model_dump(mode="json", exclude_none=True)),
        middle=b"".join(middle),
        end=end if request is None else _asked(request) + end,
        proof=b""
        if proof is None
        else b',"proof":%s' % canonical(proof.model_dump(mode="json", exclude_none=True)),
    )


def _asked(request: Request) -> bytes:
    """The member of a request, which is of hexadecimal digits alone."""
    key = request.idempotency_key
    named = "" if key is None else f',"idempotency_key":"{key}"'
    return f',"request":{{"command":"{request.command}"{named}}}'.encode()
