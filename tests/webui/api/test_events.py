"""Commands: recorded once, refused with reasons, previewed without a trace."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import text

from ledger.core.note import parse_vkey
from ledger.core.proof import check_proof, parse_proof
from tests.webui.api.company import ARTIFACT, OTHER, a_model, a_version
from webui.identity.scope import TokenScope

if TYPE_CHECKING:
    from tests.webui.api.company import Company


def test_a_command_is_answered_with_a_receipt_that_verifies_offline(any_company: Company) -> None:
    house = any_company.house
    answer = any_company.scientist.submit("model.registered", a_model(any_company.scientist_id))
    assert answer.status_code == 201
    receipt = answer.json
    assert receipt["outcome"] == "allow"
    assert receipt["kind"] == "model.registered"
    assert receipt["sequence"] == house.size - 1
    assert receipt["decision"]["outcome"] == "allow"
    assert receipt["decision"]["sentences"] == []
    assert {result["state"] for result in receipt["decision"]["results"]} == {"met"}
    assert answer.headers["Location"] == receipt["links"]["entry"]
    proof = any_company.scientist.client.get(
        receipt["links"]["proof"],
        headers={"Authorization": f"Bearer {any_company.scientist.secret}"},
    )
    leaf = bytes.fromhex(receipt["leaf_hash"])
    tree = check_proof(parse_proof(proof.data), leaf, [parse_vkey(house.wiring.log.vkey)])
    assert tree.size == house.size
    assert house.wiring.log.read_checkpoint(receipt["checkpoint"].encode()).size == house.size


def test_the_same_command_under_the_same_key_is_recorded_once(any_company: Company) -> None:
    fields = a_model(any_company.scientist_id)
    first = any_company.scientist.submit("model.registered", fields, "my key")
    size = any_company.house.size
    again = any_company.scientist.submit("model.registered", fields, "my key")
    assert again.status_code == 200
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert any_company.house.size == size
    for name in ("sequence", "leaf_hash", "recorded_at", "kind", "outcome", "decision"):
        assert again.json[name] == first.json[name]


def test_another_command_under_the_same_key_is_a_conflict(any_company: Company) -> None:
    any_company.scientist.submit("model.registered", a_model(any_company.scientist_id), "my key")
    size = any_company.house.size
    other = a_model(any_company.scientist_id, "other")
    answer = any_company.scientist.submit("model.registered", other, "my key")
    assert (answer.status_code, answer.json["code"]) == (409, "idempotency-key-reused")
    assert any_company.house.size == size


def test_keys_of_different_people_do_not_meet(company: Company) -> None:
    company.registered()
    attach = {
        "model": "churn",
        "version": "1.0.0",
        "type": "evaluation_report",
        "size_bytes": 9,
        "media_type": "application/pdf",
    }
    first = company.scientist.submit(
        "evidence.attached", {**attach, "sha256": "7a" * 32}, "shared key"
    )
    second = company.officer.submit(
        "evidence.attached", {**attach, "sha256": "7b" * 32}, "shared key"
    )
    assert (first.status_code, second.status_code) == (201, 201)


def test_a_refusal_is_recorded_and_says_in_sentences_why(any_company: Company) -> None:
    house, size = any_company.house, any_company.house.size
    fields = a_model(any_company.scientist_id)
    answer = any_company.nobody.submit("model.registered", fields, "k")
    assert answer.status_code == 403
    assert answer.mimetype == "application/problem+json"
    told = answer.json
    assert told["code"] == "policy-denied"
    assert told["entry"] == size
    assert house.size == size + 1
    assert house.wiring.log.entry(size).kind == "access.denied"
    assert told["sentences"][0] == (
        "Nobody may not do this: it needs the role data scientist, ml lead or pipeline"
    )
    assert told["results"][0]["code"] == "E_NOROLE"
    again = any_company.nobody.submit("model.registered", fields, "k")
    assert again.status_code == 403
    assert again.json["entry"] == size
    assert again.headers["Idempotency-Replayed"] == "true"
    assert house.size == size + 1


def test_what_a_command_brings_about_is_in_its_receipt(company: Company) -> None:
    company.registered()
    release = company.requested()
    answer = company.lead.submit("release.approved", {"release": release, "artifact": ARTIFACT})
    granted = answer.json["sequence"] + 1
    assert answer.json["consequences"] == [{"sequence": granted, "kind": "release.granted"}]
    assert company.house.wiring.log.entry(granted).kind == "release.granted"


def test_an_approval_of_other_bytes_is_a_conflict(company: Company) -> None:
    company.registered()
    release, size = company.requested(), company.house.size
    answer = company.lead.submit("release.approved", {"release": release, "artifact": OTHER})
    assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    assert company.house.size == size


def test_private_texts_are_told_to_readers_and_are_not_in_the_statement(company: Company) -> None:
    company.registered()
    told = company.scientist.get(f"/entries/{company.house.size - 1}").json
    assert told["private"] == {"notes": "Trained with the February extract"}
    assert "February" not in str(told["statement"])


def test_a_decision_is_previewed_and_nothing_is_recorded(any_company: Company) -> None:
    size = any_company.house.size
    body = {"kind": "model.registered", "event": a_model(any_company.scientist_id)}
    yes = any_company.scientist.post("/decide", json=body)
    no = any_company.nobody.post("/decide", json=body)
    assert (yes.status_code, yes.json["outcome"]) == (200, "allow")
    assert (no.status_code, no.json["outcome"]) == (200, "deny")
    assert no.json["sentences"]
    assert yes.json["policy"] == any_company.house.wiring.reader.policy()[0].digest
    assert any_company.house.size == size


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        ("release.requested", {"model": "none", "version": "1.0.0", "environment": "staging"}),
        ("release.approved", {"release": 7000, "artifact": ARTIFACT}),
        ("deployment.stopped", {"model": "churn", "environment": "staging", "deployment": 7000}),
    ],
)
def test_a_preview_about_nothing_is_no_yes(
    settled: Company, kind: str, event: dict[str, Any]
) -> None:
    answer = settled.scientist.post("/decide", json={"kind": kind, "event": event})
    assert answer.status_code in {200, 404}
    assert answer.json.get("outcome", "deny") == "deny"


def test_many_who_submit_at_once_all_get_their_receipts(company: Company) -> None:
    size = company.house.size
    answers: list[Any] = []

    def submit(number: int) -> None:
        api = company.house.api(company.scientist.secret)
        fields = a_model(company.scientist_id, f"model-{number}")
        answers.append(api.submit("model.registered", fields, f"parallel-{number}"))

    threads = [threading.Thread(target=submit, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [answer.status_code for answer in answers] == [201] * 12
    numbers = sorted(answer.json["sequence"] for answer in answers)
    assert numbers == list(range(size, size + 12))


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        (TokenScope(), 403),
        (TokenScope(kinds=("model.registered",)), 403),
        (TokenScope(kinds=("version.registered",)), 201),
        (TokenScope(kinds="*", models=("other",)), 403),
        (TokenScope(kinds="*", models=("churn",)), 201),
        (TokenScope(kinds="*", environments=("production",)), 201),
    ],
)
def test_a_token_submits_what_its_scope_reaches(
    company: Company, scope: TokenScope, status: int
) -> None:
    company.scientist.submit("model.registered", a_model(company.scientist_id))
    size = company.house.size
    narrow = company.house.api(company.house.token(company.scientist_id, scope))
    answer = narrow.submit("version.registered", a_version())
    assert answer.status_code == status
    if status == 403:
        assert answer.json["code"] == "token-scope"
        assert company.house.size == size


def test_a_scope_reaches_a_release_through_its_model_and_environment(company: Company) -> None:
    company.registered()
    withdrawal = {"release": company.requested()}
    size = company.house.size
    for scope in (
        TokenScope(kinds="*", models=("other",)),
        TokenScope(kinds="*", environments=("production",)),
    ):
        narrow = company.house.api(company.house.token(company.scientist_id, scope))
        answer = narrow.submit("release.withdrawn", withdrawal)
        assert (answer.status_code, answer.json["code"]) == (403, "token-scope")
    assert company.house.size == size
    scope = TokenScope(kinds="*", models=("churn",), environments=("staging",))
    within = company.house.api(company.house.token(company.scientist_id, scope))
    assert within.submit("release.withdrawn", withdrawal).status_code == 201


def test_a_token_that_may_not_read_reads_nothing(company: Company) -> None:
    scope = TokenScope(kinds="*", read=False)
    blind = company.house.api(company.house.token(company.scientist_id, scope))
    for path in ("/models", "/entries", "/checkpoint", "/policy"):
        answer = blind.get(path)
        assert (answer.status_code, answer.json["code"]) == (403, "token-scope")
    assert blind.submit("model.registered", a_model(company.scientist_id)).status_code == 201


def make_read_only(company: Company) -> None:
    """Put the database into a state in which it answers reads and refuses writes."""
    # What is written beside requests must not hold a connection that is taken from the pool here.
    company.house.wiring.accesses.close()
    engine = company.house.wiring.engine
    if engine.dialect.name == "sqlite":

        def refuse_writes(connection: Any) -> None:
            connection.exec_driver_sql("PRAGMA query_only=ON")

        sqlalchemy_event.listen(engine, "begin", refuse_writes, insert=True)
        return
    with engine.begin() as connection:
        name = engine.url.database
        connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
    engine.dispose()


def test_a_read_only_database_refuses_commands_and_still_answers(any_company: Company) -> None:
    size = any_company.house.size
    make_read_only(any_company)
    any_company.house.clock.move(minutes=5)
    answer = any_company.scientist.submit("model.registered", a_model(any_company.scientist_id))
    assert (answer.status_code, answer.json["code"]) == (503, "database-read-only")
    assert "Nothing was recorded" in answer.json["remedy"]
    assert any_company.house.size == size
    assert any_company.scientist.get("/entries").status_code == 200
    assert any_company.scientist.get("/checkpoint").status_code == 200


def test_a_ledger_that_failed_its_check_takes_no_commands_and_still_answers(
    company: Company,
) -> None:
    size = company.house.size
    company.house.wiring.log.alarm = "The head of the log does not agree with its entries."
    answer = company.scientist.submit("model.registered", a_model(company.scientist_id))
    assert (answer.status_code, answer.json["code"]) == (503, "ledger-read-only")
    assert company.house.size == size
    assert company.scientist.get("/entries").status_code == 200


def test_when_too_much_waits_the_answer_says_to_come_back(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ledger.errors import BusyError

    def busy(*_: object) -> None:
        raise BusyError("Too many commands wait to be recorded.")

    monkeypatch.setattr(company.house.wiring.submitter, "submit_batch", busy)
    answer = company.scientist.submit("model.registered", a_model(company.scientist_id))
    assert (answer.status_code, answer.json["code"]) == (503, "busy")
    assert answer.headers["Retry-After"] == "1"


def test_who_asks_for_too_much_in_an_hour_is_told_when_to_come_back(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ledger.allowance import Limits

    committer = company.house.wiring.submitter._committer
    monkeypatch.setattr(committer, "_limits", Limits(commands=1))
    for name in ("first", "second"):
        asked = {**a_model(company.scientist_id), "model": name}
        answer = company.scientist.submit("model.registered", asked)
    assert (answer.status_code, answer.json["code"]) == (429, "too-many-commands")
    assert answer.content_type == "application/problem+json"
    assert 0 < int(answer.headers["Retry-After"]) <= 3600


def test_when_the_outcome_is_not_known_the_answer_says_to_ask_again(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ledger.errors import InDoubtError

    def in_doubt(*_: object) -> None:
        raise InDoubtError("Not known.", remedy="Ask again with the same idempotency key.")

    monkeypatch.setattr(company.house.wiring.submitter, "submit_batch", in_doubt)
    answer = company.scientist.submit("model.registered", a_model(company.scientist_id))
    assert (answer.status_code, answer.json["code"]) == (503, "outcome-unknown")
    assert answer.headers["Retry-After"] == "1"
    assert "same idempotency key" in answer.json["remedy"]
