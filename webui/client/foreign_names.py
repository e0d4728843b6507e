"""Names of models and versions in registries elsewhere, as the ledger writes them.

A name that the ledger takes stays as it is. Any other is written in its alphabet with eight digits
of its SHA-256 behind it, so that two names never become one. A version that is a plain number, as
MLflow counts them, is the major version of a semantic one: ``3`` is ``3.0.0``.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

_MODEL: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}")
_NUMBER: Final = re.compile(r"v?(0|[1-9][0-9]{0,17})", re.ASCII)
_DIGITS: Final = 8
_LONGEST: Final = 90
_LONGEST_VERSION: Final = 54


def model_name(foreign: str) -> str:
    """The ledger's name of a model."""
    if _MODEL.fullmatch(foreign):
        return foreign
    plain = re.sub(r"[^a-z0-9._-]+", "-", foreign.lower())[:_LONGEST].strip("-._") or "model"
    return f"{plain}-{_digest(foreign)}"


def version_name(foreign: str) -> str:
    """The ledger's name of a version."""
    counted = _NUMBER.fullmatch(foreign)
    if counted:
        return f"{counted[1]}.0.0"
    if _VERSION.fullmatch(foreign):
        return foreign
    plain = re.sub(r"[^A-Za-z0-9.+_-]+", "-", foreign)[:_LONGEST_VERSION].strip("-._+") or "v"
    return f"{plain}-{_digest(foreign)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_DIGITS]
