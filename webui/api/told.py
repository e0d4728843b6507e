"""Receipts, refusals and decisions as the API tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.names import format_instant
from ledger.store.database import reading
from policies import explain, sentence, what_is_missing
from webui.api.answer import json_answer
from webui.api.shapes import DecisionAnswer, EntryLinks, EntryNumber, ReceiptAnswer
from webui.errors_http import PROBLEM_BASE, problem_response
from webui.naming import namer

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response

    from ledger.events.decision import Decision
    from ledger.state.aggregates import ReleaseState
    from ledger.submit import Receipt
    from webui.wiring import Wiring

    NameOf = Callable[[str], str]


def decision_answer(
    decision: Decision, name_of: NameOf, *, with_sentences: bool = True
) -> DecisionAnswer:
    """A decision; its sentences look up names, which a busy pipeline need not wait for."""
    return DecisionAnswer(
        outcome=decision.outcome,
        policy=decision.policy,
        engine=decision.engine,
        results=decision.results,
        sentences=tuple(explain(decision, name_of)) if with_sentences else (),
    )


def receipt_answer(receipt: Receipt, name_of: NameOf) -> ReceiptAnswer:
    """A receipt, with where to find the entry and its proof; a refusal comes with sentences."""
    decision = receipt.decision
    refused = receipt.outcome == "deny"
    told = decision_answer(decision, name_of, with_sentences=refused) if decision else None
    entry = f"/api/v1/entries/{receipt.sequence}"
    return ReceiptAnswer(
        outcome="deny" if refused else "allow",
        sequence=receipt.sequence,
        kind=receipt.kind,
        recorded_at=receipt.recorded_at,
        leaf_hash=receipt.leaf_hash.hex(),
        decision=told,
        consequences=tuple(
            EntryNumber(sequence=sequence, kind=kind) for sequence, kind in receipt.consequences
        ),
        checkpoint=receipt.checkpoint.decode("utf-8"),
        links=EntryLinks(entry=entry, proof=f"{entry}/proof"),
    )


def denied_response(told: ReceiptAnswer) -> Response:
    """The problem that tells of a refusal by the policy, which entry ``entry`` records."""
    decision = told.decision
    return problem_response(
        {
            "type": f"{PROBLEM_BASE}policy-denied",
            "title": "Refused by the policy in force",
            "status": 403,
            "detail": "The policy in force refuses this; the refusal is recorded.",
            "code": "policy-denied",
            "remedy": "The sentences say what is missing and who could give it.",
            "entry": told.sequence,
            "results": [item.model_dump(mode="json") for item in decision.results]
            if decision
            else [],
            "sentences": list(decision.sentences) if decision else [],
        }
    )


def receipt_response(wiring: Wiring, receipt: Receipt) -> Response:
    """What became of a command: a receipt, or the refusal that was recorded."""
    told = receipt_answer(receipt, namer(wiring.reader))
    if receipt.outcome == "deny":
        return denied_response(told)
    return json_answer(told, 200 if receipt.replayed else 201)


def pending_of(wiring: Wiring, release: ReleaseState) -> tuple[str, ...]:
    """What a release still lacks, in sentences; nothing where it is decided."""
    if release.status not in {"open", "granted"}:
        return ()
    now = format_instant(wiring.now())
    with reading(wiring.engine) as connection:
        registry = wiring.reader.registry(connection)
        decision = what_is_missing(wiring.decide, registry, release, wiring.service, now)
    name_of = namer(wiring.reader)
    return tuple(dict.fromkeys(sentence(result, name_of) for result in decision.unmet))
