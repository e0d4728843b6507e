"""The self-signed certificate of a seal key, for installations that have no authority of their own.

It says which key sealed a document, not who is to be trusted: the ledger entry that records the
certificate's key does that. The seal is an electronic seal of the service, not a person's
signature.

Source: RFC 5280 section 4.2 (extensions). No extended key usage is given: readers in use know none
that fits, and call the certificate faulty for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ledger.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

_NAME_LIMIT: Final = 64


def make_seal_certificate(
    common_name: str, key: EllipticCurvePrivateKey, not_before: datetime, not_after: datetime
) -> bytes:
    """A PEM certificate, signed by the key that it is about, valid from and until the given times.

    A name of more than 64 bytes is cut, since X.520 has no room for more.

    Raises:
        InputError: the key is not on the curve P-256.
        ValueError: the name is empty, or the times are the wrong way.
    """
    check_seal_key(key)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _fitting(common_name))])
    public = key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def check_seal_key(key: object) -> None:
    """Refuse every key but one on P-256; readers of PDFs in use can't check Ed25519.

    Raises:
        InputError: it is another kind of key.
    """
    if not (isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1)):
        raise InputError(
            "The key is not one that can seal a PDF.",
            code="seal-key-unsuited",
            remedy="Give an ECDSA key on the curve P-256.",
        )


def _fitting(name: str) -> str:
    return name.encode()[:_NAME_LIMIT].decode(errors="ignore")


def _usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
