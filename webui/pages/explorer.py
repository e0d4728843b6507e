"""The ledger, entry by entry: found by filters, shown, and checked again on request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Response, jsonify, render_template, request
from markupsafe import Markup

from ledger.bundle import make_bundle
from ledger.core.envelope import parse_envelope
from ledger.core.proof import format_proof
from ledger.errors import LedgerError, UnknownSubjectError
from ledger.events.catalogue import CATALOGUE
from ledger.events.change import texts_of
from ledger.query import MOST_COUNTED, NEWEST_LOOKED_AT
from ledger.recheck import recheck
from ledger.store.entries import Filter
from webui.here import wired
from webui.pages.assertion import assertion_of
from webui.pages.audit_path import draw_path
from webui.pages.frame import before, first_page, next_page
from webui.pages.inclusion import climb
from webui.pages.signed import signed_by
from webui.reports.scene_svg import to_svg

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from ledger.core.checkpoint import Checkpoint
    from ledger.recheck import Step
    from ledger.store.entries import Matches, StoredEntry
    from webui.pages.inclusion import Joined

ON_A_PAGE = 50
MOST_OFFERED = 500
_FIELDS = ("kind", "model", "version", "environment", "actor", "outcome", "since", "until")


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/ledger", "ledger", _ledger)
    blueprint.add_url_rule("/ledger/count", "count", _count)
    blueprint.add_url_rule("/ledger/<int:number>", "entry", _entry)
    blueprint.add_url_rule("/ledger/<int:number>/verify", "verify", _verify, methods=["POST"])
    blueprint.add_url_rule("/ledger/<int:number>/proof", "proof", _proof)
    blueprint.add_url_rule("/ledger/<int:number>/envelope", "envelope", _envelope)
    blueprint.add_url_rule("/ledger/<int:number>/bundle", "bundle", _bundle)


def _ledger() -> ResponseReturnValue:
    reader = wired().reader
    wanted = asked_for()
    rows = reader.entries(as_filter(wanted), before=before(), limit=ON_A_PAGE)
    return render_template(
        "ledger.html",
        told=reader.told(rows),
        wanted=wanted,
        filtered=any(wanted.values()),
        kinds=sorted(CATALOGUE),
        models=reader.models(limit=MOST_OFFERED),
        actors=reader.actors(limit=MOST_OFFERED),
        matches=counted(reader.count(as_filter(wanted))),
        query=urlencode({name: value for name, value in wanted.items() if value}),
        first=first_page(),
        next=next_page(rows, ON_A_PAGE, lambda row: row.sequence),
    )


def _count() -> ResponseReturnValue:
    """The number beside the filters, while somebody changes them."""
    matches = wired().reader.count(as_filter(asked_for()))
    return jsonify(**vars(matches), said=counted(matches))


def asked_for() -> dict[str, str]:
    """The filters that the address names; PostgreSQL takes no NUL in a text."""
    return {name: request.args.get(name, "").replace("\0", "").strip() for name in _FIELDS}


def counted(matches: Matches) -> str:
    """How many match, in words."""
    if not matches.at_least:
        return "1 entry matches" if matches.count == 1 else f"{matches.count:,} entries match"
    if matches.count >= MOST_COUNTED:
        return f"more than {matches.count:,} entries match"
    return f"{matches.count:,} of the newest {NEWEST_LOOKED_AT:,} entries match"


def as_filter(wanted: dict[str, str]) -> Filter:
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
    reader = wired().reader
    try:
        told = reader.tell(number)
        envelope = parse_envelope(told.row.envelope)
    except UnknownSubjectError:
        raise
    except LedgerError as error:
        return _damaged(number, error)
    proof = _proved(number, told.row.leaf_hash)
    return render_template(
        "entry.html",
        told=told,
        facts=told.entry.event.facts(),
        texts=texts_of(told.private.get("texts")),
        statement=_shown(envelope.payload),
        signatures=signed_by(wired().log, envelope, number),
        steps=steps,
        assertion=assertion_of(reader, told.entry),
        proof=proof,
        drawing=_drawn(told.row, proof[1]) if proof else "",
        last=reader.head().size - 1,
    )


def _damaged(number: int, error: LedgerError) -> ResponseReturnValue:
    """An entry whose bytes can't be read any more: what the checks say of it."""
    steps = recheck(wired().log, number)
    return render_template("damaged.html", number=number, problem=error, steps=steps), 503


def _proved(number: int, leaf: bytes) -> tuple[Checkpoint, tuple[Joined, ...]] | None:
    """The signed tree head and the way to its root, or None where the tree is damaged."""
    log = wired().log
    try:
        proof = log.prove(number)
        tree = log.read_checkpoint(proof.checkpoint)
    except LedgerError:
        return None
    return tree, climb(leaf, number, tree.size, proof.hashes)


def _drawn(row: StoredEntry, way: tuple[Joined, ...]) -> Markup:
    """The picture of the proof, which the painter has escaped."""
    return Markup(to_svg(draw_path(row.leaf_hash.hex(), row.sequence, way)))  # noqa: S704 (the painter escapes)


def _shown(payload: bytes) -> str:
    """The statement as it stands in the envelope, on lines of its own."""
    return json.dumps(json.loads(payload), indent=2, ensure_ascii=False)


def _proof(number: int) -> ResponseReturnValue:
    return _file(
        format_proof(wired().log.prove(number)),
        "text/plain; charset=utf-8",
        f"entry-{number}.tlog-proof",
    )


def _envelope(number: int) -> ResponseReturnValue:
    told = wired().reader.tell(number)
    return _file(told.row.envelope, "application/json", f"entry-{number}.dsse.json")


def _bundle(number: int) -> ResponseReturnValue:
    """The entry with its proof, the log's keys and a verifier of its own, in one zip file."""
    wired().reader.tell(number)
    made = make_bundle(wired().log, [number], {})
    return _file(made, "application/zip", f"entry-{number}-evidence.zip")


def _file(data: bytes, content_type: str, name: str) -> Response:
    disposition = f'attachment; filename="{name}"'
    return Response(data, content_type=content_type, headers={"Content-Disposition": disposition})
