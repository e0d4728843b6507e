"""Classes of data in words, as they follow "trained on", "with" or "of a version trained on"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.events.model import Classification

PERSONAL: Final[tuple[Classification, ...]] = ("personal", "special_category", "phi")
"""The classes of data about persons."""

_WORDS: Final[dict[Classification, str]] = {
    "personal": "personal data",
    "special_category": "special-category data",
    "phi": "health data (PHI)",
}


def in_words(classes: Sequence[Classification]) -> str:
    """Classes as one phrase; all that are about persons together are "personal data"."""
    if set(classes) == set(PERSONAL):
        return _WORDS["personal"]
    return " or ".join(_WORDS.get(item, f"{item} data") for item in classes)
