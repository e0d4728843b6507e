"""The electronic seal of a PDF: a PAdES signature (profile B-B) that allows no later change.

Rules:
- The seal is appended: a sealed file begins with the very bytes that were given, so that anybody
  can cut it off again and compare the digest of the unsealed report in the ledger.
- The time of sealing is an argument. It is a claim of the sealer; a time stamp by a third party
  would be profile B-T.
- Reading programs say "valid" also of a file with something appended after the seal; they must
  be asked whether the *whole* document is signed.

Source: ETSI EN 319 142-1 (PAdES), ISO 32000-2 section 12.8.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from ledger.errors import InputError
from webui.reports.pdf.certificate import check_seal_key, make_seal_certificate

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["FIELD", "make_seal_certificate", "seal_pdf"]

FIELD: Final = "Seal"


def seal_pdf(
    unsealed: bytes, *, key_pem: bytes, certificate_pem: bytes, signing_time: datetime
) -> bytes:
    """Seal a PDF with the P-256 key of a certificate; returns the given bytes and the seal.

    Raises:
        InputError: the key is not on P-256, or the certificate is about another key.
        ValueError: key or certificate are not PEM, or the key is encrypted.
    """
    metadata = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        reason="Electronic seal of the service that made this report",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    signer = _TimedSigner(metadata, _signer(key_pem, certificate_pem), signing_time)
    out = BytesIO()
    signer.sign_pdf(IncrementalPdfFileWriter(BytesIO(unsealed)), output=out)
    return out.getvalue()


class _TimedSigner(PdfSigner):  # type: ignore[misc]  # pyHanko is not followed by the type checker
    """A signer that takes the time from its caller instead of the clock."""

    def __init__(
        self, metadata: PdfSignatureMetadata, signer: SimpleSigner, signing_time: datetime
    ) -> None:
        super().__init__(metadata, signer)
        self._signing_time = signing_time

    def init_signing_session(self, *args: Any, **settings: Any) -> Any:
        """The session as pyHanko begins it, at the given time."""
        session = super().init_signing_session(*args, **settings)
        session.system_time = self._signing_time
        return session


def _signer(key_pem: bytes, certificate_pem: bytes) -> SimpleSigner:
    key = load_pem_private_key(key_pem, password=None)
    check_seal_key(key)
    certificate = x509.load_pem_x509_certificate(certificate_pem)
    shape = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*shape) != certificate.public_key().public_bytes(*shape):
        raise InputError(
            "The certificate is about another key than the one given.",
            code="seal-certificate-of-another-key",
            remedy="Give the certificate that was made for this key.",
        )
    key_der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER)),
        signing_key=asn1_keys.PrivateKeyInfo.load(key_der),
        cert_registry=SimpleCertificateStore(),
    )
