"""The privacy desk: requests with their clock, holds, erasures, exports.

It is shown to the data protection officer, compliance and auditors; everybody may fetch what the
ledger holds of themselves. What may be done is the policy's to say, as everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, render_template

from ledger.errors import InputError
from ledger.store.entries import Filter
from webui.here import wired
from webui.pages.asking import ask, concluded, optional, text
from webui.pages.frame import before, first_page, me, next_page
from webui.privacy import carry_out, check_reader, request_of

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

ON_A_PAGE = 50
MOST_HOLDS = 100
DESK = "/privacy"
KINDS = (
    "erasure.requested", "erasure.approved", "erasure.refused", "subject.erased",
    "subject.rectified", "hold.placed", "hold.released",
)  # fmt: skip


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule(DESK, "privacy", _desk)
    blueprint.add_url_rule("/privacy/requests", "ask_erasure", _request, methods=["POST"])
    rule = "/privacy/requests/<int:number>/answer"
    blueprint.add_url_rule(rule, "answer_erasure", _answer, methods=["POST"])
    rule = "/privacy/requests/<int:number>/erase"
    blueprint.add_url_rule(rule, "erase", _erase, methods=["POST"])
    blueprint.add_url_rule("/privacy/holds", "place_hold", _hold, methods=["POST"])
    rule = "/privacy/holds/<int:number>/release"
    blueprint.add_url_rule(rule, "release_hold", _release, methods=["POST"])
    blueprint.add_url_rule("/privacy/people/<actor>/rectify", "rectify", _rectify, methods=["POST"])
    blueprint.add_url_rule("/privacy/people/<actor>.json", "subject_json", _json)
    blueprint.add_url_rule("/privacy/people/<actor>.pdf", "subject_pdf", _pdf)


def _desk() -> ResponseReturnValue:
    wiring, reader = wired(), wired().reader
    check_reader(wiring, me().actor.id)
    found = reader.erasures(before=before(), limit=ON_A_PAGE)
    requests = [request_of(wiring, item) for item in found]
    holds = reader.holds(limit=MOST_HOLDS)
    asked = [*(item.since for item in found), *(item.since for item in holds)]
    answers = [item.answered for item in found if item.answered is not None]
    return render_template(
        "privacy.html",
        requests=requests,
        holds=holds,
        rules=wiring.policy().retention or (),
        texts={number: reader.tell(number).private for number in {*asked, *answers}},
        told=reader.told(reader.entries(Filter(kinds=KINDS), limit=20)),
        today=wiring.now().date().isoformat(),
        first=first_page(),
        next=next_page(found, ON_A_PAGE, lambda item: item.since),
    )


def _request() -> ResponseReturnValue:
    fields = {
        "actor_id": text("actor_id"),
        "received": text("received"),
        **optional(reason=text("reason")),
    }
    back = _back()
    return concluded(ask("erasure.requested", fields), "The request is recorded.", back)


def _answer(number: int) -> ResponseReturnValue:
    fields = {"erasure": number, "assessment": text("assessment")}
    if text("answer") == "approve":
        receipt = ask("erasure.approved", fields)
        return concluded(receipt, "The erasure is approved; it is not carried out yet.", DESK)
    if text("answer") != "refuse":
        raise InputError("Approve or refuse.", pointer="/answer")
    fields |= {"ground": text("ground"), **optional(until=text("until"))}
    return concluded(ask("erasure.refused", fields), "The request is refused.", DESK)


def _erase(number: int) -> ResponseReturnValue:
    if text("sure") != str(number):
        raise InputError(
            "Nothing was erased: the number of the request was not typed.",
            pointer="/sure",
            remedy=f"Type {number} to show that you mean this request.",
        )
    receipt = carry_out(wired(), me().actor, number)
    return concluded(receipt, "The person's data is erased.", DESK)


def _hold() -> ResponseReturnValue:
    scope, on = text("scope"), text("on")
    named = {"subject": {"actor_id": on}, "model": {"model": on}}.get(scope, {})
    fields = {"scope": scope, **named, "reason": text("reason")}
    return concluded(ask("hold.placed", fields), "The hold stands.", DESK)


def _release(number: int) -> ResponseReturnValue:
    fields = {"hold": number, "reason": text("reason")}
    return concluded(ask("hold.released", fields), "The hold is released.", DESK)


def _rectify(actor: str) -> ResponseReturnValue:
    subject = wired().reader.subject(actor)
    last = subject.rectified if subject is not None else None
    fields = {
        "actor_id": actor,
        "supersedes": wired().reader.actor(actor).since if last is None else last,
        "name": text("name"),
        **optional(email=text("email")),
    }
    return concluded(ask("subject.rectified", fields), "It is put right.", f"/people/{actor}")


def _json(actor: str) -> ResponseReturnValue:
    check_reader(wired(), me().actor.id, actor)
    # The whole ledger is read: what this takes to load is loaded when it is asked for.
    from webui.subject_export import subject_export_json

    data = subject_export_json(wired(), actor)
    return _file(data, "application/json", f"personal-data-{actor[:8]}.json")


def _pdf(actor: str) -> ResponseReturnValue:
    check_reader(wired(), me().actor.id, actor)
    from webui.subject_pdf import subject_pdf

    data = subject_pdf(wired(), actor)
    return _file(data, "application/pdf", f"personal-data-{actor[:8]}.pdf")


def _file(data: bytes, media: str, name: str) -> Response:
    answer = Response(data, mimetype=media)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _back() -> str:
    """Whoever asks for themselves goes back to their account."""
    return "/account" if text("actor_id") == me().actor.id else DESK
