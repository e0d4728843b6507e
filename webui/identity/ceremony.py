"""The two ceremonies of WebAuthn at the edge: a passkey is made, a statement is signed.

What a browser sent is read by the PyPI library ``webauthn``, with user verification required and
ES256, EdDSA and RS256 alone. For an assertion the ledger's own check follows behind the door
(``ledger.state.proving``), and again whenever the ledger is verified: both must agree.

Source: W3C Web Authentication Level 3, sections 7.1 and 7.2.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from flask import request

from ledger.core.rfc4648 import from_base64, to_base64
from ledger.errors import ConflictError, InputError, ProofError
from ledger.events.proof import WebAuthnProof
from webui.here import wired

if TYPE_CHECKING:
    from ledger.events.proof import Algorithm
    from ledger.state.passkeys import PasskeyState

ALGORITHMS: Final[dict[int, Algorithm]] = {-7: "es256", -8: "eddsa", -257: "rs256"}
"""COSE algorithm identifiers, in the order in which they are offered."""
MOST_BYTES: Final = 16_384
_COSE: Final = {name: number for number, name in ALGORITHMS.items()}


def relying_party() -> tuple[str, str]:
    """The RP id of this installation, and the origin under which its pages are looked at.

    Raises:
        InputError: the page's address does not belong to the RP id.
        ConflictError: passkeys in force are of another RP id.
    """
    settings = wired().settings
    parts = urlsplit(settings.public_url or request.host_url)
    host, rp_id = (parts.hostname or "").lower(), settings.rp_id
    if host != rp_id and not host.endswith(f".{rp_id}"):
        raise InputError(
            f"Passkeys here belong to {rp_id}, and this page was opened as {host}.",
            code="rp-id-elsewhere",
            remedy=f"Open it under {rp_id}, or set COUNTERSEAL_RP_ID before the first enrolment.",
        )
    others = {key.rp_id for key in wired().reader.passkeys(status="in_force")} - {rp_id}
    if others:
        raise ConflictError(
            f"Passkeys in force are of another RP id: {', '.join(sorted(others))}.",
            code="rp-id-changed",
            remedy="Set COUNTERSEAL_RP_ID as it was; an RP id is for ever.",
        )
    return rp_id, f"{parts.scheme}://{parts.netloc}".lower()


def read_enrolment(
    sent: dict[str, str], *, actor: str, challenge: bytes, rp_id: str, origin: str
) -> dict[str, Any]:
    """The fields of ``key.enrolled`` from what a browser sent, checked by the library.

    Raises:
        ProofError: ``passkey-refused``: it is not what was asked for.
    """
    from webauthn import verify_registration_response
    from webauthn.helpers import decode_credential_public_key, decoded_public_key_to_cryptography
    from webauthn.helpers.cose import COSEAlgorithmIdentifier

    credential = _credential(sent, "attestationObject")
    try:
        found = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=rp_id,
            expected_origin=origin,
            require_user_verification=True,
            supported_pub_key_algs=[COSEAlgorithmIdentifier(number) for number in ALGORITHMS],
        )
        decoded = decode_credential_public_key(found.credential_public_key)
        public = decoded_public_key_to_cryptography(decoded)
        algorithm = ALGORITHMS[int(decoded.alg)]
    except Exception as error:
        raise _refused("The passkey was not made as asked.") from error
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {
        "actor_id": actor,
        "credential": to_base64(found.credential_id),
        "algorithm": algorithm,
        "public": to_base64(spki),
        "rp_id": rp_id,
        "origin": origin,
        "backup_eligible": found.credential_device_type == "multi_device",
        "backed_up": found.credential_backed_up,
        "aaguid": found.aaguid.replace("-", ""),
        "attestation_format": str(getattr(found.fmt, "value", found.fmt)),
        "attestation": to_base64(found.attestation_object),
        "client_data": to_base64(_bytes(sent, "clientDataJSON")),
    }


def read_assertion(
    sent: dict[str, str], *, keys: tuple[PasskeyState, ...], statement: bytes, challenge: bytes
) -> WebAuthnProof:
    """The proof of an approval from what a browser sent, checked by the library.

    ``keys`` are those of the person, in force.

    Raises:
        ProofError: ``passkey-refused``: it is not by one of them, or does not hold.
    """
    from webauthn import verify_authentication_response

    identity = to_base64(_bytes(sent, "credential"))
    key = next((one for one in keys if one.credential == identity), None)
    if key is None:
        raise _refused("This passkey is not one that you have enrolled here.")
    try:
        verify_authentication_response(
            credential=_credential(sent, "authenticatorData", "signature"),
            expected_challenge=challenge,
            expected_rp_id=key.rp_id,
            expected_origin=key.origin,
            credential_public_key=_as_cose(key),
            credential_current_sign_count=key.count,
            require_user_verification=True,
        )
    except Exception as error:
        raise _refused("The passkey's signature does not hold for this statement.") from error
    return WebAuthnProof(
        type="webauthn",
        key=key.since,
        algorithm=key.algorithm,
        credential=identity,
        statement=to_base64(statement),
        authenticator_data=to_base64(_bytes(sent, "authenticatorData")),
        client_data=to_base64(_bytes(sent, "clientDataJSON")),
        signature=to_base64(_bytes(sent, "signature")),
    )


def creation_options(*, rp_id: str, actor: str, known: tuple[PasskeyState, ...]) -> str:
    """What the page's script hands to the browser, but for the challenge, as JSON.

    The user's name is the random id: the authenticator keeps it, and names are not for keeping.
    """
    return json.dumps(
        {
            "rp": {"id": rp_id, "name": "Counterseal approvals"},
            "user": {"id": actor, "name": f"approver {actor[:8]}", "displayName": "Approvals"},
            "pubKeyCredParams": [{"type": "public-key", "alg": number} for number in ALGORITHMS],
            "excludeCredentials": [_descriptor(key) for key in known],
            "authenticatorSelection": {
                "residentKey": "preferred",
                "userVerification": "required",
            },
            "attestation": "direct",
            "timeout": 300_000,
        }
    )


def request_options(*, rp_id: str, keys: tuple[PasskeyState, ...]) -> str:
    """The same for signing."""
    return json.dumps(
        {
            "rpId": rp_id,
            "allowCredentials": [_descriptor(key) for key in keys],
            "userVerification": "required",
            "timeout": 300_000,
        }
    )


def _descriptor(key: PasskeyState) -> dict[str, str]:
    return {"type": "public-key", "id": key.credential}


def _credential(
    sent: dict[str, str],
    *members: Literal["attestationObject", "authenticatorData", "signature"],
) -> dict[str, Any]:
    """What was sent, as the library reads it."""
    from webauthn.helpers import bytes_to_base64url

    identity = bytes_to_base64url(_bytes(sent, "credential"))
    response = {
        name: bytes_to_base64url(_bytes(sent, name)) for name in ("clientDataJSON", *members)
    }
    return {"id": identity, "rawId": identity, "type": "public-key", "response": response}


def _bytes(sent: dict[str, str], name: str) -> bytes:
    text = sent.get(name, "")
    if not text:
        raise InputError(
            "The browser sent nothing that a passkey made.",
            pointer=f"/{name}",
            remedy="Passkeys need this page's script; use a current browser.",
        )
    if len(text) > MOST_BYTES:
        raise InputError("This is longer than what a passkey makes.", pointer=f"/{name}")
    return from_base64(text)


def _as_cose(key: PasskeyState) -> bytes:
    """The public key as COSE_Key (RFC 9053), which the library reads."""
    from webauthn.helpers import encode_cbor

    public: Any = load_der_public_key(from_base64(key.public))
    shared = {3: _COSE[key.algorithm]}
    if isinstance(public, EllipticCurvePublicKey):
        point = public.public_numbers()
        made = {1: 2, **shared, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}
    elif isinstance(public, RSAPublicKey):
        numbers = public.public_numbers()
        size = (public.key_size + 7) // 8
        made = {1: 3, **shared, -1: numbers.n.to_bytes(size), -2: numbers.e.to_bytes(3)}
    else:
        made = {1: 1, **shared, -1: 6, -2: public.public_bytes_raw()}
    encoded: bytes = encode_cbor(made)
    return encoded


def _refused(sentence: str) -> ProofError:
    return ProofError(
        sentence,
        code="passkey-refused",
        remedy="Begin again; nothing was recorded.",
    )
