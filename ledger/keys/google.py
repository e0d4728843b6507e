"""Signers in Google Cloud KMS, by its own library (google-cloud-kms), over REST.

A key is named by ``gcpkms:projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/N``, as
``securesystemslib`` writes it. Who asks comes from the application default credentials; none of it
stands in the URI. ``CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS`` names another address of the
service, as it does for Google's own command (a private endpoint).

* ``EC_SIGN_ED25519`` signs the message itself (``data``): Ed25519 of RFC 8032.
* ``PQ_SIGN_ML_DSA_44`` signs the message itself, with an empty context (FIPS 204).

REST and not gRPC, because a channel of gRPC does not survive a fork, and servers fork.

A key that wraps the vault's key (``ENCRYPT_DECRYPT``) is named without a version: the service keeps
which one it was, and wraps by the primary one.

Source: Cloud KMS API reference, ``AsymmetricSign``, ``GetPublicKey``, ``Encrypt`` and ``Decrypt``.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from ledger.keys.cloud import (
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

if TYPE_CHECKING:
    from ledger.keys.cloud import PublicKey

SCHEME: Final = "gcpkms:"
ENDPOINT: Final = "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS"
_NAME: Final = "Google Cloud KMS"
_PART: Final = r"[A-Za-z0-9:._-]{1,128}"
_URI: Final = re.compile(
    rf"gcpkms:projects/{_PART}/locations/{_PART}/keyRings/{_PART}/cryptoKeys/{_PART}"
    r"/cryptoKeyVersions/[1-9][0-9]{0,8}",
    re.ASCII,
)
_WRAPS: Final = re.compile(
    rf"gcpkms:projects/{_PART}/locations/{_PART}/keyRings/{_PART}/cryptoKeys/{_PART}", re.ASCII
)
_FIRST_PAUSE: Final = 0.1
_AGAIN_SECONDS: Final = 2.0
_ED25519: Final = "EC_SIGN_ED25519"
_ML_DSA_44: Final = "PQ_SIGN_ML_DSA_44"


def open_google_key(uri: str, use: str) -> ServiceSigner:
    """Open a version of a key that is in Google Cloud KMS.

    Raises:
        InputError: ``invalid-key-uri``, or ``wrong-kind-of-key``.
        OutsideError: ``token-failed``, or ``key-service-missing``.
    """
    if not _URI.fullmatch(uri):
        like = "projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/N"
        raise wrong_uri(SCHEME, like)
    check_use(_NAME, use)
    name = uri.removeprefix(SCHEME)
    client, bounds = _client()
    raw = use == COSIGNATURES
    try:
        found = client.get_public_key(
            request={"name": name, "public_key_format": "NIST_PQC" if raw else "PEM"},
            **bounds,
        )
        kind = str(found.algorithm.name)
        key = _public_key(kind, bytes(found.public_key.data) or found.pem.encode())
    except Exception as error:
        raise failed(_NAME, error) from error
    if key is None or isinstance(key, MLDSA44PublicKey) != raw:
        raise wrong_kind(_NAME, use, kind)

    def ask(message: bytes) -> bytes:
        asked = {"name": name, "data": message}
        return bytes(client.asymmetric_sign(request=asked, **bounds).signature)

    return ServiceSigner(_NAME, uri, key, ask)


def open_google_wrapper(uri: str) -> Wrapper:
    """A symmetric key in Google Cloud KMS that wraps.

    Raises:
        InputError: ``invalid-key-uri``.
        OutsideError: ``key-service-missing``, or ``token-failed``: there are no credentials.
    """
    if not _WRAPS.fullmatch(uri):
        raise wrong_uri(SCHEME, "projects/P/locations/L/keyRings/R/cryptoKeys/K")
    name = uri.removeprefix(SCHEME)
    client, bounds = _client()
    bound = {"name": name, "additional_authenticated_data": PURPOSE.encode()}

    def seal(key: bytes) -> tuple[str, bytes]:
        found = client.encrypt(request={**bound, "plaintext": key}, **bounds)
        return uri, bytes(found.ciphertext)

    def unseal(sealed: bytes) -> bytes:
        found = client.decrypt(request={**bound, "ciphertext": sealed}, **bounds)
        return bytes(found.plaintext)

    return Wrapper(_NAME, seal, unseal)


def _public_key(kind: str, data: bytes) -> PublicKey | None:
    if kind == _ML_DSA_44:
        return MLDSA44PublicKey.from_public_bytes(data)
    key = load_pem_public_key(data)
    return key if kind == _ED25519 and isinstance(key, Ed25519PublicKey) else None


def _client() -> tuple[Any, dict[str, Any]]:
    """A client, and how long it tries: its own patience is a minute, and a log waits for it."""
    try:
        from google.api_core.exceptions import ServiceUnavailable
        from google.api_core.retry import Retry, if_exception_type
        from google.cloud import kms
    except ImportError as error:
        raise missing(_NAME, "gcp", error) from error
    endpoint = os.environ.get(ENDPOINT, "").rstrip("/")
    options = {"api_endpoint": endpoint} if endpoint else {}
    again = Retry(
        predicate=if_exception_type(ServiceUnavailable),
        initial=_FIRST_PAUSE,
        maximum=1.0,
        timeout=_AGAIN_SECONDS,
    )
    try:
        client = kms.KeyManagementServiceClient(transport="rest", client_options=options)
    except Exception as error:
        raise failed(_NAME, error) from error
    return client, {"timeout": READ_SECONDS, "retry": again}
