"""Passkeys of persons, with which they sign approvals and nothing else.

The log's own keys are another matter (``ledger.events.log``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import StringConstraints

from ledger.events.event import Event, named
from ledger.events.names import ActorId, PrivateText, Slug
from ledger.events.proof import Algorithm, Bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

RpId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
Origin = Annotated[
    str, StringConstraints(pattern=r"^https?://[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[0-9]{1,5})?$")
]
Aaguid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class KeyEnrolled(Event):
    """A person's passkey became known, under which approvals count as signed by that person.

    ``public`` is SubjectPublicKeyInfo in DER. ``backup_eligible`` says that the key may be copied
    to other devices. ``attestation`` and ``client_data`` are what the authenticator and the browser
    said at enrolment, as received. Who countersigned stands in the entry's decision.
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
