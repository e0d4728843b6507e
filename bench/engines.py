"""A release to production decided by us, its bare conditions by Google's CEL, its rules by Cedar.

All three answer the same question about the same facts, by turns in one run. They don't do the
same: ours matches people to seats, names every requirement and writes the sentences; CEL evaluates
the conditions alone; Cedar is given the number of approvals, which its language can't count, and
names the policies that decided.

``best`` is the fastest of many short stretches: what each takes where nothing else runs.
``to_ours`` is the median of each turn's ratio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import cedarpy
from cel_expr_python import cel

from bench.installation import DIGEST, installation, median, show, timed
from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from ledger.events.release import ReleaseGranted
from ledger.genesis import new_actor_id
from ledger.store.database import reading
from policies import explain
from policies.facts import Case

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.installation import Bench
    from policies.document import Document

DECISIONS = 100
TURNS = 150
NOW: Final = "2026-11-23T12:00:00.000000Z"
_PLACES: Final = '["development", "staging", "production"]'
CEDAR: Final = f"""
permit(principal, action == Action::"grant", resource) when {{
  context.state == "registered" && context.risk_tier != "prohibited"
  && {_PLACES}.contains(context.environment) && context.overdue == 0
  && !context.recalled
}};
forbid(principal, action == Action::"grant", resource)
when {{ context.environment == "production" }}
unless {{ context.approvals >= 2 && context.compliance >= 1
  && context.documents.contains("evaluation_report") }};
forbid(principal, action == Action::"grant", resource)
when {{ context.environment == "production" && context.task == "classification" }}
unless {{ context.accuracy.greaterThanOrEqual(decimal("0.90")) }};
"""


def run(urls: list[str]) -> None:
    """How many decisions each makes per second on one core."""
    del urls
    with installation() as bench:
        granted = asked(bench)
        made = bench.wiring
        with reading(made.engine) as connection:
            registry = made.reader.registry(connection)
            case = Case(made.policy(), registry, granted, made.service, NOW)
            service = made.service
            decision = made.decide(registry, granted, service, NOW)
            if not decision.allowed:
                raise SystemExit([(item.requirement, item.code) for item in decision.unmet])

            def ours() -> None:
                for _ in range(DECISIONS):
                    explain(made.decide(registry, granted, service, NOW), str)

            contestants = {"ours": ours, "cel": by_cel(case), "cedar": by_cedar()}
            seconds: dict[str, list[float]] = {name: [] for name in contestants}
            for _ in range(TURNS):
                for name, contestant in contestants.items():
                    seconds[name].append(timed(contestant))
    for name, found in seconds.items():
        show(
            "engines.decide",
            engine=name,
            per_second=DECISIONS / median(found),
            best=DECISIONS / min(found),
            to_ours=median([own / one for own, one in zip(seconds["ours"], found, strict=True)]),
        )


def asked(bench: Bench) -> ReleaseGranted:
    """A release to production that two people approved: what is decided when it is granted."""
    made, submit = bench.wiring, bench.wiring.submitter.submit
    people = []
    for role in ("ml_lead", "compliance"):
        person = Actor(id=new_actor_id(), type="person", via="password")
        enrol = {"actor_id": person.id, "actor_type": "person"}
        submit(bench.admin, read_command("actor.enrolled", enrol))
        submit(bench.admin, read_command("role.granted", {"actor_id": person.id, "role": role}))
        people.append(person)
    of = {"model": "churn", "version": "1.0.0"}
    metric = {
        "name": "accuracy", "value": "0.931", "data_set": "holdout", "held_out": True,
        "higher_is_better": True,
    }  # fmt: skip
    measured = {**of, "phase": "evaluation", "metrics": [metric]}
    submit(bench.pipeline, read_command("metrics.observed", measured))
    report = {
        **of, "type": "evaluation_report", "sha256": "e0" * 32, "size_bytes": 1,
        "media_type": "text/plain", "title": "Report",
    }  # fmt: skip
    submit(bench.pipeline, read_command("evidence.attached", report))
    wanted = {**of, "environment": "production"}
    release = submit(bench.pipeline, read_command("release.requested", wanted)).sequence
    for person in people:
        vote = {"release": release, "artifact": DIGEST}
        submit(person, read_command("release.approved", vote))
    assert made.reader.release(release).status == "granted"
    return ReleaseGranted(
        release=release,
        model="churn",
        version="1.0.0",
        environment="production",
        artifact=DIGEST,
        approvals=(),
    )


def conditions(document: Document) -> list[str]:
    """The conditions of the gates of a grant, in CEL's writing: its numbers are doubles."""
    found = []
    for gate in document.gates:
        if gate.event == ReleaseGranted.kind:
            found += [gate.when or "", *(item.check or "" for item in gate.require)]
    return [text.replace("== 0", "== 0.0") for text in found if text]


def by_cel(case: Case) -> Callable[[], None]:
    """The bare conditions, each compiled once, on facts that are there already."""
    kinds = {
        "model.risk_tier": cel.Type.STRING,
        "model.task": cel.Type.STRING,
        "version.state": cel.Type.STRING,
        "target.environment": cel.Type.STRING,
        "evaluation.accuracy": cel.Type.DOUBLE,
        "evaluation.r2": cel.Type.DOUBLE,
        "reviews.overdue": cel.Type.DOUBLE,
        "lineage.recalled": cel.Type.BOOL,
    }
    environment = cel.NewEnv(variables=kinds)
    programs = [environment.compile(text) for text in conditions(case.document)]
    facts = {path: case.fact(path) for path in kinds}
    data: dict[str, Any] = {
        path: float(value) if kinds[path] is cel.Type.DOUBLE else value  # type: ignore[arg-type]
        for path, value in facts.items()
        if value is not None
    }

    def evaluate() -> None:
        for _ in range(DECISIONS):
            for program in programs:
                program.eval(data=data)

    return evaluate


def by_cedar() -> Callable[[], None]:
    """The same rules as Cedar policies; approvals are counted before."""
    request = {
        "principal": 'Service::"submit"',
        "action": 'Action::"grant"',
        "resource": 'Release::"7"',
        "context": {
            "state": "registered",
            "risk_tier": "high",
            "task": "classification",
            "environment": "production",
            "overdue": 0,
            "recalled": False,
            "approvals": 2,
            "compliance": 1,
            "documents": ["evaluation_report"],
            "accuracy": {"__extn": {"fn": "decimal", "arg": "0.931"}},
        },
    }
    if not cedarpy.is_authorized(request, CEDAR, []).allowed:
        raise SystemExit("Cedar does not allow what we do.")

    def decide() -> None:
        for _ in range(DECISIONS):
            cedarpy.is_authorized(request, CEDAR, [])

    return decide
