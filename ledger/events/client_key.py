"""Keys of workloads: a program signs its own requests, where no CI service vouches for it.

The signed request is ``ledger.events.request``. Passkeys of persons are another matter
(``ledger.events.passkey``), and so are the log's own keys (``ledger.events.log``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, StringConstraints

from ledger.events.event import Event, named
from ledger.events.names import (
    ActorId,
    Instant,
    KindName,
    ModelName,
    PrivateText,
    PublicText,
    Sha256,
    Slug,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

Ed25519Key = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Ed25519Signature = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$")]


class WorkloadKeyEnrolled(Event):
    """A workload's Ed25519 key became known, with a proof that it is held.

    ``possession`` is its signature over four lines: a label, the log's origin, the workload and the
    key. ``kinds``, ``models`` and ``deploys_to`` bound what the key may submit, all models or
    environments where left out; from ``until`` on it submits nothing.

    ``shown_in`` stands only at the beginning of a log that continues another: the origin of the log
    in which the key was enrolled, which ``possession`` is over.
    """

    kind: ClassVar[str] = "workload.key_enrolled"

    actor_id: ActorId
    public: Ed25519Key
    possession: Ed25519Signature
    kinds: Annotated[tuple[KindName, ...], Field(min_length=1, max_length=50)]
    models: Annotated[tuple[ModelName, ...], Field(min_length=1, max_length=100)] | None = None
    deploys_to: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=20)] | None = None
    until: Instant
    shown_in: PublicText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"actor:{self.actor_id}") | named(f"key:{self.public}")


class WorkloadKeyRevoked(Event):
    """A workload's key submits nothing from here on; ``key`` is its fingerprint."""

    kind: ClassVar[str] = "workload.key_revoked"

    key: Sha256
    reason: PrivateText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"key:{self.key}")


def possession_message(origin: str, actor_id: str, public: str) -> bytes:
    """What a key signs to show that it is held."""
    return f"counterseal/client-key/v1\n{origin}\n{actor_id}\n{public}\n".encode()
