"""Recalls: a data set or a base model is withdrawn, and what was made from it is held back.

A recall names a data set, or a model, of one version or of all. Neither must be known to this
ledger: a base model from elsewhere can be recalled too. A recall is known by the entry that placed
it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import model_validator

from ledger.events.event import Event, named
from ledger.events.names import ModelName, PrivateText, Sequence, Slug, VersionName

if TYPE_CHECKING:
    from collections.abc import Mapping

RecallCause = Literal[
    "consent_withdrawn", "licence", "poisoned", "privacy", "quality", "security", "other"
]


class RecallPlaced(Event):
    """A data set or model is withdrawn: what descends from it is not to be newly deployed."""

    kind: ClassVar[str] = "recall.placed"

    data_set: Slug | None = None
    model: ModelName | None = None
    only: VersionName | None = None
    cause: RecallCause
    reason: PrivateText

    @model_validator(mode="after")
    def _one_thing_is_named(self) -> Self:
        if (self.data_set is None) == (self.model is None):
            msg = "a recall names a data_set or a model, not both"
            raise ValueError(msg)
        return self

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"recall:{self.material}")

    @property
    def material(self) -> str:
        """What is recalled, as lineage names it: ``data:NAME@VERSION`` or ``version:MODEL``."""
        of = f"@{self.only}" if self.only else ""
        if self.data_set is not None:
            return f"data:{self.data_set}{of}"
        return f"version:{self.model}{of}"


class RecallLifted(Event):
    """What was recalled may be used again, as far as no other recall stands."""

    kind: ClassVar[str] = "recall.lifted"

    recall: Sequence
    reason: PrivateText

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"recall:{self.recall}")
