"""Check the electronic seal of a report: whose it is, that it holds, and that it covers all bytes.

Only files whose SHA-256 this ledger recorded are given here: a PDF of a stranger is not parsed.
Source: ETSI EN 319 142-1 (PAdES), ISO 32000-2 section 12.8.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from ledger.errors import ProofError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography.x509 import Certificate


@dataclass(frozen=True)
class Held:
    """A seal that holds: whose, and when it was made.

    ``stamped_at`` is the time that a third party states, empty where the seal bears no time stamp;
    ``stamped_by`` is who states it, and ``trusted`` whether that leads to a root that was given.
    """

    by: str
    stamped_at: str = ""
    stamped_by: str = ""
    trusted: bool = False

    @property
    def sentence(self) -> str:
        """In a line."""
        if not self.stamped_at:
            return f"{self.by}; no third party states its time"
        led = "" if self.trusted else ", whose certificate leads to no root that is named here"
        return f"{self.by}; time-stamped {self.stamped_at} by {self.stamped_by}{led}"


def check_seal(pdf: bytes, certificate_pem: bytes, roots: Sequence[Certificate] = ()) -> Held:
    """Check that a PDF has one seal, by the key of this certificate, over the whole file.

    A time stamp in it must be over this seal; with ``roots`` it must lead to one of them, at the
    time that it states.

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
        at = _stated(seals[0]) if len(seals) == 1 else None
        led = [asn1_x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in roots]
        times = ValidationContext(trust_roots=led, allow_fetching=False, moment=at)
        status = (
            validate_pdf_signature(seals[0], context, times if at else None)
            if len(seals) == 1
            else None
        )
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
    by = f"{held.subject.rfc4514_string()}, SHA-256 of the certificate {certificate.sha256.hex()}"
    if at is None:
        return Held(by)
    stamp = status.timestamp_validity
    if stamp is None or not (stamp.intact and stamp.valid) or (roots and not stamp.trusted):
        raise ProofError("The time stamp of the seal does not hold.", code="seal-time-invalid")
    authority = stamp.signing_cert.subject.human_friendly
    return Held(by, f"{at:%Y-%m-%dT%H:%M:%SZ}", authority, trusted=bool(stamp.trusted))


def _stated(seal: Any) -> datetime | None:
    """The time that the seal's time stamp states; None where it bears none."""
    for attribute in seal.signer_info["unsigned_attrs"] or ():
        if attribute["type"].native == "signature_time_stamp_token":
            token = attribute["values"][0]["content"]["encap_content_info"]["content"].parsed
            found: datetime = token["gen_time"].native
            return found
    return None
