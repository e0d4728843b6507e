"""The electronic seal of a PDF: a PAdES signature that allows no later change.

Rules:
- The seal is appended: a sealed file begins with the very bytes that were given, so that anybody
  can cut it off again and compare the digest of the unsealed report in the ledger.
- The time of sealing is an argument. It is a claim of the sealer (profile B-B). Where somebody is
  handed in who answers RFC 3161 requests, a third party's time stamp is part of it (B-T).
- Reading programs say "valid" also of a file with something appended after the seal; they must
  be asked whether the *whole* document is signed.

Source: ETSI EN 319 142-1 (PAdES), ISO 32000-2 section 12.8.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from asn1crypto import keys as asn1_keys
from asn1crypto import tsp
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
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from ledger.errors import InputError, OutsideError
from webui.reports.pdf.certificate import check_seal_key, make_seal_certificate

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

__all__ = ["FIELD", "make_seal_certificate", "seal_pdf"]

FIELD: Final = "Seal"
_ROOM: Final = 49_152
"""Hexadecimal digits for the seal with a time stamp and its certificates."""


def seal_pdf(
    unsealed: bytes,
    *,
    key_pem: bytes,
    certificate_pem: bytes,
    signing_time: datetime,
    stamp: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """Seal a PDF with the P-256 key of a certificate; returns the given bytes and the seal.

    ``stamp`` answers a time-stamping request (TimeStampReq to TimeStampResp, in DER).

    Raises:
        InputError: the key is not on P-256, or the certificate is about another key.
        ValueError: key or certificate are not PEM, or the key is encrypted.
        OutsideError: the answer to the request is no time stamp of it.
    """
    metadata = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        reason="Electronic seal of the service that made this report",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    stamper = _Stamper(stamp) if stamp is not None else None
    signer = _TimedSigner(metadata, _signer(key_pem, certificate_pem), signing_time, stamper)
    out = BytesIO()
    writer = IncrementalPdfFileWriter(BytesIO(unsealed))
    try:
        # Room that is reserved spares a second request, which would only measure the answer.
        signer.sign_pdf(writer, output=out, bytes_reserved=_ROOM if stamper else None)
    except (TimestampRequestError, SigningError) as error:
        if stamper is None:
            raise
        raise OutsideError(
            f"The seal could not be time-stamped: {type(error).__name__}.",
            code="seal-timestamp-unavailable",
            remedy="The authority's answer is no time stamp of what was asked.",
        ) from None
    return out.getvalue()


class _Stamper(TimeStamper):  # type: ignore[misc]  # as below
    """Asks for a time stamp through whoever was handed in."""

    def __init__(self, ask: Callable[[bytes], bytes]) -> None:
        super().__init__()
        self._ask = ask

    async def async_request_tsa_response(self, req: Any) -> Any:
        """The answer to a request."""
        try:
            found = tsp.TimeStampResp.load(self._ask(req.dump()))
            found.native  # noqa: B018 (it is read to its end, so that what is no answer is found here)
        except (ValueError, TypeError) as error:
            msg = "the answer can't be read"
            raise TimestampRequestError(msg) from error
        return found


class _TimedSigner(PdfSigner):  # type: ignore[misc]  # pyHanko is not followed by the type checker
    """A signer that takes the time from its caller instead of the clock."""

    def __init__(
        self,
        metadata: PdfSignatureMetadata,
        signer: SimpleSigner,
        signing_time: datetime,
        stamper: TimeStamper | None,
    ) -> None:
        super().__init__(metadata, signer, timestamper=stamper)
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
