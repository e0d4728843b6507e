"""Passkeys of persons, with which they sign approvals and nothing else.

The log's own keys are another matter (``ledger.events.log``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, StringConstraints

from ledger.events.event import Event, named
from ledger.events.names import (
    ActorId,
    Count,
    Instant,
    PrivateText,
    PublicText,
    Sequence,
    Slug,
    Value,
)
from ledger.events.proof import Algorithm, Bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

RpId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
Origin = Annotated[
    str, StringConstraints(pattern=r"^https?://[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[0-9]{1,5})?$")
]
Aaguid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class EarlierEnrolment(Value):
    """Where a passkey was first enrolled: ``entry`` of the log ``origin``, when, and by whom.

    ``countersigned`` are who agreed there. ``count`` is its signature counter as the log before
    this one left it.
    """

    origin: PublicText
    entry: Sequence
    at: Instant
    by: ActorId
    countersigned: Annotated[tuple[ActorId, ...], Field(max_length=100)] = ()
    count: Count = 0


class KeyEnrolled(Event):
    """A person's passkey became known, under which approvals count as signed by that person.

    ``public`` is SubjectPublicKeyInfo in DER. ``backup_eligible`` says that the key may be copied
    to other devices. ``attestation`` and ``client_data`` are what the authenticator and the browser
    said at enrolment, as received. Who countersigned stands in the entry's decision.

    ``earlier`` stands only at the beginning of a log that continues another: the key comes over
    from there, where it was enrolled and countersigned.
    """

    kind: ClassVar[str] = "key.enrolled"

    actor_id: ActorId
    credential: Bytes
    algorithm: Algorithm
    public: Bytes
    rp_id: RpId
    origin: Origin
    backup_eligible: bool
    backed_up: bool
    aaguid: Aaguid
    attestation_format: Slug
    attestation: Bytes
    client_data: Bytes
    earlier: EarlierEnrolment | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"actor:{self.actor_id}")


class KeyRevoked(Event):
    """A person's passkey signs no more approvals from here on; what it signed before stands."""

    kind: ClassVar[str] = "key.revoked"

    actor_id: ActorId
    credential: Bytes
    reason: PrivateText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"actor:{self.actor_id}")
