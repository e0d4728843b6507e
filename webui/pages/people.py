"""People, workloads and their roles: enrolled, invited, given and taken, all by entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, render_template, request

from ledger.events.names import format_instant
from ledger.genesis import new_actor_id
from ledger.store.entries import Filter
from webui.here import wired
from webui.identity.accounts import find_account
from webui.identity.administrators import check_administrator
from webui.identity.fresh import fresh
from webui.identity.links import issue_setup_link, setup_url
from webui.identity.recovery import make_recovery_link, open_recovery
from webui.pages.asking import ask, optional, refused, text
from webui.pages.assertion import fingerprint
from webui.pages.changes import ask_or_propose, done_or_proposed
from webui.pages.frame import before, first_page, me, next_page
from webui.privacy import may_read

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from ledger.events.event import Event
    from ledger.state.aggregates import ActorState

ON_A_PAGE = 100
MOST_CHANGES = 12
MOST_LOOKED_AT = 500
CHANGES = Filter(
    kinds=(
        "actor.enrolled",
        "role.granted",
        "role.revoked",
        "identity.linked",
        "identity.unlinked",
        "recovery.allowed",
        "key.enrolled",
        "key.revoked",
    )
)


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/people", "people", _people)
    blueprint.add_url_rule("/people", "enrol", fresh(_enrol), methods=["POST"])
    blueprint.add_url_rule("/people/<actor>", "person", _person)
    blueprint.add_url_rule("/people/<actor>/grant", "grant", fresh(_grant), methods=["POST"])
    blueprint.add_url_rule("/people/<actor>/revoke", "revoke", _revoke, methods=["POST"])
    blueprint.add_url_rule(
        "/people/<actor>/link", "link_account", fresh(_link_account), methods=["POST"]
    )
    blueprint.add_url_rule("/people/<actor>/unlink", "unlink", fresh(_unlink), methods=["POST"])
    blueprint.add_url_rule("/people/<actor>/recover", "recover", fresh(_recover), methods=["POST"])
    blueprint.add_url_rule("/people/<actor>/invite", "invite", fresh(_invite), methods=["POST"])


def _people() -> ResponseReturnValue:
    reader = wired().reader
    actors = reader.actors(before=before(), limit=ON_A_PAGE)
    return render_template(
        "people.html",
        actors=actors,
        people=reader.people(actor.id for actor in actors),
        roles=wired().policy().roles,
        administrators=len(reader.holding("administrator", format_instant(wired().now()))),
        may_see_privacy=may_read(wired(), me().actor.id),
        changes=reader.told(reader.entries(CHANGES, limit=MOST_CHANGES)),
        first=first_page(),
        next=next_page(actors, ON_A_PAGE, lambda item: item.since),
    )


def _person(actor: str) -> ResponseReturnValue:
    return _show(actor, "")


def _show(actor: str, link: str) -> ResponseReturnValue:
    reader = wired().reader
    changes = reader.told(reader.entries(CHANGES, limit=MOST_LOOKED_AT))
    return render_template(
        "person.html",
        person=reader.person(actor),
        passkeys=reader.passkeys(actor=actor),
        fingerprint=fingerprint,
        may_see_data=actor == me().actor.id or may_read(wired(), me().actor.id),
        today=wired().now().date().isoformat(),
        account=find_account(wired(), actor),
        recovery=open_recovery(wired(), actor),
        roles=wired().policy().roles,
        told=reader.told(reader.entries(Filter(actor=actor), limit=20)),
        changes=[item for item in changes if actor in _accounts_of(item.entry.event)],
        others=[one for one in reader.actors(limit=ON_A_PAGE) if _could_be_linked(one, actor)],
        may_link=may_link(),
        link=link,
    )


def _accounts_of(event: Event) -> set[str]:
    """Whom an entry about people speaks of."""
    return {getattr(event, "actor_id", ""), getattr(event, "same_as", "")}


def _could_be_linked(one: ActorState, actor: str) -> bool:
    return one.id != actor and actor not in one.alike and one.type != "service"


def may_link() -> bool:
    """Whether who is signed in holds a role that may say which accounts are one, as shipped."""
    mine = wired().reader.actor(me().actor.id)
    now = format_instant(wired().now())
    return mine.holds("administrator", now) or mine.holds("compliance", now)


def _enrol() -> ResponseReturnValue:
    """Enrol somebody, give a role, and show the one-time link of a person once."""
    kind, actor = text("type"), new_actor_id()
    known = optional(name=text("name"), email=text("email"))
    receipt = ask("actor.enrolled", {"actor_id": actor, "actor_type": kind, **known}, "enrol")
    if receipt.outcome != "allow":
        return refused(receipt.sequence, "/people")
    enrolled = wired().log.entry(receipt.sequence).event
    actor = str(getattr(enrolled, "actor_id", actor))
    if text("role"):
        fields = {"actor_id": actor, "role": text("role"), **_limits()}
        granted = ask_or_propose("role.granted", fields, "role")
        if granted.outcome != "allow":
            return refused(granted.sequence, f"/people/{actor}")
        if granted.kind == "change.proposed":
            flash(f"The role is proposed: somebody else must agree to {granted.sequence}.", "ok")
    return _show(actor, _link(actor) if kind == "person" and text("email") else "")


def _limits() -> dict[str, object]:
    """For which models a role is given, and until the end of which day, as a form says it."""
    limits: dict[str, object] = {}
    for name in ("models", "tags"):
        if named := tuple(text(name).replace(",", " ").split()):
            limits[name] = named
    if day := text("until"):
        limits["until"] = f"{day}T23:59:59Z"
    return limits


def _grant(actor: str) -> ResponseReturnValue:
    given = optional(reason=text("reason"))
    fields = {"actor_id": actor, "role": text("role"), **_limits(), **given}
    return done_or_proposed("role.granted", fields, "The role is given.", f"/people/{actor}")


def _revoke(actor: str) -> ResponseReturnValue:
    fields = {"actor_id": actor, "role": text("role"), **optional(reason=text("reason"))}
    back = f"/people/{actor}"
    return done_or_proposed("role.revoked", fields, "The role is taken back.", back)


def _link_account(actor: str) -> ResponseReturnValue:
    fields = {"actor_id": actor, "same_as": text("same_as"), **optional(reason=text("reason"))}
    back = f"/people/{actor}"
    return done_or_proposed("identity.linked", fields, "They are one person from now on.", back)


def _unlink(actor: str) -> ResponseReturnValue:
    fields = {"actor_id": actor, **optional(reason=text("reason"))}
    back = f"/people/{actor}"
    return done_or_proposed("identity.unlinked", fields, "It stands by itself again.", back)


def _recover(actor: str) -> ResponseReturnValue:
    """Let somebody start anew, where the policy lets them; the link is made of the entry."""
    fields = {"actor_id": actor, **optional(reason=text("reason"))}
    done = "They may start anew: make the link now."
    return done_or_proposed("recovery.allowed", fields, done, f"/people/{actor}")


def _invite(actor: str) -> ResponseReturnValue:
    """A link for somebody who can't sign in yet, or who may start anew."""
    check_administrator(wired(), me().actor.id)
    account = find_account(wired(), actor)
    if account is None or not account.can_sign_in:
        return _show(actor, _link(actor))
    return _show(actor, setup_url(_base(), make_recovery_link(wired(), actor)))


def _link(actor: str) -> str:
    """A new one-time link to set a password; shown once, never kept."""
    return setup_url(_base(), issue_setup_link(wired(), for_actor=actor))


def _base() -> str:
    """Where people reach us: as the settings say, else as this request does."""
    return wired().settings.public_url or request.host_url.rstrip("/")
