"""The documentation of a version: read, drafted section by section, signed."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template

from ledger.errors import ConflictError, UnknownSubjectError
from webui.documenting import (
    check_may_sign,
    documentation,
    draft_place,
    may_sign,
    section_of,
    statements_of,
)
from webui.drafts import check_unchanged, discard_draft, draft_of, keep_draft
from webui.here import wired
from webui.pages.asking import ask, concluded, optional, text
from webui.pages.frame import me
from webui.statements import difference

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    add = blueprint.add_url_rule
    whole = "/models/<model>/<version>/documentation"
    one = f"{whole}/<section>"
    add(whole, "documentation", _documentation)
    add(one, "section", _section)
    add(one, "sign_section", _sign, methods=["POST"])
    add(f"{one}/draft", "draft_section", _draft, methods=["POST"])
    add(f"{one}/draft/discard", "drop_section", _discard, methods=["POST"])


def _documentation(model: str, version: str) -> ResponseReturnValue:
    reader = wired().reader
    return render_template(
        "documentation.html",
        version=reader.version(model, version),
        documentation=documentation(reader, model, version),
    )


def _section(model: str, version: str, section: str) -> ResponseReturnValue:
    return _shown(model, version, section)


def _shown(model: str, version: str, section: str, mine: str | None = None) -> str:
    """A section; ``mine`` are words that were overtaken and must not be lost."""
    wiring = wired()
    found = section_of(wiring.reader, model, version, section)
    writes = may_sign(wiring, me().actor, model, version, section)
    draft = draft_of(wiring, draft_place(model, version, section)) if writes else None
    begin = draft.text if draft else found.text or ""
    return render_template(
        "section.html",
        model=model,
        version=version,
        section=found,
        writes=writes,
        draft=draft,
        text=begin if mine is None else mine,
        overtaken=mine is not None,
        changed=difference(found.text or "", draft.text) if draft and found.entry else None,
        statements=statements_of(wiring.reader, model, version, section),
    )


def _sign(model: str, version: str, section: str) -> ResponseReturnValue:
    draft, place = text("draft"), draft_place(model, version, section)
    if draft:
        check_unchanged(wired(), place, draft)
    fields = {
        "model": model,
        "version": version,
        "section": section,
        "text": text("text").replace("\r\n", "\n"),
        **optional(previous=text("previous")),
    }
    if "previous" in fields and str(fields["previous"]).isdecimal():
        fields["previous"] = int(fields["previous"])
    receipt = ask("documentation.signed", fields)
    if draft and receipt.outcome == "allow":
        # The entry removed the draft that says the same; here its words were changed, then signed.
        with suppress(UnknownSubjectError, ConflictError):
            discard_draft(wired(), place, draft)
    back = f"/models/{model}/{version}/documentation"
    return concluded(receipt, "The section is signed.", back, stay=f"{back}/{section}")


def _draft(model: str, version: str, section: str) -> ResponseReturnValue:
    """Keep the draft; whoever was overtaken is shown both texts and loses none."""
    check_may_sign(wired(), me().actor, model, version, section)
    words = text("text")
    try:
        keep_draft(
            wired(), me().actor, draft_place(model, version, section), words, tag=text("draft")
        )
    except ConflictError as error:
        if error.code != "draft-changed":
            raise
        return _shown(model, version, section, words.replace("\r\n", "\n")), 409
    flash("The draft is kept. Nothing is signed.", "ok")
    return redirect(f"/models/{model}/{version}/documentation/{section}")


def _discard(model: str, version: str, section: str) -> ResponseReturnValue:
    check_may_sign(wired(), me().actor, model, version, section)
    discard_draft(wired(), draft_place(model, version, section), text("draft"))
    flash("The draft is discarded.", "ok")
    return redirect(f"/models/{model}/{version}/documentation/{section}")
