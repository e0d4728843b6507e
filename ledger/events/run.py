"""Runs elsewhere, as whoever orchestrates them tells: what they read and what they wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal

from pydantic import Field, StringConstraints

from ledger.events.event import Event, named
from ledger.events.names import Instant, PublicText, Sha256, Slug

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_MATERIALS: Final = 200
RunName = Annotated[str, StringConstraints(pattern=r"^[\x21-\x3f\x41-\x7e]{1,200}$")]
MaterialName = Annotated[
    str,
    StringConstraints(
        pattern=r"^(data|version):[\x21-\x3f\x41-\x7e]{1,300}(@[A-Za-z0-9][A-Za-z0-9.+_-]{0,63})?$"
    ),
]
"""A thing as lineage names it: ``data:NAME@VERSION`` or ``version:MODEL@VERSION``."""
RunStatus = Literal["started", "completed", "failed", "aborted", "other"]


class RunObserved(Event):
    """A run of a job read and wrote data sets or versions, as a message from elsewhere tells.

    ``digest`` is the SHA-256 of the message, which is not kept: facets of other tools may hold
    anything. Messages about one run add up.
    """

    kind: ClassVar[str] = "run.observed"

    source: Slug
    run: RunName
    job: PublicText
    status: RunStatus
    digest: Sha256
    inputs: tuple[MaterialName, ...] = Field(default=(), max_length=MOST_MATERIALS)
    outputs: tuple[MaterialName, ...] = Field(default=(), max_length=MOST_MATERIALS)
    happened_at: Instant | None = None
    producer: PublicText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"run:{self.run}")
