"""What a pipeline asks before it deploys: may these bytes go there now, and if not, why not."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from ledger.events.catalogue import read_command
from ledger.events.deployment import DeploymentRecorded
from ledger.events.model import VersionRegistered
from ledger.events.names import format_instant
from policies import explain
from webui.admission import Question, admission, verdict
from webui.api.answer import json_answer
from webui.api.route import Answer, Route
from webui.api.shapes import GateAnswer, GateWanted, WhyNotAnswer, WhyNotWanted
from webui.api.strict import body_fields
from webui.identity.scope import check_submit
from webui.naming import namer
from webui.why_not import Wanted, why_not

if TYPE_CHECKING:
    from flask import Response

    from ledger.events.decision import Decision
    from webui.api.route import Asker


def _gate(asker: Asker) -> Response:
    wanted = body_fields(GateWanted)
    question = Question(wanted.model, wanted.version, wanted.environment, wanted.artifact or "")
    found = verdict(asker.wiring, asker.actor, question)
    receipt = None
    if wanted.admission_hours is not None and found.decision.allowed:
        check_submit(asker.wiring, asker.scope, DeploymentRecorded(**asdict(found.question)))
        receipt = admission(asker.wiring, found, wanted.admission_hours).decode("ascii")
    return json_answer(
        GateAnswer(
            format="counterseal-gate/1",
            outcome=found.decision.outcome,
            **asdict(found.question),
            policy=found.decision.policy,
            checked_at=format_instant(found.checked_at),
            size=found.size,
            results=found.decision.results,
            sentences=_sentences(asker, found.decision),
            challenge=wanted.challenge,
            admission=receipt,
        )
    )


def _sentences(asker: Asker, decision: Decision) -> tuple[str, ...]:
    """Why it is refused; an allowance needs no names to be looked up for it."""
    return () if decision.allowed else tuple(explain(decision, namer(asker.wiring.reader)))


def _why_not(asker: Asker) -> Response:
    wanted = body_fields(WhyNotWanted)
    planned = None
    if wanted.planned is not None:
        read = read_command(VersionRegistered.kind, wanted.planned)
        planned = read if isinstance(read, VersionRegistered) else None
    asked = Wanted(wanted.model, wanted.version, wanted.environment, planned)
    found = why_not(asker.wiring, asker.actor, asked)
    place = {"model": wanted.model, "version": wanted.version, "environment": wanted.environment}
    return json_answer(WhyNotAnswer.model_validate({**place, **asdict(found)}))


ROUTES = (
    Route(
        method="POST",
        path="/v1/gate",
        name="ask_gate",
        says="Whether the asker may deploy a version to an environment now. Nothing is recorded. "
        "The answer repeats what was asked and the challenge, so that no other answer passes for "
        "it; with admission_hours an allowance carries a signed admission receipt.",
        view=_gate,
        body="GateWanted",
        answers=(Answer(200, "What the policy says.", GateAnswer),),
    ),
    Route(
        method="POST",
        path="/v1/why-not",
        name="ask_why_not",
        says="Every condition that is not met between a version, which may be planned only, and a "
        "deployment by the asker, and who can meet it. Nothing is recorded.",
        view=_why_not,
        body="WhyNotWanted",
        answers=(Answer(200, "What is missing.", WhyNotAnswer),),
    ),
)
