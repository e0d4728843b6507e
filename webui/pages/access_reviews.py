"""Access reviews: who holds which role, looked at row by row; kept, or removed under the policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import flash, redirect, render_template, request

from ledger.errors import InputError
from ledger.events.names import format_instant
from ledger.store.accesses import last_seen
from ledger.store.database import reading
from webui.access_reviews import actors_of, completing, opening, still_held, to_do
from webui.here import wired
from webui.pages.asking import ask, concluded, refused, text
from webui.pages.changes import done_or_proposed
from webui.pages.frame import before, first_page, next_page

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue


ON_A_PAGE: Final = 50
_HERE: Final = "/access-reviews"


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    one = f"{_HERE}/<int:number>"
    blueprint.add_url_rule(_HERE, "access_reviews", _reviews)
    blueprint.add_url_rule(_HERE, "open_access_review", _open, methods=["POST"])
    blueprint.add_url_rule(one, "access_review", _review)
    blueprint.add_url_rule(f"{one}/rows", "review_rows", _decide, methods=["POST"])
    blueprint.add_url_rule(f"{one}/remove", "review_remove", _remove, methods=["POST"])
    blueprint.add_url_rule(f"{one}/complete", "review_complete", _complete, methods=["POST"])


def _reviews() -> ResponseReturnValue:
    wiring = wired()
    found = wiring.reader.access_reviews(before=before(), limit=ON_A_PAGE)
    return render_template(
        "access_reviews.html",
        reviews=found,
        roles=wiring.policy().roles,
        now=format_instant(wiring.now()),
        first=first_page(),
        next=next_page(found, ON_A_PAGE, lambda item: item.since),
    )


def _open() -> ResponseReturnValue:
    """Begin a review of everybody who holds one of the ticked roles; of all, where none is."""
    wiring = wired()
    roles = request.form.getlist("roles")
    fields = opening(wiring, roles, f"{text('due')}T23:59:59Z", text("reason"))
    receipt = ask("access.review_opened", fields)
    back = f"{_HERE}/{receipt.sequence}" if receipt.outcome == "allow" else _HERE
    return concluded(receipt, "The review is open.", back, stay=_HERE)


def _review(number: int) -> ResponseReturnValue:
    wiring = wired()
    review = wiring.reader.access_review(number)
    found = actors_of(wiring, review)
    with reading(wiring.engine) as connection:
        seen = last_seen(connection, wiring.log.log_id, sorted(found))
    return render_template(
        "access_review.html",
        review=review,
        held=[still_held(row, found[row.actor_id]) for row in review.rows],
        actors=found,
        seen=seen,
        now=format_instant(wiring.now()),
        waiting=to_do(review, found),
    )


def _decide(number: int) -> ResponseReturnValue:
    """Decide every row that was filled in; each is an entry of its own."""
    review = wired().reader.access_review(number)
    here, decided = f"{_HERE}/{number}", 0
    for at, row in enumerate(review.rows):
        decision = text(f"decision-{at}")
        if not decision or decision == row.decision:
            continue
        fields = {
            "review": number,
            "actor_id": row.actor_id,
            "role": row.role,
            "decision": decision,
            "reason": text(f"reason-{at}") or text("reason"),
        }
        receipt = ask("access.row_reviewed", fields, f"row-{at}")
        if receipt.outcome != "allow":
            return refused(receipt.sequence, here)
        decided += 1
    flash(f"{decided} rows are decided." if decided != 1 else "One row is decided.", "ok")
    return redirect(here)


def _remove(number: int) -> ResponseReturnValue:
    """Take a role away that the review removes; the policy says who may, and with whom."""
    review = wired().reader.access_review(number)
    row = review.row(text("actor_id"), text("role"))
    if row is None or row.decision != "remove":
        raise InputError("The review does not remove this.", pointer="/role")
    fields = {
        "actor_id": row.actor_id,
        "role": row.role,
        "reason": f"Removed by access review {number}",
    }
    return done_or_proposed("role.revoked", fields, "The role is taken.", f"{_HERE}/{number}")


def _complete(number: int) -> ResponseReturnValue:
    review = wired().reader.access_review(number)
    fields = completing(review, text("conclusion"))
    return concluded(
        ask("access.reviewed", fields), "The review is completed.", f"{_HERE}/{number}"
    )
