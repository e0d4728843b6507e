"""Reads: what is asked for, in pages, with ETags, and proofs that hold."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest

from ledger.core.encoding import canonical
from ledger.core.merkle import leaf_hash
from ledger.core.note import parse_vkey
from ledger.core.proof import check_proof, parse_proof
from ledger.events.assurance import ReportIssued
from tests.webui.api.company import ARTIFACT, a_model, a_version

if TYPE_CHECKING:
    from tests.webui.api.company import Company


@pytest.fixture
def deployed(company: Company) -> Company:
    """A company with a version that runs in staging."""
    company.deployed()
    return company


def test_models_versions_and_lineage_are_read(deployed: Company) -> None:
    api = deployed.scientist
    assert [item["model"] for item in api.get("/models").json["items"]] == ["churn"]
    assert api.get("/models/churn").json["latest"] == "1.0.0"
    assert [i["version"] for i in api.get("/models/churn/versions").json["items"]] == ["1.0.0"]
    version = api.get("/models/churn/versions/1.0.0").json
    assert version["artifact"]["sha256"] == ARTIFACT
    assert version["metrics"][0]["metric"]["value"] == "0.931"
    lineage = api.get("/models/churn/versions/1.0.0/lineage").json
    assert {node["kind"] for node in lineage["nodes"]} == {
        "version",
        "data_set",
        "code",
        "deployment",
    }
    assert {edge["label"] for edge in lineage["edges"]} == {
        "trained on",
        "built from",
        "deployed to",
    }


def test_a_release_says_what_is_pending_until_it_is_decided(company: Company) -> None:
    company.registered()
    number = company.requested()
    told = company.scientist.get(f"/releases/{number}").json
    assert told["release"]["status"] == "open"
    assert any("needs 1 more approval" in sentence for sentence in told["pending"])
    assert any("Ml_Lead" in sentence for sentence in told["pending"])
    company.lead.submit("release.approved", {"release": number, "artifact": ARTIFACT})
    told = company.scientist.get(f"/releases/{number}").json
    assert told["release"]["status"] == "granted"
    assert told["pending"] == []


def test_an_approval_names_everything_there_is_to_look_at(company: Company) -> None:
    company.registered()
    number = company.requested()
    told = company.scientist.get(f"/releases/{number}").json
    pack = without_nulls(told["pack"])
    assert hashlib.sha256(canonical(pack)).hexdigest() == told["pack_digest"]
    vote = {"release": number, "artifact": told["release"]["artifact"]}
    refused = company.lead.submit("release.approved", {**vote, "pack": "00" * 32})
    assert refused.status_code == 409
    assert [item["pointer"] for item in refused.json["errors"]] == ["/event/pack"]
    answer = company.lead.submit("release.approved", {**vote, "pack": told["pack_digest"]})
    assert answer.status_code == 201


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def test_releases_and_deployments_are_filtered(deployed: Company) -> None:
    api = deployed.scientist
    for path, found in (
        ("/releases", 1),
        ("/releases?status=granted", 1),
        ("/releases?status=open", 0),
        ("/releases?model=churn&environment=staging", 1),
        ("/releases?environment=production", 0),
        ("/deployments", 1),
        ("/deployments?status=running&model=churn", 1),
        ("/deployments?environment=production", 0),
        ("/running", 1),
        ("/running?model=churn", 1),
        ("/running?model=other", 0),
    ):
        assert len(api.get(path).json["items"]) == found, path
    number = api.get("/running").json["items"][0]["since"]
    assert api.get(f"/deployments/{number}").json["status"] == "running"


def test_entries_are_filtered_and_paged_both_ways(any_company: Company) -> None:
    for number in range(5):
        fields = a_model(any_company.scientist_id, f"model-{number}")
        any_company.scientist.submit("model.registered", fields)
    api, size = any_company.scientist, any_company.house.size
    seen: list[int] = []
    path = "/entries?limit=4"
    while path:
        page = api.get(path).json
        seen += [item["sequence"] for item in page["items"]]
        path = f"/entries?limit=4&before={page['next']}" if page["next"] is not None else ""
    assert seen == list(range(size - 1, -1, -1))
    page = api.get(f"/entries?after={size - 4}&limit=2").json
    assert [item["sequence"] for item in page["items"]] == [size - 3, size - 2]
    assert page["next"] == size - 2
    kinds = api.get("/entries?kind=model.registered&kind=log.created").json["items"]
    assert len(kinds) == 6
    assert len(api.get("/entries?model=model-3").json["items"]) == 1
    assert api.get("/entries?outcome=deny").json["items"] == []
    assert api.get(f"/entries?actor={any_company.scientist_id}&limit=1").json["next"] == size - 1


def test_times_without_fractions_are_compared_as_times(company: Company) -> None:
    rows = company.scientist.get("/entries?limit=500").json["items"]
    second = rows[0]["recorded_at"][:19] + "Z"
    until = company.scientist.get(f"/entries?until={second}&limit=500").json["items"]
    since = company.scientist.get(f"/entries?since={second}&limit=500").json["items"]
    assert len(since) + len(until) == len(rows)
    assert all(item["recorded_at"] >= second[:-1] for item in since)


def test_a_full_page_says_where_the_next_begins_and_the_last_says_nothing(
    company: Company,
) -> None:
    for number in range(3):
        fields = a_model(company.scientist_id, f"model-{number}")
        company.scientist.submit("model.registered", fields)
    first = company.scientist.get("/models?limit=2").json
    assert [item["model"] for item in first["items"]] == ["model-2", "model-1"]
    rest = company.scientist.get(f"/models?limit=2&before={first['next']}").json
    assert [item["model"] for item in rest["items"]] == ["model-0"]
    assert rest["next"] is None


def test_an_entry_is_given_with_the_bytes_that_were_hashed(any_company: Company) -> None:
    any_company.registered()
    number = any_company.house.size - 1
    told = any_company.scientist.get(f"/entries/{number}").json
    stored = b64decode(told["envelope"])
    assert leaf_hash(stored).hex() == told["leaf_hash"]
    assert told["statement"]["predicate"]["event"]["version"] == "1.0.0"
    assert told["statement"]["subject"][0]["digest"]["sha256"] == ARTIFACT


def test_every_entry_has_a_proof_under_the_newest_checkpoint(any_company: Company) -> None:
    house, api = any_company.house, any_company.scientist
    keys = [parse_vkey(house.wiring.log.vkey)]
    checkpoint = api.get("/checkpoint")
    assert checkpoint.mimetype == "text/plain"
    assert house.wiring.log.read_checkpoint(checkpoint.data).size == house.size
    for row in api.get("/entries?limit=500").json["items"]:
        answer = api.get(f"/entries/{row['sequence']}/proof")
        assert answer.mimetype == "text/plain"
        proof = parse_proof(answer.data)
        assert check_proof(proof, bytes.fromhex(row["leaf_hash"]), keys).size == house.size
        assert proof.checkpoint == checkpoint.data


def test_what_did_not_change_is_304(settled: Company) -> None:
    for path in ("/entries/1", "/models/churn", "/checkpoint", "/entries/1/proof", "/policy"):
        first = settled.scientist.get(path)
        again = settled.scientist.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert first.headers["Cache-Control"] == "private, no-cache"


def test_what_changed_is_given_anew(company: Company) -> None:
    company.registered()
    first = company.scientist.get("/models/churn")
    company.scientist.submit("version.registered", a_version("1.1.0"))
    headers = {"If-None-Match": first.headers["ETag"]}
    again = company.scientist.get("/models/churn", headers=headers)
    assert again.status_code == 200
    assert again.json["latest"] == "1.1.0"


def test_the_policy_in_force_is_told_with_its_digest(settled: Company) -> None:
    told = settled.scientist.get("/policy").json
    assert told["policy"] == "default"
    assert told["since"] == 1
    assert told["digest"] == settled.house.wiring.reader.policy()[0].digest
    assert told["document"]["id"] == "default"


def issue(company: Company, data: bytes) -> int:
    """Record a report as the service does, with its file in place; its number."""
    event = ReportIssued(
        report="soc2-test",
        framework="soc2",
        period_from="2026-01-01",
        period_until="2026-03-31",
        position=2,
        root="be" * 32,
        unsealed="ca" * 32,
        sealed=hashlib.sha256(data).hexdigest(),
        pages=1,
        verdicts={"pass": 3},
    )
    wiring = company.house.wiring
    (wiring.settings.reports / "soc2-test.pdf").write_bytes(data)
    return wiring.submitter.submit(wiring.service, event).sequence


def test_a_report_is_read_and_its_file_fetched_while_it_is_the_one_issued(
    company: Company,
) -> None:
    number = issue(company, b"%PDF-1.7 sealed")
    api = company.officer
    assert [item["since"] for item in api.get("/reports").json["items"]] == [number]
    assert api.get(f"/reports/{number}").json["verdicts"] == {"pass": 3}
    answer = api.get(f"/reports/{number}/pdf")
    assert (answer.mimetype, answer.data) == ("application/pdf", b"%PDF-1.7 sealed")
    file = company.house.wiring.settings.reports / "soc2-test.pdf"
    file.write_bytes(b"%PDF-1.7 altered")
    answer = api.get(f"/reports/{number}/pdf")
    assert (answer.status_code, answer.json["code"]) == (503, "report-file-changed")
    file.unlink()
    answer = api.get(f"/reports/{number}/pdf")
    assert (answer.status_code, answer.json["code"]) == (404, "report-file-missing")


@pytest.mark.parametrize(
    ("wanted", "pointer"),
    [
        ({"from": "2026-01-01", "to": "2026-03-31"}, "/framework"),
        ({"framework": "soc2", "from": "2026-02-30", "to": "2026-03-31"}, "/from"),
        ({"framework": "soc2", "period_from": "2026-01-01", "to": "2026-03-31"}, "/period_from"),
        ({"framework": "soc2", "to": "2026-03-31"}, "/from"),
        ({"framework": "soc2", "from": "2026-01-01", "to": "2026-03-31", "models": "x"}, "/models"),
    ],
)
def test_a_report_that_is_wanted_wrongly_is_not_made(
    settled: Company, wanted: dict[str, object], pointer: str
) -> None:
    size = settled.house.size
    answer = settled.officer.post("/reports", json=wanted)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == pointer
    assert settled.house.size == size


def test_a_report_is_made_sealed_recorded_and_fetched(company: Company) -> None:
    company.registered()
    wanted = {"framework": "soc2", "from": "2026-01-01", "to": "2026-03-31", "models": ["churn"]}
    size = company.house.size
    answer = company.officer.post("/reports", json=wanted)
    assert answer.status_code == 201, answer.text
    assert answer.json["sequence"] == size
    pdf = company.officer.client.get(
        answer.json["pdf"], headers={"Authorization": f"Bearer {company.officer.secret}"}
    )
    assert pdf.data.startswith(b"%PDF-")
    assert hashlib.sha256(pdf.data).hexdigest() == answer.json["sealed"]
    state = company.officer.get(f"/reports/{size}").json
    assert (state["position"], state["models"]) == (size, ["churn"])


def test_a_report_that_the_policy_refuses_is_recorded_as_a_refusal(company: Company) -> None:
    size = company.house.size
    wanted = {"framework": "soc2", "from": "2026-01-01", "to": "2026-03-31"}
    answer = company.nobody.post("/reports", json=wanted)
    assert (answer.status_code, answer.json["entry"]) == (403, size)
    assert company.house.wiring.log.entry(size).kind == "access.denied"
    assert company.officer.get("/reports").json["items"] == []


def test_a_token_without_report_issued_in_its_scope_makes_no_report(settled: Company) -> None:
    from webui.identity.scope import TokenScope

    api = settled.house.api(settled.house.token(settled.scientist_id, TokenScope()))
    wanted = {"framework": "soc2", "from": "2026-01-01", "to": "2026-03-31"}
    answer = api.post("/reports", json=wanted)
    assert (answer.status_code, answer.json["code"]) == (403, "token-scope")
