"""Drafts of statements: who may write them, what keeps two editors apart, what falls due.

Rules:

* one draft for each control. Whoever the policy lets sign it may read, change and discard it;
* a change names what it was made from (``tag``). Where somebody else changed or discarded that
  meanwhile, it is told, and nothing is overwritten;
* what is signed is signed as ever; the entry removes the draft that says the same words.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError

from ledger.drafts import DraftText, opened, sealed
from ledger.errors import ConflictError, InputError, UnknownSubjectError
from ledger.events.names import PrivateText, format_instant
from ledger.events.statement import StatementSigned
from ledger.store.database import reading, writing
from ledger.store.drafts import (
    StoredDraft,
    change_draft,
    delete_draft,
    every_draft,
    find_draft,
    insert_draft,
)
from webui.identity.errors import ReaderError
from webui.statements import control_of, written

if TYPE_CHECKING:
    from ledger.events.actor import Actor
    from webui.statements import State
    from webui.wiring import Wiring

AHEAD: Final = timedelta(days=120)
_TEXT: Final[TypeAdapter[str]] = TypeAdapter(PrivateText)
_ID_BYTES: Final = 8
_NEW: Final = ""


@dataclass(frozen=True)
class Draft:
    """A draft as somebody who may sign sees it. ``text`` is empty where it can't be read."""

    control: str
    tag: str
    version: int
    author: str
    changed_by: str
    created_at: str
    changed_at: str
    due: str
    text: str


@dataclass(frozen=True)
class DueStatement:
    """What is to be done for a control: why, by which day, and the draft where there is one.

    ``day`` is empty where no day is set.
    """

    control: str
    ref: str
    title: str
    state: State
    day: str
    overdue: bool
    draft_due: str
    drafted: str
    drafted_by: str


def may_write(wiring: Wiring, actor: Actor, control: str) -> bool:
    """Whether the policy lets somebody sign a statement for a control.

    Raises:
        UnknownSubjectError: there is no such control.
    """
    event = StatementSigned(
        framework=control_of(wiring.reader, control).framework,
        control=control,
        valid_until=(wiring.now().date() + AHEAD).isoformat(),
        text="(asked beforehand)",
    )
    try:
        return wiring.submitter.preview(actor, event).allowed
    except ConflictError:
        return False


def check_may_write(wiring: Wiring, actor: Actor, control: str) -> None:
    """Check that somebody may read and write the draft for a control.

    Raises:
        ReaderError: the policy does not let them sign it.
        UnknownSubjectError: there is no such control.
    """
    if not may_write(wiring, actor, control):
        raise ReaderError(
            "Only who may sign this statement reads and writes its draft.",
            code="may-not-sign",
            remedy="The policy in force says who may sign (statement.signed).",
        )


def draft_of(wiring: Wiring, control: str) -> Draft | None:
    """The draft for a control, or None."""
    with reading(wiring.engine) as connection:
        found = opened(wiring.log, connection, control)
    return None if found is None else _shown(found)


def keep_draft(
    wiring: Wiring, actor: Actor, control: str, text: str, *, due: str = "", tag: str = _NEW
) -> Draft:
    """Keep a draft: a new one without ``tag``, else in place of the one that it names.

    Raises:
        InputError: the text or the day is none.
        ConflictError: ``draft-changed``: somebody else changed, began or discarded it meanwhile.
    """
    said, by, now = _checked(text), _day(due), format_instant(wiring.now())
    new = StoredDraft(
        control=control,
        draft_id=secrets.token_hex(_ID_BYTES),
        version=1,
        author=actor.id,
        changed_by=actor.id,
        hands=actor.id,
        created_at=now,
        changed_at=now,
        due=by,
        sealed=b"",
    )
    with writing(wiring.engine) as connection:
        held = find_draft(connection, wiring.log.log_id, control)
        if (_tag(held) if held else _NEW) != tag:
            raise draft_changed()
        if held is not None:
            hands = dict.fromkeys([*held.hands.split(), actor.id])
            new = replace(
                held,
                version=held.version + 1,
                changed_by=actor.id,
                hands=" ".join(hands),
                changed_at=now,
                due=by,
            )
        new = sealed(wiring.log, connection, new, said)
        store = insert_draft if held is None else change_draft
        if not store(connection, wiring.log.log_id, new):
            raise draft_changed()
    return _shown(DraftText(new, said))


