"""The one way in which the golden entries are made."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.core.commitment import commit
from ledger.core.envelope import PAYLOAD_TYPE, seal
from ledger.core.rfc4648 import to_base64
from ledger.core.signature import key_fingerprint
from ledger.core.statement import Subject
from ledger.events.actor import Actor
from ledger.events.decision import Decision, Result
from ledger.events.entry import Commitment, Draft, LogPlace, Request, encode_draft
from ledger.events.proof import Proof, WebAuthnProof
from tests.examples import ANA, DIGEST, example

FOLDER: Final = Path(__file__).parent
KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC: Final = KEY.public_key().public_bytes_raw()


PROVEN: Final = WebAuthnProof(
    type="webauthn",
    key=12,
    algorithm="es256",
    credential=to_base64(b"credential"),
    statement=to_base64(b'{"decision":"approve"}'),
    authenticator_data=to_base64(bytes(37)),
    client_data=to_base64(b'{"type":"webauthn.get"}'),
    signature=to_base64(bytes(70)),
)
"""The member of an entry, not an assertion that would verify."""


def golden_bytes(kind: str, proof: Proof | None = None) -> bytes:
    """The envelope of the example of a kind, under a key that everybody knows."""
    event = example(kind)
    digests = event.subject_digests() or {"model:churn@1.4.0": DIGEST}
    result = Result(
        gate="gate-1",
        requirement="review",
        state="met",
        code="M_APPROVED",
        params={"need": 2, "people": [ANA]},
        by=(18, 19),
    )
    commitments = tuple(
        Commitment(field=name, subject=ANA, hmac_sha256=commit(bytes(32), name, text))
        for name, text in sorted(event.private_texts().items())
    )
    draft = Draft(
        place=LogPlace(origin="counterseal.example/acme/main", sequence=42, previous="0d" * 32),
        recorded_at="2026-03-09T10:11:12.131415Z",
        clock=None,
        actor=Actor(id=ANA, type="person", via="password"),
        event=event,
        subjects=tuple(Subject(name, digest) for name, digest in sorted(digests.items())),
        decision=Decision(outcome="allow", policy="9c" * 32, engine=1, results=(result,)),
        request=Request(command="ad" * 32, idempotency_key="1d" * 32),
        commitments=commitments,
        proof=proof,
    )
    return seal(encode_draft(draft), PAYLOAD_TYPE, key_fingerprint(PUBLIC), KEY.sign)


def golden_file(kind: str) -> Path:
    """Where the bytes of a kind are kept."""
    return FOLDER / "entries" / f"{kind}.v1.json"
