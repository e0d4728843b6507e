"""Signatures of OpenSSF model-signing over a model: checked, and made, with an EC key.

Source: model-signing v1.0: a Sigstore bundle (v0.3) around a DSSE envelope; its statement names one
subject, whose SHA-256 is that of the files' digests in order, and lists every file. Signed is the
pre-authentication encoding with ECDSA over SHA-256 for P-256 (SHA-384 for P-384).
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from webui.client.admit import NOT_OF_THE_MODEL, WrongError, b64, pae, part, read_json
from webui.client.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webui.client.capture.artifact import Artifact

PREDICATE: Final = "https://model_signing/signature/v1.0"
PAYLOAD: Final = "application/vnd.in-toto+json"
MEDIA: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
_HASHES: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    "secp256r1": hashes.SHA256,
    "secp384r1": hashes.SHA384,
    "secp521r1": hashes.SHA512,
}


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that holds: the digest that it is over, and SHA-256 of the key's PEM."""

    digest: str
    key: str


def check_signature(bundle: bytes, public_pem: bytes, artifact: Artifact) -> Signed:
    """Check a bundle under a key that is known, against the artifact as it was hashed.

    Raises:
        CaptureError: ``signature-wrong``: it does not hold, or is of other files.
    """
    try:
        key = serialization.load_pem_public_key(public_pem)
        envelope = part(read_json(bundle), "dsseEnvelope", dict)
        payload = b64(envelope.get("payload"))
        signatures = part(envelope, "signatures", list)
        if not isinstance(key, ec.EllipticCurvePublicKey) or envelope["payloadType"] != PAYLOAD:
            raise _wrong("its key is none of an elliptic curve, or its payload no statement")
        if len(signatures) != 1:
            raise _wrong("it has not exactly one signature")
        algorithm = ec.ECDSA(_HASHES[key.curve.name]())
        key.verify(b64(signatures[0]["sig"]), pae(PAYLOAD, payload), algorithm)
        _check_statement(read_json(payload), artifact)
    except InvalidSignature:
        raise _wrong("the key did not make it") from None
    except WrongError as error:
        raise _wrong(str(error)) from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise _wrong("it is no bundle of model-signing") from None
    return Signed(artifact.manifest, hashlib.sha256(public_pem).hexdigest())


def sign(artifact: Artifact, name: str, private_pem: bytes, ignored: Sequence[str] = ()) -> bytes:
    """A bundle over an artifact, as model-signing makes one.

    Raises:
        CaptureError: ``key-unusable``: it is no EC key, or is encrypted.
    """
    try:
        key = serialization.load_pem_private_key(private_pem, None)
    except (ValueError, TypeError):
        raise _unusable() from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name not in _HASHES:
        raise _unusable()
    resources = [
        {"name": _resource(one.path, artifact), "algorithm": "sha256", "digest": one.sha256}
        for one in artifact.files
    ]
    statement: dict[str, Any] = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": artifact.manifest}}],
        "predicateType": PREDICATE,
        "predicate": {
            "serialization": {
                "method": "files",
                "hash_type": "sha256",
                "allow_symlinks": False,
                "ignore_paths": sorted([*NOT_OF_THE_MODEL, *ignored]),
            },
            "resources": resources,
        },
    }
    payload = json.dumps(statement, sort_keys=True).encode()
    made = key.sign(pae(PAYLOAD, payload), ec.ECDSA(_HASHES[key.curve.name]()))
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    bundle = {
        "mediaType": MEDIA,
        "verificationMaterial": {
            "publicKey": {"hint": hashlib.sha256(public).hexdigest()},
            "tlogEntries": [],
        },
        "dsseEnvelope": {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD,
            "signatures": [{"sig": base64.b64encode(made).decode(), "keyid": ""}],
        },
    }
    return json.dumps(bundle, sort_keys=True).encode() + b"\n"


def _check_statement(statement: dict[str, Any], artifact: Artifact) -> None:
    subjects = part(statement, "subject", list)
    predicate = part(statement, "predicate", dict)
    if statement.get("predicateType") != PREDICATE or len(subjects) != 1:
        raise _wrong("it is not about one model")
    if part(subjects[0]["digest"], "sha256", str) != artifact.manifest:
        raise _wrong("it is over other bytes")
    listed = {one["name"]: one["digest"] for one in part(predicate, "resources", list)}
    here = {_resource(one.path, artifact): one.sha256 for one in artifact.files}
    if listed != here:
        raise _wrong("it lists other files")


def _resource(path: str, artifact: Artifact) -> str:
    """A file's name in the list; model-signing calls a model that is one file a dot."""
    return path if artifact.directory else "."


def _wrong(why: str) -> CaptureError:
    return CaptureError(f"The model's signature does not hold: {why}.", code="signature-wrong")


def _unusable() -> CaptureError:
    return CaptureError(
        "The key can't sign models.",
        code="key-unusable",
        remedy="Give an EC private key in PEM that is not encrypted.",
    )
