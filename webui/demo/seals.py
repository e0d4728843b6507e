"""Is a report's seal whole: by the installation's key, over the whole file, as its entry says?"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.core.digest import hex_digest

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Seal:
    """What was found of a seal."""

    sound: bool
    sentence: str


def check_seal(path: Path, recorded_sha256: str, fingerprint: str) -> Seal:
    """Check a sealed PDF against what the ledger says of it.

    Args:
        path: the file.
        recorded_sha256: the SHA-256 of the sealed file, in the entry that issued it.
        fingerprint: the SHA-256 of the seal's certificate, in the log's first entry.
    """
    if not path.is_file():
        return Seal(False, "the file is missing")
    data = path.read_bytes()
    if hex_digest(data) != recorded_sha256:
        return Seal(False, "not the file that was issued")
    wrong = _fault(data, fingerprint)
    return Seal(False, wrong) if wrong else Seal(True, "valid, whole file")


def _fault(data: bytes, fingerprint: str) -> str:
    """What is wrong with the seal; empty where nothing is."""
    from pyhanko.pdf_utils.misc import PdfReadError
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    try:
        found = PdfFileReader(io.BytesIO(data)).embedded_signatures
        if len(found) != 1:
            return "not sealed once"
        context = ValidationContext(allow_fetching=False, trust_roots=[found[0].signer_cert])
        status = validate_pdf_signature(found[0], context)
    except (PdfReadError, SignatureValidationError) as error:
        return f"can't be checked: {type(error).__name__}"
    if bytes(found[0].signer_cert.sha256).hex() != fingerprint:
        return "sealed by another key"
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    return "" if status.intact and status.valid and whole else "broken"
