"""Signers in AWS KMS, by its own library (boto3).

A key is named by ``awskms:KEY``, as ``securesystemslib`` writes it: a key's id, its ARN, or an
alias (``alias/NAME``, or its ARN); what is kept is the ARN of the key. Who asks and in which region
comes from where boto3 finds it; none of it stands in the URI.

* ``ECC_NIST_EDWARDS25519`` keys sign by ``ED25519_SHA_512`` over the message itself (``RAW``): that
  is Ed25519 of RFC 8032. ``ED25519_PH_SHA_512`` is another algorithm, and never asked for.
* ``ML_DSA_44`` keys sign by ``ML_DSA_SHAKE_256`` over the representative mu of the message
  (``EXTERNAL_MU``; FIPS 204, algorithm 7, line 6), so that no message is too long for it.

* A symmetric key (``SYMMETRIC_DEFAULT``) wraps the vault's key, under an encryption context.

Source: AWS KMS API reference, ``Sign``, ``GetPublicKey``, ``Encrypt`` and ``Decrypt``.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ledger.keys.cloud import (
    CONNECT_SECONDS,
    COSIGNATURES,
    PURPOSE,
    READ_SECONDS,
    ServiceSigner,
    Wrapper,
    check_use,
    failed,
    missing,
    wrong_kind,
    wrong_uri,
)

SCHEME: Final = "awskms:"
_NAME: Final = "AWS KMS"
_URI: Final = re.compile(
    r"awskms:((alias/|arn:aws[a-z-]*:kms:(?P<region>[a-z0-9-]{1,32}):[0-9]{12}:(key|alias)/)"
    r"[A-Za-z0-9/_-]{1,256}|[A-Za-z0-9-]{1,64})",
    re.ASCII,
)
_TRIES: Final = 3
_MU_BYTES: Final = 64


def open_aws_key(uri: str, use: str) -> ServiceSigner:
    """Open a key that is in AWS KMS.

    Raises:
        InputError: ``invalid-key-uri``, or ``wrong-kind-of-key``.
        OutsideError: ``token-failed``, or ``key-service-missing``.
    """
    read = _URI.fullmatch(uri)
    if read is None:
        raise wrong_uri(SCHEME, "KEY-ID, awskms:alias/NAME or awskms:ARN")
    check_use(_NAME, use)
    kms = _client(read["region"])
    try:
        found = kms.get_public_key(KeyId=uri.removeprefix(SCHEME))
        key = load_der_public_key(found["PublicKey"])
        kind, arn = str(found["KeySpec"]), str(found["KeyId"])
    except Exception as error:
        raise failed(_NAME, error) from error

    def pure(message: bytes) -> bytes:
        asked = {"Message": message, "MessageType": "RAW", "SigningAlgorithm": "ED25519_SHA_512"}
        return bytes(kms.sign(KeyId=arn, **asked)["Signature"])

    def by_mu(message: bytes) -> bytes:
        mu = representative(key.public_bytes_raw(), message)  # type: ignore[union-attr]
        asked = {"MessageType": "EXTERNAL_MU", "SigningAlgorithm": "ML_DSA_SHAKE_256"}
        return bytes(kms.sign(KeyId=arn, Message=mu, **asked)["Signature"])

    if use == COSIGNATURES and isinstance(key, MLDSA44PublicKey):
        return ServiceSigner(_NAME, SCHEME + arn, key, by_mu)
    if use != COSIGNATURES and isinstance(key, Ed25519PublicKey):
        return ServiceSigner(_NAME, SCHEME + arn, key, pure)
    raise wrong_kind(_NAME, use, kind)


def open_aws_wrapper(uri: str) -> Wrapper:
    """A symmetric key in AWS KMS that wraps; what is kept is its ARN.

    Raises:
        InputError: ``invalid-key-uri``.
        OutsideError: ``key-service-missing``, or ``token-failed``: there is no region to ask in.
    """
    read = _URI.fullmatch(uri)
    if read is None:
        raise wrong_uri(SCHEME, "KEY-ID, awskms:alias/NAME or awskms:ARN")
    kms, named = _client(read["region"]), uri.removeprefix(SCHEME)
    context = {"purpose": PURPOSE}

    def seal(key: bytes) -> tuple[str, bytes]:
        found = kms.encrypt(KeyId=named, Plaintext=key, EncryptionContext=context)
        return SCHEME + str(found["KeyId"]), bytes(found["CiphertextBlob"])

    def unseal(sealed: bytes) -> bytes:
        asked = {"CiphertextBlob": sealed, "EncryptionContext": context}
        return bytes(kms.decrypt(KeyId=named, **asked)["Plaintext"])

    return Wrapper(_NAME, seal, unseal)


def representative(public: bytes, message: bytes) -> bytes:
    """The representative mu of a message under an ML-DSA key, with an empty context (FIPS 204)."""
    of_key = hashlib.shake_256(public).digest(_MU_BYTES)
    return hashlib.shake_256(of_key + b"\x00\x00" + message).digest(_MU_BYTES)


def _client(region: str | None) -> Any:
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise missing(_NAME, "aws", error) from error
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _TRIES},
    )
    try:
        return boto3.session.Session().client("kms", region_name=region, config=config)
    except Exception as error:
        raise failed(_NAME, error) from error
