"""Who had access, and what it was used for: digests of the access log, and people's reviews.

The access log is no part of the ledger; what is entered of it each day is how far it reached and
the head of its chain, so that whoever changes a record of a past day is found out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Literal

from pydantic import Field

from ledger.events.event import Event, named
from ledger.events.names import (
    ActorId,
    Count,
    Day,
    Instant,
    ModelName,
    PrivateText,
    PublicText,
    Sequence,
    Sha256,
    Slug,
    Value,
    VersionName,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_ROWS: Final = 400
MOST_NAMED: Final = 500
MOST_ENVIRONMENTS: Final = 100


class AccessDigested(Event):
    """How far the access log reached when a day was over, and the head of its chain there.

    ``last`` is the number of its newest record, ``count`` how many came since the digest before,
    whose head ``previous`` is. ``since`` is the first day that it covers, mostly ``day`` itself.
    """

    kind: ClassVar[str] = "access.digested"

    day: Day
    since: Day
    last: Count
    count: Count
    head: Sha256
    previous: Sha256

    def subject_digests(self) -> Mapping[str, str]:
        return {f"access-log:{self.day}": self.head}


class ActivityReviewed(Event):
    """Somebody examined the access log of some days; ``digest`` is the entry that covers them."""

    kind: ClassVar[str] = "activity.reviewed"

    first_day: Day
    last_day: Day
    digest: Sequence
    records: Count
    finding: Literal["nothing", "followed_up"]
    conclusion: PrivateText

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"activity:{self.first_day}..{self.last_day}")


class HeldRole(Value):
    """A role that somebody holds by an entry."""

    actor_id: ActorId
    role: Slug
    granted: Sequence


class AccessReviewOpened(Event):
    """A campaign to look at who holds some roles begins: everybody who holds one, until a time.

    ``rows`` are all holders of ``roles`` as they were after the first ``as_of`` entries.
    """

    kind: ClassVar[str] = "access.review_opened"

    roles: tuple[Slug, ...] = Field(min_length=1, max_length=50)
    as_of: Count
    due: Instant
    rows: tuple[HeldRole, ...] = Field(max_length=MOST_ROWS)
    reason: PrivateText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"access-review:{self.as_of}")


class AccessRowReviewed(Event):
    """Whether somebody keeps a role, decided in an access review; the last word counts."""

    kind: ClassVar[str] = "access.row_reviewed"

    review: Sequence
    actor_id: ActorId
    role: Slug
    decision: Literal["keep", "remove"]
    reason: PrivateText

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"actor:{self.actor_id}")


class AccessReviewed(Event):
    """An access review is done: every row was decided, and what was to be removed is gone."""

    kind: ClassVar[str] = "access.reviewed"

    review: Sequence
    kept: Count
    removed: Count
    conclusion: PrivateText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"access-review:{self.review}")


class Left(Value):
    """Somebody on a list of people, and when they left."""

    actor_id: ActorId
    at: Instant


class Differing(Value):
    """A deployment of which a list says something else than this ledger.

    ``unexplained`` and ``other_version`` are on the list, ``unlisted`` is in the ledger alone, and
    of ``other_artifact`` the bytes differ. ``deployment`` is the entry by which the ledger says
    what runs there; ``version`` is the list's, or the ledger's where the list has none.
    """

    model: ModelName
    version: VersionName
    environment: PublicText
    how: Literal["unexplained", "unlisted", "other_version", "other_artifact"]
    deployment: Sequence | None = None


class InventoryReconciled(Event):
    """A list from elsewhere was held against this ledger: of people, of what runs.

    ``digest`` is the SHA-256 of the list as it was handed in. ``matched`` are found on both sides,
    ``unknown`` stand on the list alone (they are counted, not named), ``unlisted`` in this ledger
    alone. For ``people``, ``left`` says who left and when. A list of what runs shows everything
    that runs in ``environments``; ``differing`` are the deployments there that do not match.
    """

    kind: ClassVar[str] = "inventory.reconciled"

    inventory: Slug
    source: Slug
    as_of: Instant
    digest: Sha256
    listed: Count
    matched: Count
    unknown: Count
    unlisted: tuple[PublicText, ...] = Field(default=(), max_length=MOST_NAMED)
    left: tuple[Left, ...] = Field(default=(), max_length=MOST_NAMED)
    environments: tuple[PublicText, ...] | None = Field(default=None, max_length=MOST_ENVIRONMENTS)
    differing: tuple[Differing, ...] | None = Field(default=None, max_length=MOST_NAMED)

    def subject_digests(self) -> Mapping[str, str]:
        return {f"inventory:{self.inventory}": self.digest}
