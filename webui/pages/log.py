"""The log: head, growth, checkpoints, guard, keys, who has seen it, and runs of the verifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flask import Response, current_app, flash, jsonify, redirect, render_template, request
from markupsafe import Markup

from ledger.errors import LedgerError, RefusedError, UnknownSubjectError
from ledger.left_behind import left_behind
from ledger.publication import publication_state
from ledger.store.database import reading
from ledger.store.entries import older_checkpoints, read_checkpoint_note
from webui.here import wired
from webui.pages.frame import before, first_page, me, next_page
from webui.pages.growth import draw_growth, few, sample_growth
from webui.pages.signed import keys_in_force
from webui.reports.scene_svg import to_svg
from webui.verifying import Verifier, kept_runs, may_verify

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from ledger.log import Log
    from webui.pages.growth import Sample
    from webui.pages.signed import KeyInForce

ON_A_PAGE: Final = 50
FIRST_SHOWN: Final = 8
_VERIFIER: Final = "counterseal-verifier"


@dataclass(frozen=True)
class CheckpointRow:
    """A checkpoint in a list: its size, its root, and when its last entry was recorded."""

    size: int
    root: str
    at: str
    holds: bool


@dataclass(frozen=True)
class GuardState:
    """What the guard says: ``size`` entries promised (None: nothing), or why it can't be read."""

    size: int | None
    problem: str = ""


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/log", "log", _log)
    blueprint.add_url_rule("/log/checkpoint", "checkpoint", _checkpoint)
    blueprint.add_url_rule("/log/checkpoints", "checkpoints", _checkpoints)
    blueprint.add_url_rule("/log/checkpoints/<int:number>", "old_checkpoint", _old_checkpoint)
    blueprint.add_url_rule("/log/verify", "verify_all", _verify, methods=["POST"])
    blueprint.add_url_rule("/log/verification", "verification", _verification)
    blueprint.record_once(_keep_verifier)


def verifier() -> Verifier:
    """What runs the verifier beside this server."""
    found: Verifier = current_app.extensions[_VERIFIER]
    return found


def _keep_verifier(state: Any) -> None:
    state.app.extensions[_VERIFIER] = Verifier(state.app.extensions["counterseal"])


def _log() -> ResponseReturnValue:
    wiring = wired()
    head = wiring.reader.head()
    samples = sample_growth(wiring.log, head.size)
    return render_template(
        "log.html",
        log=wiring.log,
        head=head,
        note=head.checkpoint.decode("utf-8"),
        entries_key=wiring.log.keyring.entries.public.hex(),
        seal=wiring.seal_fingerprint(),
        prefix=f"{request.url_root}log/{wiring.log.name}",
        state=publication_state(wiring.log),
        public=wiring.settings.public_log,
        guard=_guard(wiring.log),
        keys=_keys(wiring.log, head.size),
        growth=_drawn(samples),
        samples=few(samples),
        checkpoints=_rows(None, FIRST_SHOWN),
        runs=kept_runs(wiring),
        progress=verifier().progress,
        may_verify=may_verify(wiring, me().actor),
        left=left_behind(wiring.log),
    )


def _drawn(samples: list[Sample]) -> Markup | str:
    """The picture, which the painter has escaped."""
    if not samples:
        return ""
    try:
        return Markup(to_svg(draw_growth(samples)))  # noqa: S704 (the painter escapes)
    except LedgerError:
        # A time that somebody edited by hand; the verifier names it.
        return ""


def _guard(log: Log) -> GuardState:
    """A guard that is out of reach must not keep the page that says so from being shown."""
    try:
        kept = log.guard.read(log.origin)
    except LedgerError as error:
        return GuardState(None, error.sentence)
    return GuardState(None if kept is None else kept.size)


def _keys(log: Log, size: int) -> tuple[KeyInForce, ...]:
    try:
        return keys_in_force(log, size)
    except LedgerError:
        return ()


def _rows(size: int | None, limit: int) -> list[CheckpointRow]:
    log = wired().log
    with reading(log.engine) as connection:
        found = older_checkpoints(connection, log.log_id, size, limit)
    return [_row(log, *one) for one in found]


def _row(log: Log, size: int, note: bytes, at: str) -> CheckpointRow:
    """One checkpoint, its signature checked."""
    try:
        tree = log.read_checkpoint(note)
    except LedgerError:
        return CheckpointRow(size, "", at, holds=False)
    return CheckpointRow(size, tree.root.hex(), at, holds=tree.size == size)


def _checkpoint() -> ResponseReturnValue:
    return Response(wired().reader.head().checkpoint, content_type="text/plain; charset=utf-8")


def _checkpoints() -> ResponseReturnValue:
    rows = _rows(before(), ON_A_PAGE)
    return render_template(
        "checkpoints.html",
        checkpoints=rows,
        first=first_page(),
        next=next_page(rows, ON_A_PAGE, lambda row: row.size),
    )


def _old_checkpoint(number: int) -> ResponseReturnValue:
    log = wired().log
    with reading(log.engine) as connection:
        note = read_checkpoint_note(connection, log.log_id, number)
    if note is None:
        raise UnknownSubjectError("There is no checkpoint of this size.", pointer="/size")
    name = f'attachment; filename="checkpoint-{number}.txt"'
    headers = {"Content-Disposition": name}
    return Response(note, content_type="text/plain; charset=utf-8", headers=headers)


def _verify() -> ResponseReturnValue:
    """Begin a run, for those whom the policy lets issue reports."""
    if not may_verify(wired(), me().actor):
        raise RefusedError(
            "The policy does not let you have the whole ledger verified.",
            code="verification-refused",
            remedy="Whoever may issue reports may do this; an administrator gives roles.",
        )
    verifier().start()
    flash("The ledger is being verified; the result will stand here.", "ok")
    return redirect("/log#runs")


def _verification() -> ResponseReturnValue:
    """Where the run is, for the page that waits for it."""
    return jsonify(vars(verifier().progress))
