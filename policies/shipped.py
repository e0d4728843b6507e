"""What ships: the default policy, and the bundles that can be put on top of it."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from policies.bundle import load_bundle
from policies.document import load_document
from policies.errors import PolicyError, did_you_mean

if TYPE_CHECKING:
    from policies.bundle import Bundle
    from policies.document import Document

BUNDLES: Final = ("strict-four-eyes", "soc2", "gdpr", "hipaa", "eu-ai-act-high-risk")


@cache
def shipped_policy() -> Document:
    """The policy that a new installation starts with."""
    return load_document(_text("default/policy.yaml"), "default/policy.yaml")


@cache
def shipped_bundle(name: str) -> Bundle:
    """A bundle by its name.

    Raises:
        PolicyError: there is no such bundle.
    """
    if name not in BUNDLES:
        remedy = did_you_mean(name, BUNDLES) or f"There are {', '.join(BUNDLES)}."
        raise PolicyError(f"There is no bundle {name}.", code="no-such-bundle", remedy=remedy)
    file = f"{name}/bundle.yaml"
    return load_bundle(_text(file), shipped_policy(), file)


def _text(file: str) -> str:
    return (resources.files("policies") / "bundles" / file).read_text(encoding="utf-8")
