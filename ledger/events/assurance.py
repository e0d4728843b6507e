"""Policy in force, refusals and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field, model_validator

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

    Its canonical text stands in the entry (``document``), or, where it is too long for one, in the
    entries that filed its ``parts``, named in their order by digest. So every later decision can be
    replayed from the ledger alone. ``digest`` is of the whole text either way.
    """

    kind: ClassVar[str] = "policy.activated"

    policy: Slug
    digest: Sha256
    previous: Sha256 | None = None
    document: dict[str, Any] | None = None
    parts: tuple[Sha256, ...] | None = Field(default=None, min_length=1, max_length=64)

    @model_validator(mode="after")
    def _one_text(self) -> Self:
        if (self.document is None) == (self.parts is None):
            msg = "give exactly one of document, parts"
            raise ValueError(msg)
        return self

    def subject_digests(self) -> Mapping[str, str]:
        return {f"policy:{self.policy}": self.digest}


class PolicyFiled(Event):
    """A part of a policy that is too long for one entry.

    It changes no rule: a later ``policy.activated`` names it by its digest, the SHA-256 of its
    canonical JSON. It is filed once, and serves every policy that holds it.
    """

    kind: ClassVar[str] = "policy.filed"

    policy: Slug
    digest: Sha256
    part: dict[str, Any]

    def subject_digests(self) -> Mapping[str, str]:
        return {f"policy-part:{self.policy}": self.digest}


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
