"""The comments on a release, for pages and API: words that count for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.release import ReleaseCommented
from ledger.store.entries import Filter

if TYPE_CHECKING:
    from ledger.query import Reader, Told
    from ledger.state.aggregates import ReleaseState

MOST_COMMENTS = 100


def comments_on(reader: Reader, release: ReleaseState) -> list[Told]:
    """The newest comments on a release, oldest first."""
    wanted = Filter(
        kinds=(ReleaseCommented.kind,),
        model=release.model,
        version=release.version,
        environment=release.environment,
        outcome="allow",
        since=release.requested_at,
    )
    told = reader.told(reader.entries(wanted, limit=MOST_COMMENTS))
    of_this = [item for item in told if getattr(item.entry.event, "release", -1) == release.since]
    return of_this[::-1]
