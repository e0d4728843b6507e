"""The asker's own proof of a command, checked: before an entry is appended, and ever after.

For a passkey's assertion (``webauthn``):

1. the event is an approval or a refusal of a release, by a person;
2. the key was enrolled for this person by the entry that the proof names, before this one, and is
   not revoked: it comes from the ledger, never from the proof;
3. the statement says what the event says, about the release, the rules, the pack and the roles as
   they stand at this place, in this log;
4. the statement has not expired, was not to last longer than fifteen minutes, and was not used;
5. the assertion holds (``ledger.core.assertion``), and its backup bit is that of the enrolment;
6. where the authenticator counts, its counter has moved on.

That the head is one of this log's, and that the idempotency key is the nonce, is for whoever has
the tree and the request: ``check_request`` and ``ledger.batch``, ``ledger.audit.walk``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NoReturn

from ledger.core.assertion import Expected, check_assertion
from ledger.core.digest import hex_digest, sha256
from ledger.core.rfc4648 import from_base64
from ledger.errors import LedgerError, ProofError
from ledger.events.approval import MOST_BEHIND, MOST_SECONDS, ApprovalStatement, read_statement
from ledger.events.names import parse_instant
from ledger.events.proof import WebAuthnProof
from ledger.events.release import ReleaseApproved, ReleaseRejected
from ledger.state.approving import statement_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.core.assertion import AuthenticatorData
    from ledger.events.entry import Commitment, Request
    from ledger.events.event import Event
    from ledger.events.passkey import KeyEnrolled
    from ledger.state.passkeys import PasskeyState
    from ledger.state.place import Place
    from ledger.state.registry import Registry

NO_HEAD: Final = "proof-head"
COUNTER: Final = "proof-counter"


def check_proof(registry: Registry, event: Event, place: Place) -> ApprovalStatement | None:
    """Check a passkey's proof of an event on the state before it; nothing where there is none.

    Returns what was signed. An identity token is held against its rule by the policy.

    Raises:
        ProofError: what does not hold; ``code`` begins with ``proof-`` or ``assertion-``.
    """
    proof = place.proof
    if not isinstance(proof, WebAuthnProof):
        return None
    if not isinstance(event, (ReleaseApproved, ReleaseRejected)):
        _refuse("proof-other-kind", "A passkey signs approvals and refusals of releases only.")
    try:
        key = registry.passkey(proof.credential)
        statement = read_statement(from_base64(proof.statement))
        _check_key(key, proof, place)
        _check_statement(registry, event, statement, place)
        _check_use(key, statement, place)
        _check_assertion(key, proof)
    except ProofError:
        raise
    except LedgerError as error:
        raise ProofError(error.sentence, code="proof-malformed", remedy=error.remedy) from error
    return statement


def check_request(
    statement: ApprovalStatement, request: Request | None, commitments: Sequence[Commitment]
) -> None:
    """The command was asked for under the statement's nonce, with the reason that was signed.

    Raises:
        ProofError: ``proof-nonce`` or ``proof-reason``.
    """
    key = hex_digest(f"{statement.actor}\n{statement.nonce}".encode())
    if request is None or request.idempotency_key != key:
        _refuse("proof-nonce", "The idempotency key is not the nonce that was signed.")
    reasons = [item.hmac_sha256 for item in commitments]
    if reasons != ([] if statement.reason is None else [statement.reason]):
        _refuse("proof-reason", "The reason is not the one that was signed.")


def _check_key(key: PasskeyState, proof: WebAuthnProof, place: Place) -> None:
    if key.since != proof.key or key.algorithm != proof.algorithm:
        _refuse("proof-key", f"The key was enrolled by entry {key.since}, as {key.algorithm}.")
    if key.actor != place.actor:
        _refuse("proof-key", "The key was enrolled for somebody else.")
    if key.since >= place.sequence or key.until is not None:
        _refuse("proof-key-revoked", "The key was not in force at this entry.")


def _check_statement(
    registry: Registry,
    event: ReleaseApproved | ReleaseRejected,
    said: ApprovalStatement,
    place: Place,
) -> None:
    wanted = statement_of(
        registry,
        release=event.release,
        decision="approve" if isinstance(event, ReleaseApproved) else "reject",
        actor=place.actor,
        head=said.head,
        reason=said.reason,
        expires=said.expires,
        nonce=said.nonce,
    )
    for name in ApprovalStatement.model_fields:
        if getattr(said, name) != getattr(wanted, name):
            _refuse("proof-statement", f"What was signed has another {name} than is so here.")
    if event.artifact != said.artifact:
        _refuse("proof-statement", "What was signed is of another artifact.")
    if isinstance(event, ReleaseApproved) and event.pack != said.pack:
        _refuse("proof-statement", "What was signed is of another pack.")
    if not place.sequence - MOST_BEHIND <= said.head.size <= place.sequence:
        _refuse(NO_HEAD, "The head that was signed is not one shortly before this entry.")


def _check_use(key: PasskeyState, said: ApprovalStatement, place: Place) -> None:
    at, expires = parse_instant(place.at), parse_instant(said.expires)
    if expires < at:
        _refuse("proof-expired", "What was signed had expired; sign again.")
    if expires - at > timedelta(seconds=MOST_SECONDS):
        _refuse("proof-expired", "What was signed would hold for too long.")
    if any(one.nonce == said.nonce for one in key.used):
        _refuse("proof-replayed", "What was signed has been used already.")


def check_signed(key: PasskeyState | KeyEnrolled, proof: WebAuthnProof) -> AuthenticatorData:
    """Check that a passkey signed the statement of a proof.

    Raises:
        SignatureError: as ``check_assertion``.
    """
    expected = Expected(
        rp_id=key.rp_id,
        origin=key.origin,
        challenge=sha256(from_base64(proof.statement)),
        algorithm=key.algorithm,
        public=from_base64(key.public),
    )
    return check_assertion(
        expected,
        authenticator_data=from_base64(proof.authenticator_data),
        client_data=from_base64(proof.client_data),
        signature=from_base64(proof.signature),
    )


def _check_assertion(key: PasskeyState, proof: WebAuthnProof) -> None:
    found = check_signed(key, proof)
    if found.backup_eligible != key.backup_eligible:
        _refuse("proof-backup", "The key says of its copies what it did not say when enrolled.")
    if (found.count or key.count) and found.count <= key.count:
        _refuse(
            COUNTER,
            "The authenticator's counter did not move on: it may have been copied.",
        )


def _refuse(code: str, sentence: str) -> NoReturn:
    raise ProofError(sentence, code=code)
