"""What was agreed to is what is carried out, words and all; what one person approved twice lapses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.audit import audit
from tests.webui.api.company import ARTIFACT, a_model, a_version

if TYPE_CHECKING:
    from tests.webui.api.company import Company
    from tests.webui.house import Api

OPENED = {
    "model": "churn",
    "environment": "production",
    "until": "2026-03-09T11:00:00Z",
    "uses": 1,
    "review_by": "2026-03-10T15:00:00Z",
    "reason": "The new version fails for everybody",
}


def agreed(kind: str, command: dict[str, Any], by: Api, other: Api) -> int:
    """Somebody proposes and somebody else agrees; the number of the proposal."""
    made = by.submit("change.proposed", {"proposed": kind, "event": command})
    assert made.status_code == 201, made.text
    number = int(made.json["sequence"])
    told = other.get(f"/changes/{number}").json
    word = {"change": number, "command": told["change"]["command"]}
    assert other.submit("change.approved", word).status_code == 201
    return number


def test_an_exception_is_opened_with_the_reason_that_was_agreed_to_and_no_other(
    company: Company,
) -> None:
    company.registered()
    command = dict(OPENED)
    number = agreed("exception.opened", command, company.operator, company.officer)
    told = company.officer.get(f"/changes/{number}").json
    assert told["texts"] == {"reason": OPENED["reason"]}
    assert "reason" not in told["event"]
    other = company.operator.submit(
        "exception.opened", {**command, "reason": "Somebody asked me to"}
    )
    assert (other.status_code, other.json["code"]) == (409, "texts-differ")
    assert other.json["errors"][0]["pointer"] == "/event/reason"
    assert "asked me" not in other.text
    done = company.operator.submit("exception.opened", command)
    assert done.status_code == 201, done.text
    assert company.officer.get(f"/changes/{number}").json["change"]["status"] == "carried_out"
    assert audit(company.house.wiring.log).problems == []


def test_words_that_nobody_agreed_to_are_neither_added_nor_left_out(company: Company) -> None:
    root = company.house.api(company.house.token(company.house.administrator))
    company.house.enrol("Second", "", "administrator")
    taken = {"actor_id": company.scientist_id, "role": "operations"}
    agreed("role.granted", taken, root, company.officer)
    added = root.submit("role.granted", {**taken, "reason": "As everybody wished"})
    assert (added.status_code, added.json["code"]) == (409, "texts-differ")
    assert root.submit("role.granted", taken).status_code == 201
    back = {**taken, "role": "ml_lead", "reason": "Leads from March on"}
    agreed("role.granted", back, root, company.officer)
    bare = {name: back[name] for name in ("actor_id", "role")}
    assert root.submit("role.granted", bare).json["code"] == "texts-differ"
    batch = root.submit("role.granted", back)
    assert batch.status_code == 201, batch.text


def test_a_proposal_without_a_text_that_its_command_needs_is_refused(company: Company) -> None:
    company.registered()
    command = {name: value for name, value in OPENED.items() if name != "reason"}
    answer = company.operator.submit(
        "change.proposed", {"proposed": "exception.opened", "event": command}
    )
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/event/event/reason"
    wrong = {"proposed": "exception.opened", "event": {**command, "reason": 5}}
    answer = company.operator.submit("change.proposed", wrong)
    assert answer.json["errors"][0]["pointer"] == "/event/event/reason"


def test_a_grant_lapses_when_two_of_its_approvers_are_found_to_be_one(company: Company) -> None:
    house = company.house
    other = house.enrol("Lead", "", "compliance")
    again = house.api(house.token(other))
    third = house.enrol("Third", "", "ml_lead")
    assert company.scientist.submit("model.registered", a_model(company.scientist_id)).json
    for version in ("1.0.0", "2.0.0"):
        assert company.scientist.submit("version.registered", a_version(version)).json
        paper = {
            "model": "churn", "version": version, "type": "evaluation_report",
            "sha256": "7a" * 32, "size_bytes": 1, "media_type": "text/plain",
        }  # fmt: skip
        assert company.scientist.submit("evidence.attached", paper).status_code == 201
    releases = {}
    approvers = {"1.0.0": (company.lead, again), "2.0.0": (house.api(house.token(third)), again)}
    for version, two in approvers.items():
        wanted = {"model": "churn", "version": version, "environment": "production"}
        number = company.scientist.submit("release.requested", wanted).json["sequence"]
        releases[version] = number
        for one in two:
            vote = {"release": number, "artifact": ARTIFACT}
            assert one.submit("release.approved", vote).status_code == 201
    granted = [company.lead.get(f"/releases/{one}").json["release"] for one in releases.values()]
    assert [one["status"] for one in granted] == ["granted", "granted"]
    house.clock.move(days=20)  # longer than an approval is good for: the grants stand all the same
    root = house.api(house.token(house.administrator, days=90))
    lead = granted[0]["votes"][0]["actor"]
    answer = root.submit("identity.linked", {"actor_id": lead, "same_as": other})
    assert answer.status_code == 201, answer.text
    assert [one["kind"] for one in answer.json["consequences"]] == ["release.lapsed"]
    lapsed = root.get(f"/releases/{releases['1.0.0']}").json["release"]
    assert lapsed["status"] == "lapsed"
    assert root.get(f"/releases/{releases['2.0.0']}").json["release"]["status"] == "granted"
    assert audit(house.wiring.log, redecide=house.wiring.redecide()).problems == []
