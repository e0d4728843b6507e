"""A passkey in software: enrols and signs as an authenticator and a browser would (WebAuthn L3)."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.core.rfc4648 import to_base64
from ledger.events.passkey import KeyEnrolled
from ledger.events.proof import WebAuthnProof

if TYPE_CHECKING:
    from ledger.events.approval import ApprovalStatement

UP, UV, BE, BS = 0x01, 0x04, 0x08, 0x10


def _new_key(algorithm: str) -> Any:
    if algorithm == "es256":
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == "rs256":
        return rsa.generate_private_key(65537, 2048)
    return Ed25519PrivateKey.generate()


@dataclass
class Authenticator:
    """One key. ``count`` is its counter: 0 for ever, unless ``counts``."""

    owner: str
    algorithm: str = "eddsa"
    credential: bytes = b"a credential id!"
    rp_id: str = "localhost"
    origin: str = "http://localhost:8080"
    flags: int = UP | UV
    counts: bool = False
    count: int = 0
    key: Any = field(default=None)

    def __post_init__(self) -> None:
        self.key = self.key or _new_key(self.algorithm)

    @property
    def public(self) -> bytes:
        found: bytes = self.key.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        return found

    def enrolment(self) -> KeyEnrolled:
        """What is enrolled; what was attested is nothing in particular."""
        return KeyEnrolled(
            actor_id=self.owner,
            credential=to_base64(self.credential),
            algorithm=self.algorithm,
            public=to_base64(self.public),
            rp_id=self.rp_id,
            origin=self.origin,
            backup_eligible=bool(self.flags & BE),
            backed_up=bool(self.flags & BS),
            aaguid="00" * 16,
            attestation_format="none",
            attestation=to_base64(b"attestation"),
            client_data=to_base64(b"client data"),
        )

    def client_data(self, over: bytes, /, **other: Any) -> bytes:
        """clientDataJSON as Chromium writes it."""
        said = {
            "type": "webauthn.get",
            "challenge": base64.urlsafe_b64encode(over).rstrip(b"=").decode(),
            "origin": self.origin,
            "crossOrigin": False,
            "other_keys_can_be_added_here": "do not compare clientDataJSON against a template",
        }
        return json.dumps({**said, **other}, separators=(",", ":")).encode()

    def authenticator_data(self, flags: int | None = None) -> bytes:
        self.count += 1 if self.counts else 0
        flags = self.flags if flags is None else flags
        hashed = hashlib.sha256(self.rp_id.encode()).digest()
        return hashed + bytes([flags]) + self.count.to_bytes(4)

    def sign(self, message: bytes) -> bytes:
        signature: bytes
        if self.algorithm == "es256":
            signature = self.key.sign(message, ec.ECDSA(hashes.SHA256()))
        elif self.algorithm == "rs256":
            signature = self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        else:
            signature = self.key.sign(message)
        return signature

    def approve(
        self,
        statement: ApprovalStatement,
        enrolled: int,
        *,
        flags: int | None = None,
        **other: Any,
    ) -> WebAuthnProof:
        """An assertion over a statement; ``other`` members replace those of clientDataJSON."""
        client = self.client_data(statement.challenge(), **other)
        data = self.authenticator_data(flags)
        return WebAuthnProof(
            type="webauthn",
            key=enrolled,
            algorithm=self.algorithm,
            credential=to_base64(self.credential),
            statement=to_base64(statement.canonical()),
            authenticator_data=to_base64(data),
            client_data=to_base64(client),
            signature=to_base64(self.sign(data + hashlib.sha256(client).digest())),
        )
