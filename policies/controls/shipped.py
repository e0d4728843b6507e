"""The frameworks that ship with the program, read from the package's own files once."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from ledger.errors import InputError
from policies.controls.mapping import Framework, load_framework

FRAMEWORKS: Final = ("soc2", "gdpr", "hipaa", "hipaa-proposed", "eu-ai-act")


@cache
def shipped_framework(name: str) -> Framework:
    """One of ``FRAMEWORKS`` with its rows.

    Raises:
        InputError: no such framework ships.
    """
    if name not in FRAMEWORKS:
        raise InputError(
            "There is no such framework.",
            pointer="/framework",
            remedy=f"Frameworks are: {', '.join(FRAMEWORKS)}.",
            code="unknown-framework",
        )
    text = files("policies.controls").joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return load_framework(text, f"{name}.yaml")
