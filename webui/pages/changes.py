"""Changes that need others: proposed, looked at, agreed to, carried out as proposed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template

from ledger.core.encoding import canonical
from ledger.errors import InputError
from ledger.events.assurance import PolicyActivated
from ledger.events.catalogue import read_command
from ledger.events.change import ChangeProposed, texts_of
from ledger.events.command import command_digest
from ledger.events.names import format_instant
from ledger.events.passkey import KeyEnrolled
from ledger.store.database import reading
from policies import carrying_out, may_agree, who_could_approve, without_asker
from webui.here import wired
from webui.identity.fresh import fresh
from webui.pages.asking import ask, concluded, optional, text
from webui.pages.assertion import fingerprint
from webui.pages.frame import before, first_page, me, next_page
from webui.pages.other_rules import proposed_rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from ledger.events.actor import Actor
    from ledger.events.decision import Decision, Result
    from ledger.events.event import Event
    from ledger.state.aggregates import ChangeState
    from ledger.submit import Receipt

ON_A_PAGE = 50
MOST_WAITING = 20
_NOT_PROPOSED = "E_NOT_PROPOSED"
"""Private texts of which a kind has one at most: kept with the proposal as its note."""


@dataclass(frozen=True)
class Proposal:
    """A proposed change, what would come of it, and what the policy says about both.

    ``results`` are what it asks before it can be carried out, whoever does so. ``for_me``: the
    agreement of whoever looks would fill a place that is still empty.
    """

    change: ChangeState
    event: Event
    carrying: Decision
    word: Decision
    for_me: bool

    @property
    def results(self) -> tuple[Result, ...]:
        """What the policy asks, what is missing first."""
        found = without_asker(self.carrying.results)
        return tuple(sorted(found, key=lambda result: result.state == "met"))

    @property
    def met(self) -> int:
        """How many of them are met."""
        return sum(result.state == "met" for result in self.results)


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/changes", "changes", _changes)
    blueprint.add_url_rule("/changes/<int:number>", "change", _change)
    for word, view in (
        ("approve", fresh(_approve)),
        ("reject", _reject),
        ("withdraw", _withdraw),
        ("carry-out", fresh(_carry_out)),
    ):
        rule = f"/changes/<int:number>/{word}"
        blueprint.add_url_rule(rule, f"change_{word}", view, methods=["POST"])


def proposals(changes: Sequence[ChangeState], actor: Actor) -> list[Proposal]:
    """What each proposed change still waits for, and whether ``actor`` could help."""
    wiring = wired()
    decide, now = wiring.decide, format_instant(wiring.now())
    events = [wiring.reader.proposed(change.since) for change in changes]
    found = []
    with reading(wiring.engine) as connection:
        registry = wiring.reader.registry(connection)
        for change, event in zip(changes, events, strict=True):
            carrying = carrying_out(decide, registry, event, actor, now)
            word = may_agree(decide, registry, change, actor, now)
            for_me = word.allowed and actor.id in who_could_approve(carrying)
            found.append(Proposal(change, event, carrying, word, for_me))
    return found


def waiting_changes(actor: Actor) -> list[Proposal]:
    """The newest open proposals, those that ``actor`` could help with first."""
    found = proposals(wired().reader.changes(status="open", limit=MOST_WAITING), actor)
    return sorted(found, key=lambda one: not one.for_me)


def ask_or_propose(kind: str, fields: dict[str, Any], salt: str = "") -> Receipt:
    """Submit a command from a form; where all it lacks is the agreement of others, propose it."""
    event = read_command(kind, fields)
    wiring = wired()
    with reading(wiring.engine) as connection:
        registry = wiring.reader.registry(connection)
        now = format_instant(wiring.now())
        decision = carrying_out(wiring.decide, registry, event, me().actor, now)
    if {result.code for result in decision.unmet} != {_NOT_PROPOSED}:
        return ask(kind, fields, salt)
    command = {**event.facts(), **event.private_texts()}
    return ask(ChangeProposed.kind, {"proposed": kind, "event": command}, salt)


def done_or_proposed(
    kind: str, fields: dict[str, Any], done: str, back: str
) -> ResponseReturnValue:
    """The same, with the page that follows."""
    receipt = ask_or_propose(kind, fields)
    if receipt.outcome == "allow" and receipt.kind == ChangeProposed.kind:
        flash(
            "The policy asks for somebody else's agreement, so this is proposed now"
            f" (entry {receipt.sequence}).",
            "ok",
        )
        return redirect(f"/changes/{receipt.sequence}")
    return concluded(receipt, done, back)


def _changes() -> ResponseReturnValue:
    reader = wired().reader
    found = reader.changes(before=before(), limit=ON_A_PAGE)
    return render_template(
        "changes.html",
        waiting=waiting_changes(me().actor) if before() is None else [],
        changes=[(item, reader.proposed(item.since)) for item in found],
        first=first_page(),
        next=next_page(found, ON_A_PAGE, lambda item: item.since),
    )


def _change(number: int) -> ResponseReturnValue:
    reader, actor = wired().reader, me().actor
    (item,) = proposals([reader.change(number)], actor)
    votes, private = item.change.votes, reader.tell(number).private
    return render_template(
        "change.html",
        change=item.change,
        item=item,
        facts=_facts(item.event),
        other_rules=_other_rules(item.event),
        gates={gate.id: gate.title for gate in wired().policy().gates},
        note=private.get("note"),
        texts=texts_of(private.get("texts")),
        erased="texts" in private and private["texts"] is None,
        said={vote.entry: reader.tell(vote.entry).private for vote in votes},
        mine=next((vote for vote in votes if vote.actor == actor.id and vote.counts), None),
    )


def _facts(event: Event) -> list[tuple[str, Any]]:
    """What the event would hold, but for a whole document."""
    facts = event.facts()
    if isinstance(event, KeyEnrolled):
        shown = ("actor_id", "algorithm", "rp_id", "origin", "backup_eligible", "aaguid")
        facts = {name: facts[name] for name in (*shown, "attestation_format")}
        facts = {"fingerprint": fingerprint(event.public), **facts}
    return [(name, value) for name, value in facts.items() if not isinstance(value, dict)]


def _other_rules(event: Event) -> dict[str, Any] | None:
    """What a proposed policy would change: rule by rule, and in what happened so far."""
    if not isinstance(event, PolicyActivated):
        return None
    return proposed_rules(event)


def _approve(number: int) -> ResponseReturnValue:
    fields = {"change": number, "command": text("command"), **optional(comment=text("comment"))}
    return concluded(ask("change.approved", fields), "You agreed.", f"/changes/{number}")


def _reject(number: int) -> ResponseReturnValue:
    fields = {"change": number, "command": text("command"), "reason": text("reason")}
    return concluded(ask("change.rejected", fields), "Refused.", f"/changes/{number}")


def _withdraw(number: int) -> ResponseReturnValue:
    fields = {"change": number, "command": text("command"), **optional(reason=text("reason"))}
    return concluded(ask("change.withdrawn", fields), "Withdrawn.", f"/changes/{number}")


def _carry_out(number: int) -> ResponseReturnValue:
    """Submit what was proposed, as it was proposed and shown."""
    change, event = wired().reader.change(number), wired().reader.proposed(number)
    shown = command_digest(event.kind, canonical(event.facts())).hex()
    if text("command") != shown or shown != change.command:
        raise InputError("This is not what was shown.", remedy="Look at the proposal again.")
    private = wired().reader.tell(number).private.get("texts")
    receipt = ask(event.kind, {**event.facts(), **texts_of(private)})
    return concluded(receipt, "It is done.", f"/changes/{number}")
