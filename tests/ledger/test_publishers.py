"""Trusted publishers in the ledger: who may be named, what an identity token must say, and that a
ledger in which a rule did not admit a token is found out."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ledger.audit import audit
from ledger.batch import Asked
from ledger.errors import LedgerError
from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from ledger.events.entry import decode_entry
from ledger.events.names import format_instant
from ledger.events.proof import IdTokenProof
from ledger.state.publishers import PublisherState, why_not
from tests.tools.house import a_model, a_version

if TYPE_CHECKING:
    from ledger.events.event import Event
    from ledger.receipt import Receipt
    from tests.tools.house import House

ISSUER = "https://token.actions.githubusercontent.com"
WORKFLOW = "acme/pipelines/.github/workflows/release.yml@refs/heads/main"
RULE: dict[str, Any] = {
    "provider": "github",
    "issuer": ISSUER,
    "audience": "https://ledger.example.org",
    "repository_id": "456789",
    "owner_id": "123456",
    "kinds": ["model.registered", "version.registered", "deployment.recorded"],
}


def rule(**more: Any) -> PublisherState:
    return PublisherState(since=1, actor_id="c1" * 16, **{**RULE, "kinds": ("a.b",)}, **more)


def proof(house: House | None = None, publisher: int = 1, **more: Any) -> IdTokenProof:
    now = house.clock.moment if house else None
    times = {"issued_at": "2026-11-01T12:00:00Z", "expires_at": "2026-11-01T12:05:00Z"}
    if now is not None:
        times = {
            "issued_at": format_instant(now),
            "expires_at": format_instant(now + timedelta(minutes=5)),
        }
    fields = {
        "type": "id-token",
        "publisher": publisher,
        "token": "7e" * 32,
        "issuer": ISSUER,
        "audience": "https://ledger.example.org",
        "repository_id": "456789",
        "owner_id": "123456",
        "ref": "refs/heads/main",
        "commit": "ab" * 20,
        "run": "1001",
        **times,
        **more,
    }
    return IdTokenProof.model_validate(fields)


@pytest.mark.parametrize(
    ("pinned", "claimed", "code"),
    [
        ({}, {}, ""),
        ({}, {"issuer": "https://gitlab.com"}, "wrong-issuer"),
        ({}, {"audience": "https://other.example.org"}, "wrong-audience"),
        ({}, {"repository_id": "456780"}, "wrong-repository"),
        ({}, {"owner_id": "1"}, "wrong-owner"),
        ({"ref": "refs/heads/main"}, {}, ""),
        ({"ref": "refs/heads/mai"}, {}, "wrong-ref"),
        ({"ref": "refs/heads/main"}, {"ref": "refs/heads/main2"}, "wrong-ref"),
        ({"ref": "refs/tags/v*"}, {"ref": "refs/tags/v1.2"}, ""),
        ({"ref": "refs/tags/v*"}, {"ref": "refs/heads/v1"}, "wrong-ref"),
        ({"ref_protected": True}, {"ref_protected": True}, ""),
        ({"ref_protected": True}, {"ref_protected": False}, "ref-not-protected"),
        ({"ref_protected": True}, {}, "ref-not-protected"),
        ({"ci_environment": "production"}, {"environment": "production"}, ""),
        ({"ci_environment": "production"}, {"environment": "Production"}, "wrong-environment"),
        ({"ci_environment": "production"}, {}, "wrong-environment"),
        ({"workflow": WORKFLOW}, {"workflow": WORKFLOW}, ""),
        ({"workflow": WORKFLOW.partition("@")[0]}, {"workflow": WORKFLOW}, ""),
        ({"workflow": WORKFLOW}, {"workflow": WORKFLOW + "x"}, "wrong-workflow"),
        ({"workflow": "a/b.yml"}, {"workflow": "a/b.yml.evil@refs/heads/main"}, "wrong-workflow"),
        ({"workflow": WORKFLOW}, {}, "wrong-workflow"),
    ],
)
def test_a_rule_asks_for_what_it_pins(
    pinned: dict[str, Any], claimed: dict[str, Any], code: str
) -> None:
    assert why_not(rule(**pinned), proof(**claimed)) == code


def a_workload(house: House) -> Actor:
    actor_id = secrets.token_hex(16)
    fields = {"actor_id": actor_id, "actor_type": "workload", "name": "CI"}
    house.submit(read_command("actor.enrolled", fields))
    return Actor(id=actor_id, type="workload", via="id-token", credential="1")


def trusted(house: House, actor: Actor, **more: Any) -> int:
    fields = {**RULE, "actor_id": actor.id, **more}
    return house.submit(read_command("publisher.trusted", fields)).sequence


def ask(house: House, actor: Actor, event: Event, key: str, shown: IdTokenProof) -> Receipt:
    return house.submitter.submit_batch(actor, [Asked(event, key, shown)])[0]


def test_what_a_pipeline_does_carries_its_claims_and_verifies(house: House) -> None:
    ci = a_workload(house)
    shown = proof(house, trusted(house, ci), ref_protected=True)
    receipt = ask(house, ci, a_model(ci.id), "k", shown)
    stored = decode_entry(house.log.entry(receipt.sequence).envelope)
    assert stored.proof == shown
    assert stored.actor.via == "id-token"
    assert audit(house.log).problems == []


def test_a_publisher_speaks_for_a_workload_that_is_enrolled(house: House) -> None:
    person = secrets.token_hex(16)
    fields = {"actor_id": person, "actor_type": "person", "name": "Ana"}
    house.submit(read_command("actor.enrolled", fields))
    for who in (person, house.service.id, secrets.token_hex(16)):
        with pytest.raises(LedgerError):
            house.submit(read_command("publisher.trusted", {**RULE, "actor_id": who}))


def test_a_publisher_is_removed_once_and_admits_nothing_from_then_on(house: House) -> None:
    ci = a_workload(house)
    number = trusted(house, ci)
    shown = proof(house, number)
    ask(house, ci, a_model(ci.id), "1", shown)
    house.submit(read_command("publisher.removed", {"publisher": number}))
    with pytest.raises(LedgerError) as refused:
        ask(house, ci, a_version(), "2", shown)
    assert refused.value.code == "publisher-removed"
    with pytest.raises(LedgerError):
        house.submit(read_command("publisher.removed", {"publisher": number}))
    with pytest.raises(LedgerError):
        house.submit(read_command("publisher.removed", {"publisher": 0}))
    assert audit(house.log).problems == []


def refusal(house: House, ci: Actor, shown: IdTokenProof, model: str = "churn") -> str:
    size = house.log.head().size
    with pytest.raises(LedgerError) as refused:
        ask(house, ci, a_model(ci.id, model), "k", shown)
    assert house.log.head().size == size
    return refused.value.code


def test_a_proof_that_the_rule_does_not_admit_is_not_recorded(house: House) -> None:
    ci, other = a_workload(house), a_workload(house)
    number = trusted(house, ci, ref="refs/heads/main", models=["churn"])
    assert refusal(house, other, proof(house, number)) == "wrong-workload"
    assert refusal(house, ci, proof(house, number, repository_id="1")) == "wrong-repository"
    assert refusal(house, ci, proof(house, number, ref="refs/heads/dev")) == "wrong-ref"
    assert refusal(house, ci, proof(house, number), model="other") == "publisher-scope"
    assert refusal(house, ci, proof(house, 0)) == "publisher-unknown"
    late = proof(house, number)
    house.clock.moment += timedelta(minutes=16)
    assert refusal(house, ci, late) == "id-token-time"
    early = proof(
        house, number, issued_at="2099-01-01T00:00:00Z", expires_at="2099-01-01T01:00:00Z"
    )
    assert refusal(house, ci, early) == "id-token-time"
    assert refusal(house, ci, proof(house, trusted(house, ci, kinds=["version.registered"]))) == (
        "publisher-scope"
    )


def test_a_refusal_by_the_policy_keeps_what_the_pipeline_showed(house: House) -> None:
    ci = a_workload(house)
    shown = proof(house, trusted(house, ci))
    house.judge.refused.add("model.registered")
    receipt = ask(house, ci, a_model(ci.id), "k", shown)
    assert receipt.outcome == "deny"
    assert decode_entry(house.log.entry(receipt.sequence).envelope).proof == shown
    assert audit(house.log).problems == []


def test_an_entry_whose_claims_no_rule_admits_is_found_by_verifying(house: House) -> None:
    """Whoever holds the log's keys and leaves out the check still can't make it verify."""
    from ledger.state import fold

    ci = a_workload(house)
    forged = proof(house, trusted(house, ci), repository_id="666")
    kept, fold.check_id_token = fold.check_id_token, lambda *_: None  # type: ignore[assignment]
    try:
        number = ask(house, ci, a_model(ci.id), "k", forged).sequence
    finally:
        fold.check_id_token = kept  # type: ignore[assignment]
    problems = audit(house.log).problems
    assert ("wrong-repository", number) in {(one.code, one.sequence) for one in problems}


def test_who_came_by_an_identity_token_shows_it(house: House) -> None:
    ci = a_workload(house)
    number = house.submitter.submit(ci, a_model(ci.id), "k").sequence
    problems = audit(house.log).problems
    assert [(one.code, one.sequence) for one in problems] == [("proof-mismatch", number)]
