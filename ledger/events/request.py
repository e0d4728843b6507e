"""A request that a workload signed: which command, to which log, until when, once.

It is the payload of a DSSE envelope, in RFC 8785 form::

    {"actor": ..., "command": {"event": {...}, "kind": ...}, "expires": ..., "log": ...,
     "nonce": ...}

The nonce is the idempotency key: whoever sends the envelope again gets the receipt again, and
nothing is recorded twice. Private texts are not part of a signed request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import StringConstraints, ValidationError

from ledger.core.encoding import canonical, parse_json
from ledger.core.envelope import pae
from ledger.core.rfc4648 import from_base64
from ledger.errors import LedgerError, ProofError
from ledger.events.names import ActorId, Instant, KindName, PublicText, Value

if TYPE_CHECKING:
    from ledger.events.proof import DsseProof

REQUEST_TYPE: Final = "application/vnd.counterseal.request.v1+json"
MOST_SECONDS: Final = 900
"""How far ahead a request may expire."""
Nonce = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{22,128}$")]


class RequestedCommand(Value):
    """The command: a kind of event and its fields, as an entry would hold them."""

    kind: KindName
    event: dict[str, Any]


class SignedRequest(Value):
    """What is signed."""

    log: PublicText
    actor: ActorId
    command: RequestedCommand
    expires: Instant
    nonce: Nonce

    def payload(self) -> bytes:
        """The bytes to sign, within a DSSE envelope."""
        return canonical(self.model_dump(mode="json"))


def read_request(payload: bytes) -> SignedRequest:
    """Read a request from the bytes that were signed; only its one form is taken.

    Raises:
        ProofError: ``request-malformed``.
    """
    try:
        found = SignedRequest.model_validate(parse_json(payload))
        same = found.payload() == payload
    except (LedgerError, ValidationError):
        same = False
    if not same:
        raise ProofError(
            "The signed request is malformed.",
            code="request-malformed",
            remedy="Sign the RFC 8785 form of {actor, command, expires, log, nonce}.",
        )
    return found


def signed_bytes(proof: DsseProof) -> tuple[bytes, bytes]:
    """What a proof's key signed, and the signature.

    Raises:
        EncodingError: it is not base64 in its one form.
    """
    payload = from_base64(proof.envelope.payload)
    return pae(REQUEST_TYPE, payload), from_base64(proof.envelope.signatures[0].sig)
