"""What falls due by itself: reviews, statements, documents, and what must be repeated in time.

Each list is bounded, and the nearest day stands first. A day that is past is overdue.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from ledger.state.access import AccessReview
from ledger.state.aggregates import VersionState
from ledger.state.assurance import StatementState
from ledger.store import folded
from ledger.store import standing as store
from ledger.store.database import reading
from ledger.store.drafts import every_draft
from ledger.store.entries import Filter
from policies.controls.primitives.documents import CadenceArguments
from policies.controls.primitives.integrity import RecoveryArguments, RetentionArguments
from webui.frameworks import framework_named
from webui.standing.shape import Shape

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from policies.controls.mapping import Framework
    from webui.wiring import Wiring

MOST: Final = 100
AHEAD: Final = timedelta(days=120)
_VERSION: Final = "v:"
_DAYS_IN_A_YEAR: Final = 365.25


class Due(Shape):
    """Something that falls due on a day; ``link`` is the page where it is done or seen."""

    day: str
    what: str
    link: str
    overdue: bool


def due_dates(wiring: Wiring, name: str) -> list[Due]:
    """What falls due for a framework within 120 days, or is overdue; the nearest first.

    Raises:
        UnknownSubjectError: there is no such framework.
    """
    framework = framework_named(wiring.reader, name)
    today = wiring.now().date()
    with reading(wiring.engine) as connection:
        log_id = wiring.log.log_id
        found = [
            *_statements(connection, log_id, framework),
            *_documents(connection, log_id, (today + AHEAD).isoformat()),
            *_access_reviews(connection, log_id),
        ]
    found += [
        (one.due[:10], f"Review of entry {one.of}", "/exceptions")
        for one in wiring.reader.reviews(status="required", limit=MOST)
    ]
    found += _repeated(wiring, framework)
    until = (today + AHEAD).isoformat()
    kept = sorted({one for one in found if one[0] <= until})
    return [
        Due(day=day, what=what, link=link, overdue=day < today.isoformat())
        for day, what, link in kept[:MOST]
    ]


def _statements(
    connection: Connection, log_id: int, framework: Framework
) -> list[tuple[str, str, str]]:
    drafts = {one.control: one for one in every_draft(connection, log_id)}
    found = []
    for control in framework.controls:
        draft = drafts.get(control.id)
        if draft is not None and draft.due:
            said = f"Draft of the statement for {control.ref} is to be signed"
            found.append((draft.due, said, f"/statements/{control.id}"))
        held: Any = folded.load(connection, log_id, StatementState.table, control.id)
        if held is None:
            continue
        link = f"/statements/{control.id}"
        if held.signed is not None:
            found.append((held.signed_until, f"Statement for {control.ref} expires", link))
        if held.set_aside is not None:
            said = f"{control.ref} is set aside until then"
            found.append((held.set_aside_until, said, link))
    return found


def _documents(connection: Connection, log_id: int, until: str) -> list[tuple[str, str, str]]:
    """Documents of versions that expire: a version is looked at again on the day after."""
    found = []
    for name in store.units_next(connection, log_id, until, MOST):
        if not name.startswith(_VERSION):
            continue
        version: Any = folded.load(
            connection, log_id, VersionState.table, name.removeprefix(_VERSION)
        )
        if version is None:
            continue
        link = f"/models/{version.model}/{version.version}"
        found += [
            (
                held.valid_until,
                f"{_plain(held.type)} of {version.model} {version.version} expires",
                link,
            )
            for held in version.evidence
            if held.valid_until is not None
        ]
    return found


def _access_reviews(connection: Connection, log_id: int) -> list[tuple[str, str, str]]:
    held = folded.find(connection, log_id, AccessReview, limit=MOST, status="open")
    return [(one.due[:10], "Access review is due", f"/access-reviews/{one.since}") for one in held]


def _repeated(wiring: Wiring, framework: Framework) -> list[tuple[str, str, str]]:
    """What must be made at least every so many days, counted from the last one."""
    found = []
    for control in framework.controls:
        for use in control.tests:
            arguments: Any = use.arguments
            if isinstance(arguments, CadenceArguments):
                kind, days = arguments.kind, arguments.every_days
            elif isinstance(arguments, RecoveryArguments):
                kind, days = "restore.tested", arguments.every_days
            elif isinstance(arguments, RetentionArguments):
                kind, days = "log.created", round(arguments.years * _DAYS_IN_A_YEAR)
            else:
                continue
            last = wiring.reader.entries(Filter(kinds=(kind,)), limit=1)
            if not last:
                continue
            day = date.fromisoformat(last[0].recorded_at[:10]) + timedelta(days=days)
            said = (
                f"Next {_REPEATED.get(kind, kind)} for {control.ref}, {days:,} days after the last"
            )
            if kind == "log.created":
                said = (
                    f"The ledger reaches the {arguments.years} years to be kept for {control.ref}"
                )
            found.append((day.isoformat(), said, f"/controls/{control.id}"))
    return found


_REPEATED: Final = {
    "report.issued": "report",
    "restore.tested": "restore for practice",
    "access.reviewed": "access review",
    "activity.reviewed": "review of activity",
    "backup.verified": "backup",
}


def _plain(word: str) -> str:
    said = word.replace("_", " ")
    return said[:1].upper() + said[1:]
