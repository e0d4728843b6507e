"""Check the electronic seal of a report: whose it is, that it holds, and that it covers all bytes.

Only files whose SHA-256 this ledger recorded are given here: a PDF of a stranger is not parsed.
Source: ETSI EN 319 142-1 (PAdES), ISO 32000-2 section 12.8.
"""

from __future__ import annotations

from io import BytesIO

from ledger.errors import ProofError


def check_seal(pdf: bytes, certificate_pem: bytes) -> str:
    """Check that a PDF has one seal, by the key of this certificate, over the whole file.

    Raises:
        ProofError: ``seal-invalid``.
    """
    # pyHanko is slow to load, and few requests need it.
    from asn1crypto import x509 as asn1_x509
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    held = x509.load_pem_x509_certificate(certificate_pem)
    certificate = asn1_x509.Certificate.load(held.public_bytes(Encoding.DER))
    context = ValidationContext(trust_roots=[certificate], allow_fetching=False)
    try:
        seals = PdfFileReader(BytesIO(pdf)).embedded_signatures
        status = validate_pdf_signature(seals[0], context) if len(seals) == 1 else None
        # The library takes a file whose end is repeated behind what is signed for unchanged.
        covered = [sum(list(one.byte_range)[2:]) for one in seals] == [len(pdf)]
    except Exception:  # noqa: BLE001 (of a damaged file the library raises whatever it meets)
        raise ProofError("The seal can't be read.", code="seal-invalid") from None
    if status is None:
        raise ProofError("It has not exactly one seal.", code="seal-invalid")
    whole = covered and status.modification_level == ModificationLevel.NONE
    same = status.signing_cert.dump() == certificate.dump()
    if not (status.intact and status.valid and same and whole):
        raise ProofError("The seal does not hold over the whole file.", code="seal-invalid")
    return f"{held.subject.rfc4514_string()}, SHA-256 of the certificate {certificate.sha256.hex()}"
