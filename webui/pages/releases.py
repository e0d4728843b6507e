"""One release: what is asked, what the policy still wants, and the word of whoever is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template

from ledger.store.entries import Filter
from policies import sentence
from webui.here import wired
from webui.pages.asking import ask, concluded, optional, text
from webui.pages.frame import me, name_of
from webui.pages.waiting import voting, waiting

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from ledger.state.aggregates import ReleaseState, VersionState


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
    blueprint.add_url_rule("/releases", "request_release", _request, methods=["POST"])


def _release(number: int) -> ResponseReturnValue:
    reader, names, actor = wired().reader, name_of(), me().actor
    release = reader.release(number)
    version = reader.version(release.model, release.version)
    running, runs_itself = _running(release)
    told = reader.told(
        reader.entries(
            Filter(model=release.model, version=release.version, environment=release.environment),
            limit=30,
        )
    )
    return render_template(
        "release.html",
        release=release,
        version=version,
        running=running,
        runs_itself=runs_itself,
        note=reader.tell(number).private.get("note"),
        granting=waiting([release], actor)[0].granting,
        vote=voting(release, actor),
        mine=[vote for vote in release.votes if vote.actor == actor.id and vote.counts],
        told=told,
        say=lambda result: sentence(result, names),
        name_of=names,
    )


def _running(release: ReleaseState) -> tuple[VersionState | None, bool]:
    """The other version that runs now where the release wants to go; whether it runs itself."""
    reader = wired().reader
    for run in reader.running(release.model):
        if run.environment == release.environment:
            itself = run.version == release.version
            return (None if itself else reader.version(run.model, run.version)), itself
    return None, False


def _request() -> ResponseReturnValue:
    fields = {"model": text("model"), "version": text("version"), **optional(note=text("note"))}
    receipt = ask("release.requested", {**fields, "environment": text("environment")})
    if receipt.outcome == "allow":
        return redirect(f"/releases/{receipt.sequence}")
    return concluded(receipt, "", f"/models/{text('model')}/{text('version')}")


def _approve(number: int) -> ResponseReturnValue:
    fields = {"release": number, "artifact": text("artifact"), **optional(comment=text("comment"))}
    return concluded(ask("release.approved", fields), "Approved.", f"/releases/{number}")


def _reject(number: int) -> ResponseReturnValue:
    fields = {"release": number, "artifact": text("artifact"), "reason": text("reason")}
    return concluded(ask("release.rejected", fields), "Rejected.", f"/releases/{number}")


def _withdraw(number: int) -> ResponseReturnValue:
    fields = {"release": number, **optional(reason=text("reason"))}
    return concluded(ask("release.withdrawn", fields), "Withdrawn.", f"/releases/{number}")


def _revoke(number: int) -> ResponseReturnValue:
    fields = {"release": number, "reason": text("reason")}
    done = "Your approval is taken back."
    return concluded(ask("approval.revoked", fields), done, f"/releases/{number}")
