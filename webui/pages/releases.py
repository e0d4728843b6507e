"""One release: what is asked, what the policy still wants, and the word of whoever is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flask import Response, render_template

from ledger.errors import UnknownSubjectError
from ledger.events.names import format_instant
from ledger.shown import what_was_shown
from ledger.state.pack import pack_of, what_changed
from ledger.state.rejections import standing
from ledger.store.database import reading
from ledger.store.entries import Filter
from policies import who_could_approve, why_not_counted
from webui.comments import comments_on
from webui.here import wired
from webui.life.comparing import otherwise
from webui.naming import namer
from webui.pages.asking import ask, concluded, optional, text
from webui.pages.changes import done_or_proposed
from webui.pages.compared import compare
from webui.pages.frame import me
from webui.pages.talking import askable
from webui.pages.waiting import waiting

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from ledger.shown import Shown
    from ledger.state.aggregates import DeploymentState, ReleaseState
    from ledger.state.exceptions import ExceptionState
    from ledger.state.pack import Changed, Pack
    from ledger.state.rejections import RejectionState
    from webui.pages.waiting import Waiting

ON_A_TIMELINE = 30


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/releases/<int:number>", "release", _release)
    for word, view in (
        ("approve", _approve),
        ("reject", _reject),
        ("withdraw", _withdraw),
        ("revoke", _revoke),
    ):
        rule = f"/releases/<int:number>/{word}"
        blueprint.add_url_rule(rule, f"release_{word}", view, methods=["POST"])
    rule = "/releases/<int:number>/refusals/<int:entry>/lift"
    blueprint.add_url_rule(rule, "release_lift", _lift, methods=["POST"])
    shown = "/releases/<int:number>/votes/<int:entry>"
    blueprint.add_url_rule(shown, "release_shown", _shown)
    blueprint.add_url_rule(f"{shown}/pack.json", "release_pack", _pack)
    blueprint.add_url_rule("/releases", "request_release", _request, methods=["POST"])


def _release(number: int) -> ResponseReturnValue:
    reader, actor = wired().reader, me().actor
    release = reader.release(number)
    version = reader.version(release.model, release.version)
    now = _running(release)
    other = reader.version(now.model, now.version) if now else None
    wanted = Filter(model=release.model, version=release.version, environment=release.environment)
    item = waiting([release], actor)[0]
    pack, exception, refusals = _as_it_stands(release)
    lapsed = _lapsed(release, item, pack)
    return render_template(
        "release.html",
        release=release,
        exception=exception,
        keys=reader.passkeys(actor=actor.id, status="in_force"),
        lapsed=lapsed,
        version=version,
        now=now,
        other=other if other != version else None,
        compared=compare(version, other if other != version else None),
        otherwise=otherwise(other if other != version else None, version),
        item=item,
        gates={gate.id: gate.title for gate in wired().policy().gates},
        note=reader.tell(number).private.get("note"),
        said={vote.entry: reader.tell(vote.entry).private for vote in release.votes},
        comments=comments_on(reader, release),
        askable=askable(item, who_could_approve(item.granting)),
        refusals=refusals,
        reasons={one.since: reader.tell(one.since).private.get("reason") for one in refusals},
        mine=next((vote for vote in release.votes if vote.actor == actor.id and vote.counts), None),
        told=reader.told(reader.entries(wanted, limit=ON_A_TIMELINE)),
    )


def _shown(number: int, entry: int) -> ResponseReturnValue:
    """What was approved: the page as it stood before the vote, from the ledger."""
    shown, release = _of_vote(number, entry)
    pack = shown.pack
    running = pack.running.version if pack.running else None
    other = running if running != pack.proposed else None
    return render_template(
        "shown.html",
        release=release,
        shown=shown,
        other=other,
        compared=compare(pack.proposed, other),
        otherwise=otherwise(other, pack.proposed),
        comment=wired().reader.tell(entry).private.get("comment"),
    )


def _pack(number: int, entry: int) -> ResponseReturnValue:
    """The pack in the bytes whose SHA-256 the approval names."""
    shown, _ = _of_vote(number, entry)
    name = f"release-{number}-approval-{entry}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(shown.pack.canonical(), mimetype="application/json", headers=headers)


def _of_vote(number: int, entry: int) -> tuple[Shown, ReleaseState]:
    reader = wired().reader
    release = reader.release(number)
    shown = what_was_shown(reader, entry)
    if shown.pack.release != number:
        raise UnknownSubjectError("This vote is on another release.", pointer="/entry")
    return shown, release


class Lapsed(NamedTuple):
    """Why an approval does not count any more, and what is otherwise than when it was given."""

    why: str
    changed: tuple[Changed, ...]


def _as_it_stands(
    release: ReleaseState,
) -> tuple[Pack, ExceptionState | None, tuple[RejectionState, ...]]:
    """What there is to look at; the exception in force there, and the refusals that stand."""
    wiring = wired()
    with reading(wiring.engine) as connection:
        registry = wiring.reader.registry(connection)
        now = format_instant(wiring.now())
        exception = registry.exception_in_force(release.model, release.environment, now)
        refusals = standing(registry, release.model, release.environment, release.artifact)
        return pack_of(registry, release), exception, refusals


def _lapsed(release: ReleaseState, item: Waiting, now: Pack) -> dict[int, Lapsed]:
    """The approvals that do not count any more, by entry."""
    reader = wired().reader
    why = why_not_counted(item.granting, namer(reader))
    return {
        vote.entry: Lapsed(
            why[vote.actor], what_changed(what_was_shown(reader, vote.entry).pack, now)
        )
        for vote in release.votes
        if vote.approves and vote.actor in why
    }


def _running(release: ReleaseState) -> DeploymentState | None:
    """What runs now where the release wants to go."""
    found = wired().reader.running(release.model)
    return next((run for run in found if run.environment == release.environment), None)


def _request() -> ResponseReturnValue:
    fields = {"model": text("model"), "version": text("version"), **optional(note=text("note"))}
    receipt = ask("release.requested", {**fields, "environment": text("environment")})
    return concluded(
        receipt,
        "Asked for.",
        f"/releases/{receipt.sequence}",
        stay=f"/models/{text('model')}/{text('version')}",
    )


def _approve(number: int) -> ResponseReturnValue:
    said = optional(comment=text("comment"))
    fields = {"release": number, "artifact": text("artifact"), "pack": text("pack"), **said}
    return concluded(ask("release.approved", fields), "Approved.", f"/releases/{number}")


def _reject(number: int) -> ResponseReturnValue:
    fields = {"release": number, "artifact": text("artifact"), "reason": text("reason")}
    return concluded(ask("release.rejected", fields), "Rejected.", f"/releases/{number}")


def _lift(number: int, entry: int) -> ResponseReturnValue:
    """Lift a refusal, or propose it where others must agree."""
    fields = {"rejection": entry, "reason": text("reason")}
    return done_or_proposed(
        "rejection.lifted", fields, "The refusal is lifted.", f"/releases/{number}"
    )


def _withdraw(number: int) -> ResponseReturnValue:
    fields = {"release": number, **optional(reason=text("reason"))}
    return concluded(ask("release.withdrawn", fields), "Withdrawn.", f"/releases/{number}")


def _revoke(number: int) -> ResponseReturnValue:
    fields = {"release": number, "reason": text("reason")}
    done = "Your approval is taken back."
    return concluded(ask("approval.revoked", fields), done, f"/releases/{number}")
