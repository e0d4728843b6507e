"""Proposed changes on the pages: a role and other rules, from the proposal to the carrying out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from ledger.audit import audit
from ledger.events.names import format_instant
from ledger.store.entries import Filter
from policies import Document, document_text, load_document
from policies.strict_yaml import read_yaml, write_yaml
from tests.webui.house import build
from tests.webui.pages.pages_read import PageRead
from tests.webui.pages.test_company import shown
from tests.webui.seed import Founded, Seeded, live, seed
from tests.world import shipped_policy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    made = build(tmp_path_factory.mktemp("founded") / "home")
    seeded = seed(made)
    live(seeded)
    return Founded.of(seeded)


@pytest.fixture
def company(founded: Founded, tmp_path: Path) -> Iterator[Seeded]:
    """Two administrators, of whom Rae has an account; Chi is from compliance."""
    with founded.opened(tmp_path / "home") as seeded:
        yield seeded


def digest_on(page: str) -> str:
    """The command that a page asks about."""
    found = re.search(r'name="command" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]


def proposed_role(company: Seeded, role: str = "operations") -> str:
    """Rae gives Ana a role that decides; where that leads."""
    person = f"/people/{company.ana}"
    rae = company.browser("rae")
    answer = company.post(rae, f"{person}/grant", person, role=role, reason="Stands in")
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def say(company: Seeded, who: str, path: str, word: str, **fields: str) -> int:
    client = company.browser(who)
    command = digest_on(client.get(path).text)
    return company.post(client, f"{path}/{word}", path, command=command, **fields).status_code


def holds(company: Seeded, role: str) -> bool:
    wiring = company.house.wiring
    return wiring.reader.actor(company.ana).holds(role, format_instant(wiring.now()))


def test_a_role_that_decides_is_proposed_agreed_to_and_given(company: Seeded) -> None:
    path = proposed_role(company)
    assert path.startswith("/changes/")
    rae = company.browser("rae")
    page = shown(rae.get(path).text)
    assert "Give a role: operations to Ana Kovač ○ open" in page
    assert re.search("Needs 1 more approval from administrator or compliance; (Root|Chi) or", page)
    assert "Stands in" in page
    assert "Carry it out" not in page
    assert "cannot do this: the same person proposed this change" in page
    chi = company.browser("chi")
    assert "Give a role: operations to Ana Kovač" in shown(chi.get("/").text)
    assert say(company, "chi", path, "approve", comment="Known to me") == 302
    assert not holds(company, "operations")
    assert "Everything is there." in shown(rae.get(path).text)
    assert "Everything is there." not in shown(chi.get(path).text)
    assert say(company, "rae", path, "carry-out") == 302
    assert holds(company, "operations")
    page = shown(rae.get(path).text)
    assert "✓ carried out" in page
    assert "Known to me" in page
    assert audit(company.house.wiring.log).problems == []


def test_a_role_that_decides_nothing_is_taken_at_once(company: Seeded) -> None:
    path = f"/people/{company.ana}"
    rae = company.browser("rae")
    answer = company.post(rae, f"{path}/revoke", path, role="data_scientist")
    assert answer.headers["Location"] == path
    assert not holds(company, "data_scientist")


def test_two_accounts_are_linked_and_unlinked_with_somebody_elses_word(company: Seeded) -> None:
    path, other = f"/people/{company.ana}", company.chi
    rae = company.browser("rae")
    answer = company.post(rae, f"{path}/link", path, same_as=other, reason="Her second account")
    assert answer.headers["Location"] == path
    page = shown(rae.get(path).text)
    assert "Accounts of the same person" in page
    assert "said that Ana Kovač and Chi" in page
    assert "Unlink this account" in page
    assert "Unlink" not in shown(company.browser("chi").get(path).text)
    answer = company.post(rae, f"{path}/unlink", path)
    proposal = answer.headers["Location"]
    assert proposal.startswith("/changes/")
    # Chi is the same person as Ana now, and has no say in it.
    assert "cannot do this: the same person" in shown(company.browser("chi").get(proposal).text)
    assert company.house.wiring.reader.actor(company.ana).alike == (other,)
    assert audit(company.house.wiring.log).problems == []


def test_a_refused_proposal_says_why_and_is_over(company: Seeded) -> None:
    path = proposed_role(company)
    assert say(company, "chi", path, "reject", reason="She left last week") == 302
    page = shown(company.browser("rae").get(path).text)
    assert "✗ rejected" in page
    assert "She left last week" in page
    assert "Your decision" not in page


def test_the_proposer_takes_it_back(company: Seeded) -> None:
    path = proposed_role(company)
    assert say(company, "rae", path, "withdraw", reason="A mistake") == 302
    assert "withdrawn" in shown(company.browser("rae").get(path).text)
    assert proposed_role(company) != path


def test_nobody_agrees_to_an_own_proposal_by_a_form_of_their_own(company: Seeded) -> None:
    path = proposed_role(company)
    assert say(company, "rae", path, "approve") == 403
    assert say(company, "ana", path, "approve") == 403
    assert not company.house.wiring.reader.changes(status="open")[0].votes


def test_what_was_not_shown_is_not_carried_out(company: Seeded) -> None:
    path = proposed_role(company)
    say(company, "chi", path, "approve")
    rae = company.browser("rae")
    answer = company.post(rae, f"{path}/carry-out", path, command="ab" * 32)
    assert answer.status_code == 422
    assert not holds(company, "operations")


def test_other_rules_are_looked_at_then_proposed_then_put_in_force(company: Seeded) -> None:
    rae = company.browser("rae")
    written = document_text(company.house.wiring.policy())
    changed = written.replace("evaluation.accuracy >= 0.90", "evaluation.accuracy >= 0.95")
    looked = company.post(rae, "/policy/new", "/policy/new", document=changed, act="look")
    page = shown(looked.text)
    assert "0.90" in page
    assert "↑ tighter" in page
    assert "newly refused" in page.lower()
    answer = company.post(rae, "/policy/new", "/policy/new", document=changed, act="propose")
    path = answer.headers["Location"]
    chi = company.browser("chi")
    page = shown(chi.get(path).text)
    assert "What the new rules mean beside those in force" in page
    assert "✗ newly refused" in page
    assert say(company, "chi", path, "approve") == 302
    assert say(company, "rae", path, "carry-out") == 302
    in_force = company.house.wiring.policy()
    assert any(
        item.check == "evaluation.accuracy >= 0.95"
        for gate in in_force.gates
        for item in gate.require
    )
    assert audit(company.house.wiring.log).problems == []


def test_rules_too_long_for_an_entry_go_the_same_way_in_parts(company: Seeded) -> None:
    rae = company.browser("rae")
    fields = company.house.wiring.policy().canonical()
    (pattern,) = (gate for gate in fields["gates"] if gate["id"] == "file-policy")
    own = [{**pattern, "id": f"own-{at}", "title": f"Rule {at} {'w' * 300}"} for at in range(40)]
    longer = Document.from_canonical({**fields, "gates": [*fields["gates"], *own]})
    written = document_text(longer)
    looked = company.post(rae, "/policy/new", "/policy/new", document=written, act="look")
    assert "own-39" in shown(looked.text)
    assert company.house.wiring.reader.entries(Filter(kinds=("policy.filed",))) == []
    answer = company.post(rae, "/policy/new", "/policy/new", document=written, act="propose")
    path = answer.headers["Location"]
    filed = company.house.wiring.reader.entries(Filter(kinds=("policy.filed",)))
    assert len(filed) > 1
    chi = company.browser("chi")
    assert "own-39" in shown(chi.get(path).text)
    assert "filed a part of the policy default" in shown(
        chi.get(f"/ledger/{filed[0].sequence}").text
    )
    assert say(company, "chi", path, "approve") == 302
    assert say(company, "rae", path, "carry-out") == 302
    assert company.house.wiring.policy() == longer
    assert "Rule 39" in shown(rae.get("/policy").text)
    first, newest = (
        entry.sequence
        for entry in company.house.wiring.reader.entries(
            Filter(kinds=("policy.activated",)), after=-1
        )
    )
    listed = rae.get("/policy").text
    assert f'href="/policy?since={first}#since"' in listed
    assert f'href="/policy?since={newest}#since"' not in listed
    assert "own-39" in shown(rae.get(f"/policy?since={first}").text).partition("Direction")[2]
    assert "No rule changed." in shown(rae.get(f"/policy?since={newest}").text)
    assert f'href="/policy?since={first}#since"' in rae.get(f"/ledger/{first}").text
    assert "Read the policy in force" in rae.get(f"/ledger/{newest}").text
    for wrong in (f"{newest - 1}", "-1", "x", "9" * 15):
        assert rae.get(f"/policy?since={wrong}").status_code == 404
    changed = written.replace("Rule 39 w", "Other 39 w")
    company.post(rae, "/policy/new", "/policy/new", document=changed, act="propose")
    again = company.house.wiring.reader.entries(Filter(kinds=("policy.filed",)))
    assert len(again) == len(filed) + 1
    assert audit(company.house.wiring.log).problems == []


def test_a_shipped_bundle_is_put_on_top_by_a_tick(company: Seeded) -> None:
    rae = company.browser("rae")
    written = document_text(company.house.wiring.policy())
    looked = company.post(
        rae, "/policy/new", "/policy/new", document=written, act="look", **{"with": "gdpr"}
    )
    assert "gdpr-basis" in looked.text
    assert "looser" not in shown(looked.text)
    again = company.post(
        rae, "/policy/new", "/policy/new", document=written, act="look", **{"with": "gpdr"}
    )
    assert again.status_code == 422
    assert "Did you mean gdpr?" in again.text


def test_rules_that_cannot_be_read_are_shown_with_the_line(company: Seeded) -> None:
    rae = company.browser("rae")
    written = document_text(company.house.wiring.policy()).replace("any_role:", "any_rule:", 1)
    answer = company.post(rae, "/policy/new", "/policy/new", document=written, act="look")
    assert answer.status_code == 422
    assert re.search(r"This can't be read, line \d+\.", shown(answer.text))
    assert "any_rule:" in answer.text


def test_the_pages_of_changes_are_well_made(company: Seeded) -> None:
    path = proposed_role(company)
    rae = company.browser("rae")
    for page in (path, "/changes", "/policy/new", "/"):
        assert PageRead(rae.get(page).text).faults() == [], page


def test_changes_are_told_over_the_api(company: Seeded) -> None:
    path = proposed_role(company)
    number = int(path.rsplit("/", 1)[1])
    caller = company.house.api(company.house.token(company.chi))
    told = caller.get(f"/changes/{number}").json
    assert told["event"] == {"actor_id": company.ana, "role": "operations"}
    assert told["change"]["status"] == "open"
    assert "needs 1 more approval" in told["pending"][0]
    word = {"change": number, "command": told["change"]["command"]}
    assert caller.submit("change.approved", word).status_code == 201
    assert caller.get(f"/changes/{number}").json["pending"] == []
    listed = caller.get("/changes?status=open").json["items"]
    assert [item["since"] for item in listed] == [number]


def test_the_document_as_text_is_read_back_as_the_same() -> None:
    policy = shipped_policy()
    assert load_document(document_text(policy)) == policy
    twice = ["a"]
    surprising = {"a": twice, "b": twice, "c": "on", "d": "010", "e": "2026-12-18T18:00", "f": "~"}
    assert read_yaml(write_yaml(surprising)) == surprising
