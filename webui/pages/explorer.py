"""The ledger, entry by entry: found by filters, shown, and checked again on request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flask import Response, render_template, request

from ledger.core.encoding import parse_canonical
from ledger.core.envelope import parse_envelope
from ledger.core.proof import format_proof
from ledger.events.catalogue import CATALOGUE
from ledger.recheck import recheck
from ledger.store.entries import Filter
from policies import sentence
from webui.here import wired
from webui.pages.frame import before, first_page, name_of, next_page

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from ledger.recheck import Step

ON_A_PAGE = 50
_FIELDS = ("kind", "model", "version", "environment", "actor", "outcome", "since", "until")


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/ledger", "ledger", _ledger)
    blueprint.add_url_rule("/ledger/<int:number>", "entry", _entry)
    blueprint.add_url_rule("/ledger/<int:number>/verify", "verify", _verify, methods=["POST"])
    blueprint.add_url_rule("/ledger/<int:number>/proof", "proof", _proof)
    blueprint.add_url_rule("/ledger/<int:number>/envelope", "envelope", _envelope)


def _ledger() -> ResponseReturnValue:
    reader = wired().reader
    wanted = {name: request.args.get(name, "").strip() for name in _FIELDS}
    rows = reader.entries(_filter(wanted), before=before(), limit=ON_A_PAGE)
    return render_template(
        "ledger.html",
        told=reader.told(rows),
        wanted=wanted,
        kinds=sorted(CATALOGUE),
        name_of=name_of(),
        first=first_page(),
        next=next_page(rows, ON_A_PAGE, lambda row: row.sequence),
    )


def _filter(wanted: dict[str, str]) -> Filter:
    """Days are whole days of UTC; ``until`` is included."""
    return Filter(
        kinds=(wanted["kind"],) if wanted["kind"] else (),
        model=wanted["model"],
        version=wanted["version"],
        environment=wanted["environment"],
        actor=wanted["actor"],
        outcome=wanted["outcome"],
        since=wanted["since"],
        until=f"{wanted['until']}T24" if wanted["until"] else "",
    )


def _entry(number: int) -> ResponseReturnValue:
    return _show(number, ())


def _verify(number: int) -> ResponseReturnValue:
    return _show(number, recheck(wired().log, number))


def _show(number: int, steps: tuple[Step, ...]) -> ResponseReturnValue:
    reader, names = wired().reader, name_of()
    told = reader.tell(number)
    envelope = parse_envelope(told.row.envelope)
    statement = json.dumps(parse_canonical(envelope.payload), indent=2, ensure_ascii=False)
    return render_template(
        "entry.html",
        told=told,
        statement=statement,
        signatures=envelope.signatures,
        steps=steps,
        last=reader.head().size - 1,
        say=lambda result: sentence(result, names),
        name_of=names,
    )


def _proof(number: int) -> ResponseReturnValue:
    data = format_proof(wired().log.prove(number))
    name = f"entry-{number}.tlog-proof"
    return Response(
        data,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _envelope(number: int) -> ResponseReturnValue:
    told = wired().reader.tell(number)
    name = f"entry-{number}.dsse.json"
    return Response(
        told.row.envelope,
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
