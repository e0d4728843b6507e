"""Policy in force, refusals and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from ledger.events.event import Event
from ledger.events.names import (
    Count,
    Day,
    ModelName,
    PublicText,
    Sequence,
    Sha256,
    Slug,
    VersionName,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


class PolicyActivated(Event):
    """A policy is in force from the next entry on.

    Its canonical text stands in the entry, so that every later decision can be replayed from the
    ledger alone.
    """

    kind: ClassVar[str] = "policy.activated"

    policy: Slug
    digest: Sha256
    previous: Sha256 | None = None
    document: dict[str, Any]

    def subject_digests(self) -> Mapping[str, str]:
        return {f"policy:{self.policy}": self.digest}


class AccessDenied(Event):
    """The policy refused a command; the entry's decision says why.

    ``unrecorded`` says how many more commands of the same actor were turned away without an entry
    since the one before that records a refusal, because there were too many in an hour.
    """

    kind: ClassVar[str] = "access.denied"
    written_by_submit: ClassVar[bool] = True

    attempted: Slug | PublicText
    command: Sha256
    model: ModelName | None = None
    version: VersionName | None = None
    environment: Slug | None = None
    release: Sequence | None = None
    unrecorded: Count | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return {f"command:{self.attempted}": self.command}


class ReportIssued(Event):
    """A report was made over the first ``position`` entries.

    ``unsealed`` and ``sealed`` are the SHA-256 of the PDF before and after its electronic seal.
    ``framework`` names the kind of report; ``environments`` are those in its scope, and ``sample``
    is the entry of the sample that it is about.
    """

    kind: ClassVar[str] = "report.issued"

    report: Slug
    framework: Slug
    period_from: Day
    period_until: Day
    models: tuple[ModelName, ...] = Field(default=(), max_length=200)
    environments: tuple[Slug, ...] | None = Field(default=None, min_length=1, max_length=20)
    sample: Sequence | None = None
    position: Count
    root: Sha256
    unsealed: Sha256
    sealed: Sha256
    pages: Count
    verdicts: dict[Slug, Count]

    def subject_digests(self) -> Mapping[str, str]:
        return {f"report:{self.report}": self.sealed}
