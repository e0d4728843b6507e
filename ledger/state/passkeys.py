"""Passkeys as folded: whose they are, where they count, and what they have signed lately."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import SerializerFunctionWrapHandler, model_serializer

from ledger.core.digest import hex_digest
from ledger.core.rfc4648 import from_base64
from ledger.events.names import Value
from ledger.events.proof import Algorithm
from ledger.state.aggregates import Aggregate, Search


class Used(Value):
    """A nonce that was signed, and until when its statement would hold."""

    nonce: str
    expires: str


class PasskeyState(Aggregate):
    """A person's passkey. Key: the digest of its credential id, which is never enrolled twice.

    It counts from the entry after ``since`` to the one before ``until``. ``change`` is the proposal
    under which it was enrolled, ``countersigned`` are who agreed to it; both are empty for a key
    that was enrolled while nobody else could agree. ``count`` is the last signature counter.
    ``earlier`` is the log and the entry in which it was first enrolled, of a key that came over.
    """

    table: ClassVar[str] = "passkey"
    actor: str
    credential: str
    algorithm: Algorithm
    public: str
    rp_id: str
    origin: str
    backup_eligible: bool
    aaguid: str
    attestation_format: str
    enrolled_at: str
    by: str
    change: int | None = None
    countersigned: tuple[str, ...] = ()
    until: int | None = None
    until_at: str | None = None
    count: int = 0
    used: tuple[Used, ...] = ()
    earlier: tuple[str, int] | None = None

    @model_serializer(mode="wrap")
    def _without_nothing(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A key that did not come over is written as it always was."""
        written: dict[str, Any] = write(self)
        if self.earlier is None:
            del written["earlier"]
        return written

    @property
    def key(self) -> str:
        """The digest of its credential id."""
        return credential_key(self.credential)

    def search(self) -> Search:
        """By whose it is, and whether it counts."""
        return Search(actor=self.actor, status="in_force" if self.until is None else "revoked")


class ActorPasskeys(Aggregate):
    """The passkeys of an actor that count now, by their keys."""

    table: ClassVar[str] = "actor_passkeys"
    actor: str
    passkeys: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The actor."""
        return self.actor


def credential_key(credential: str) -> str:
    """SHA-256 of a credential id, given in base64.

    Raises:
        EncodingError: it is not base64 in its one form.
    """
    return hex_digest(from_base64(credential))