def discard_draft(wiring: Wiring, control: str, tag: str) -> None:
    """Delete the draft that ``tag`` names.

    Raises:
        UnknownSubjectError: there is no draft.
        ConflictError: ``draft-changed``.
    """
    with writing(wiring.engine) as connection:
        held = find_draft(connection, wiring.log.log_id, control)
        if held is None:
            raise no_draft()
        if _tag(held) != tag or not delete_draft(connection, wiring.log.log_id, held):
            raise draft_changed()


def check_unchanged(wiring: Wiring, control: str, tag: str) -> None:
    """Check that the draft somebody was shown is the one that stands, before they sign it.

    A draft that is gone is no reason: it may be this very signature, sent twice.

    Raises:
        ConflictError: ``draft-changed``.
    """
    with reading(wiring.engine) as connection:
        held = find_draft(connection, wiring.log.log_id, control)
    if held is not None and _tag(held) != tag:
        raise draft_changed()


def drafts_by_control(wiring: Wiring) -> dict[str, StoredDraft]:
    """Every draft as it is listed, without its text."""
    with reading(wiring.engine) as connection:
        return {one.control: one for one in every_draft(connection, wiring.log.log_id)}


def due_statements(wiring: Wiring, framework: str) -> list[DueStatement]:
    """What lacks, is over, ends within 120 days, or is drafted; the nearest day first.

    Raises:
        InputError: there is no such framework.
    """
    today = wiring.now().date()
    ahead = (today + AHEAD).isoformat()
    drafts = drafts_by_control(wiring)
    found = []
    for one in written(wiring.reader, framework, today.isoformat()):
        draft, ends = drafts.get(one.control.id), ""
        if one.said is not None and one.state in {"attached", "expired"}:
            ends = one.said.signed_until
        elif one.said is not None and one.state == "set aside":
            ends = one.said.set_aside_until
        asked = one.state in {"missing", "expired"} or ("" < ends <= ahead)
        if draft is None and not asked:
            continue
        draft_due = draft.due if draft else ""
        day = min(filter(None, (draft_due, ends)), default="")
        found.append(
            DueStatement(
                control=one.control.id,
                ref=one.control.ref,
                title=one.control.title,
                state=one.state,
                day=day,
                overdue=bool(day) and day < today.isoformat(),
                draft_due=draft_due,
                drafted=draft.changed_at if draft else "",
                drafted_by=draft.changed_by if draft else "",
            )
        )
    return sorted(found, key=lambda one: (not one.day, one.day, one.control))


def draft_changed() -> ConflictError:
    """Somebody else was faster."""
    return ConflictError(
        "Somebody else changed, began or discarded this draft meanwhile; nothing was overwritten.",
        code="draft-changed",
        remedy="Read what stands now, and make your change to that.",
    )


def no_draft() -> UnknownSubjectError:
    """There is no draft for a control."""
    return UnknownSubjectError("There is no draft for this control.", code="no-draft")


def _shown(found: DraftText) -> Draft:
    row = found.row
    return Draft(
        control=row.control,
        tag=_tag(row),
        version=row.version,
        author=row.author,
        changed_by=row.changed_by,
        created_at=row.created_at,
        changed_at=row.changed_at,
        due=row.due,
        text=found.text or "",
    )


def _tag(draft: StoredDraft) -> str:
    return f"{draft.draft_id}.{draft.version}"


def _checked(text: str) -> str:
    try:
        return _TEXT.validate_python(text.replace("\r\n", "\n"))
    except ValidationError:
        raise InputError(
            "A draft is a text of 1 to 4,000 characters.", pointer="/text", code="invalid-text"
        ) from None


def _day(text: str) -> str:
    if not text:
        return ""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise InputError(
            "This is no day.", pointer="/due", code="invalid-day", remedy="Write it as 2026-03-31."
        )
    return text
