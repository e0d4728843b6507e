"""What a difference shows, done: entries first, then accounts; and again, if it was interrupted.

Rules:

* a list of which unusually many leave is not carried out unless their number is said: half a file
  looks like half the people gone;
* up to 400 commands are one transaction of the ledger, all or none; more than that go in parts of
  whole people, those who leave first. What was interrupted goes on with the next run of the list:
  ids of people who join are kept before they are enrolled;
* a sign-in is linked, and an account made, only for whom the list itself brought. Nobody who was
  here before can be taken over by a list.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ledger.errors import ConflictError, RefusedError
from ledger.store.database import writing
from webui.feed.asking import MOST_AT_ONCE, submit
from webui.feed.leaving import close
from webui.identity.accounts import insert_account
from webui.identity.feeds import addresses, keep_fed, open_account
from webui.identity.scope import check_submit
from webui.identity.secret import digester
from webui.identity.subjects import link_subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ledger.events.actor import Actor
    from ledger.events.event import Event
    from webui.feed.difference import Change, Difference
    from webui.identity.feeds import Fed
    from webui.identity.scope import TokenScope
    from webui.wiring import Wiring

FEW: Final = 5
PART: Final = 5
"""More than a fifth of the people is unusual, unless it is a handful."""


@dataclass(frozen=True)
class CarriedOut:
    """How many commands were recorded, accounts closed, and what was left, in sentences."""

    commands: int
    closed: int
    notes: tuple[str, ...]


def is_unusual(found: Difference) -> bool:
    """Whether so many leave that the list may be a part of one."""
    return found.leaving > max(FEW, (found.staying + found.leaving) // PART)


def carry_out(
    wiring: Wiring,
    asker: Actor,
    found: Difference,
    *,
    scope: TokenScope | None = None,
    leaving: int | None = None,
) -> CarriedOut:
    """Do what a difference shows.

    Args:
        wiring: the installation.
        asker: who asks, under the policy.
        found: the difference.
        scope: how far the asker's token reaches, where it is one.
        leaving: how many are known to leave, where that is unusually many.

    Raises:
        RefusedError: the policy does not let the asker hold a list against the ledger.
        ConflictError: ``too-many-leave``; or the ledger moved on, and nothing of a part was done.
        ScopeError: the token may not ask for all of it; nothing was done.
    """
    if found.refused:
        raise RefusedError(
            f"The policy in force does not take this list from you: {found.refused}.",
            code="list-refused",
            remedy="Name a token of an administrator or of a workload with the role people_feed.",
        )
    if is_unusual(found) and leaving != found.leaving:
        raise ConflictError(
            f"{found.leaving} of {found.staying + found.leaving} people would leave by this list.",
            code="too-many-leave",
            remedy=f"Look whether the list is complete; if it is, say --leavers {found.leaving}.",
        )
    if scope is not None:
        for event in {one.kind: one for group in _all(found) for one in group}.values():
            check_submit(wiring, scope, event)
    joining = [one for one in found.of("join") if one.joins]
    keep_fed(wiring, (one.fed for one in joining))
    if sum(map(len, _all(found))) <= MOST_AT_ONCE:
        done = submit(wiring, asker, _all(found))
        closed, notes = _close(wiring, found.of("leave"))
    else:
        done = submit(wiring, asker, found.ending)
        closed, notes = _close(wiring, found.of("leave"))
        done += submit(wiring, asker, found.commands)
    keep_fed(wiring, _finish(wiring, found))
    return CarriedOut(done, closed, notes)


def _all(found: Difference) -> list[list[Event]]:
    return [*found.ending, *found.commands]


def _close(wiring: Wiring, changes: Iterable[Change]) -> tuple[int, tuple[str, ...]]:
    """Close the doors of whoever leaves."""
    rows, notes, count = [], [], 0
    for one in changes:
        closed, why = close(wiring, one.fed.actor_id)
        count += closed
        if why:
            notes.append(f"{one.fed.actor_id}: {why}.")
        else:
            rows.append(replace(one.fed, state="left", closed=closed or one.fed.closed))
    keep_fed(wiring, rows)
    return count, tuple(notes)


def _finish(wiring: Wiring, found: Difference) -> list[Fed]:
    """What joining and returning take besides entries; the rows as they are then."""
    joined = [one for one in found.of("join") if one.joins or not one.steps_enrol]
    _make_accounts(wiring, joined)
    for one in joined:
        if one.listed and one.listed.subject and found.terms.provider is not None:
            link_subject(wiring, found.terms.provider, one.listed.subject, one.fed.actor_id)
    returned = found.of("return")
    for one in returned:
        if one.fed.closed:
            open_account(wiring, one.fed.actor_id)
    stayed = [*joined, *returned, *found.of("find"), *found.of("move")]
    return [replace(one.fed, state="active", closed=False) for one in stayed]


def _make_accounts(wiring: Wiring, joined: Sequence[Change]) -> None:
    """Accounts without passwords, for whom the list brought."""
    there = set(addresses(wiring).values())
    lookup = digester(wiring, "email-lookup")
    wanted = [
        (one.fed.actor_id, lookup(one.listed.email))
        for one in joined
        if one.listed is not None and one.fed.actor_id not in there
    ]
    for at in range(0, len(wanted), MOST_AT_ONCE):
        with writing(wiring.engine) as connection:
            for actor_id, found in wanted[at : at + MOST_AT_ONCE]:
                insert_account(connection, wiring, actor_id, found, None)
