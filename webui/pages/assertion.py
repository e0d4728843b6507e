"""The passkey's signature in an entry, read for people, checked with the key of its enrolment."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ledger.core.assertion import Expected, check_assertion, parse_authenticator_data
from ledger.core.digest import hex_digest, sha256
from ledger.core.rfc4648 import from_base64
from ledger.errors import LedgerError
from ledger.events.proof import WebAuthnProof

if TYPE_CHECKING:
    from ledger.events.entry import Entry
    from ledger.events.proof import Algorithm
    from ledger.query import Reader
    from ledger.state.passkeys import PasskeyState


@dataclass(frozen=True)
class Assertion:
    """What a passkey signed, by which key, and what is wrong with it, if anything is."""

    algorithm: Algorithm
    fingerprint: str
    enrolled: int
    copied: bool
    countersigned: tuple[str, ...]
    origin: str
    rp_id: str
    present: bool
    verified: bool
    count: int
    digest: str
    statement: dict[str, Any]
    problem: str


def fingerprint(public: str) -> str:
    """A public key as people compare it: half of its SHA-256, in groups of four digits."""
    digest = hex_digest(from_base64(public))
    return " ".join(digest[at : at + 4] for at in range(0, 32, 4))


def assertion_of(reader: Reader, entry: Entry) -> Assertion | None:
    """What the passkey of an entry signed; None where there is no such proof."""
    proof = entry.proof
    if not isinstance(proof, WebAuthnProof):
        return None
    found = reader.passkeys(actor=entry.actor.id)
    key = next((one for one in found if one.credential == proof.credential), None)
    if key is None:
        return None
    statement, data = from_base64(proof.statement), from_base64(proof.authenticator_data)
    said = parse_authenticator_data(data)
    return Assertion(
        algorithm=key.algorithm,
        fingerprint=fingerprint(key.public),
        enrolled=key.since,
        copied=key.backup_eligible,
        countersigned=key.countersigned,
        origin=key.origin,
        rp_id=key.rp_id,
        present=said.user_present,
        verified=said.user_verified,
        count=said.count,
        digest=hex_digest(statement),
        statement=json.loads(statement),
        problem=_problem(proof, key, statement),
    )


def _problem(proof: WebAuthnProof, key: PasskeyState, statement: bytes) -> str:
    expected = Expected(
        key.rp_id, key.origin, sha256(statement), key.algorithm, from_base64(key.public)
    )
    try:
        check_assertion(
            expected,
            authenticator_data=from_base64(proof.authenticator_data),
            client_data=from_base64(proof.client_data),
            signature=from_base64(proof.signature),
        )
    except LedgerError as error:
        return error.sentence
    return ""
