"""How the versions of a model are named.

- semantic: Semantic Versioning 2.0.0 (MAJOR.MINOR.PATCH with pre-release and build).
- date: calendar versions, YYYY.MM.DD, with ``.N`` for a further one on the same day.
- hash: the first 12 or more hexadecimal digits of the artifact's SHA-256.
"""

from __future__ import annotations

import re
from datetime import date

from ledger.errors import InputError

# The expression that semver.org suggests for Semantic Versioning 2.0.0, without named groups.
_SEMANTIC = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?"
    r"(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?",
    re.ASCII,
)
_DATE = re.compile(r"(\d{4})\.(\d\d)\.(\d\d)(\.[1-9]\d{0,3})?", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{12,64}", re.ASCII)

_REMEDY = {
    "semantic": "Write it as MAJOR.MINOR.PATCH, for example 1.4.0.",
    "date": "Write it as YYYY.MM.DD, for example 2026.03.09, or 2026.03.09.2 for the second.",
    "hash": "Write the first 12 or more hexadecimal digits of the artifact's SHA-256.",
}


def check_version_name(scheme: str, version: str, artifact_sha256: str) -> None:
    """Check that a version is named as its model's scheme asks.

    Raises:
        InputError: it is not; the remedy says how it would be.
    """
    if not _follows(scheme, version, artifact_sha256):
        raise InputError(
            f"The version is not a {scheme} version.",
            pointer="/event/version",
            remedy=_REMEDY[scheme],
            code="invalid-version",
        )


def _follows(scheme: str, version: str, artifact_sha256: str) -> bool:
    if scheme == "semantic":
        return _SEMANTIC.fullmatch(version) is not None
    if scheme == "hash":
        return _HASH.fullmatch(version) is not None and artifact_sha256.startswith(version)
    match = _DATE.fullmatch(version)
    if match is None:
        return False
    try:
        date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return False
    return True
