"""The pages of a company that has worked for some weeks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from tests.webui.house import build
from tests.webui.pages.pages_read import PageRead
from tests.webui.seed import ARTIFACT, OTHER, PASSWORD, Lived, Seeded, live, seed, token_of
from webui.identity.links import issue_setup_link, issue_sign_in_link
from webui.sharding import freeze

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.webui.house import House

Company = tuple[Seeded, Lived]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A company that the tests of this file look at and leave as it is."""
    made = build(tmp_path_factory.mktemp("company") / "home")
    seeded = seed(made)
    yield seeded, live(seeded)
    made.wiring.close()


def shown(page: str) -> str:
    """What a reader sees but for the raw JSON: no tags, blanks made one."""
    bare = re.sub(r"<(script|style|svg|pre).*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+([,.;:)])", r"\1", re.sub(r"\s+", " ", bare)).replace("&#39;", "'")


def every_page(company: Company) -> list[str]:
    seeded, lived = company
    return [
        "/", "/models", "/models/triage", "/models/triage/1.0.0", "/models/triage/1.1.0",
        "/models/demand/2026.03.14", f"/releases/{seeded.release}", f"/releases/{lived.granted}",
        f"/releases/{lived.lapsed}", f"/releases/{lived.rejected}", "/deployments", "/ledger",
        "/models/triage/compare?v=1.0.0&v=1.1.0", "/models/triage/timeline", "/lineage",
        "/lineage?of=data:customers@2026.02", "/deprecations", "/deployments/trace?stamp=39",
        "/ledger?outcome=deny", "/ledger/0", "/ledger/1", f"/ledger/{lived.refused}",
        f"/ledger/{lived.granted}", "/log", "/reports", "/policy", "/people",
        f"/people/{seeded.ana}", "/people/roles", f"/people/{seeded.ana}/history", "/account", "/nowhere",
    ]  # fmt: skip


@pytest.mark.parametrize("who", ["chi", "rae"])
def test_every_page_is_well_made(company: Company, who: str) -> None:
    client = company[0].browser(who)
    faults = {path: PageRead(client.get(path).text).faults() for path in every_page(company)}
    assert {path: found for path, found in faults.items() if found} == {}


def test_every_form_that_writes_to_the_ledger_happens_once(company: Company) -> None:
    client = company[0].browser("rae")
    places = {"/releases", "/people", "/reports"}
    seen = 0
    for path in every_page(company):
        for form in PageRead(client.get(path).text).forms:
            if form.method == "post" and any(form.action.startswith(place) for place in places):
                assert "once" in form.fields, form.action
                seen += 1
    assert seen > 5


def test_no_page_speaks_in_codes_or_ids(company: Company) -> None:
    seeded, _ = company
    client = seeded.browser("chi")
    for path in every_page(company):
        words = shown(client.get(path).text)
        assert not re.search(r"\b[EM]_[A-Z]+\b", words), path
        assert "None" not in words, path
        assert not re.search(r"\b(unknown|person|workload) [0-9a-f]{8}\b", words), path


def test_the_inbox_says_what_is_missing_who_can_give_it_and_how_old_it_is(
    company: Company,
) -> None:
    seeded, _ = company
    page = shown(seeded.browser("chi").get("/").text)
    assert "One release waits for your decision." in page
    assert "asked for by Bo, " in page
    assert re.search(r"asked for by Bo, \d+ d", page)
    assert "Chi" in page.split("can give")[0]
    waiting = shown(seeded.browser("bo").get("/").text)
    assert "Nothing waits for your decision." in waiting
    assert "My requests" in waiting


def test_a_release_is_compared_with_what_runs_now(company: Company) -> None:
    seeded, lived = company
    page = shown(seeded.browser("chi").get(f"/releases/{lived.lapsed}").text)
    assert "Runs there now triage 1.0.0, running for" in page
    assert "What the policy would ask today" in page
    assert "Accuracy 0.951 0.942 +0.009 better" in page
    assert "Otherwise different Side by side, with what is the same" in page
    assert f"Fact Artifact sha256 {OTHER[:12]} sha256 {ARTIFACT[:12]}" in page
    assert "lapsed" in page
    assert "Your decision" not in page


def test_a_release_page_shows_each_vote_with_its_words(company: Company) -> None:
    seeded, lived = company
    page = shown(seeded.browser("chi").get(f"/releases/{lived.granted}").text)
    assert "Bo ✓ approved" in page
    assert "Confusion matrix read." in page
    assert "DPIA still covers it." in page
    assert "Take my approval back" in page
    rejected = shown(seeded.browser("chi").get(f"/releases/{lived.rejected}").text)
    assert "No better than last year's." in rejected


def test_whoever_may_not_vote_is_told_before_trying(company: Company) -> None:
    seeded, _ = company
    page = shown(seeded.browser("bo").get(f"/releases/{seeded.release}").text)
    assert "The policy would refuse your vote." in page
    assert "the same person asked for this release" in page
    assert "Withdraw my request" in page
    assert f'action="/releases/{seeded.release}/approve"' not in page
    assert f'action="/releases/{seeded.release}/approve"' not in seeded.browser("bo").get("/").text


def test_the_api_says_whether_whoever_asks_may_vote_and_why_not(company: Company) -> None:
    seeded, _ = company
    house, path = seeded.house, f"/releases/{seeded.release}"
    bo, chi = (house.api(house.token(actor)).get(path).json for actor in (seeded.bo, seeded.chi))
    assert (chi["may_vote"], chi["why_no_vote"]) == (True, [])
    assert bo["may_vote"] is False
    assert "the same person asked for this release" in bo["why_no_vote"][0]


def test_a_model_page_tells_what_runs_and_the_roll_back(company: Company) -> None:
    page = shown(company[0].browser("ana").get("/models/triage").text)
    assert "production 1.0.0 by roll-back" in page
    assert "Which admissions a nurse should see first." in page
    assert "Misses cases that 1.0.0 finds." in page


def test_a_version_page_holds_all_that_is_known(company: Company) -> None:
    page = shown(company[0].browser("ana").get("/models/triage/1.1.0").text)
    for said in (
        "Deprecated from 2026-03-30 (quality), replaced by 1.0.0",
        "Observed in service",
        "184,220 rows",
        "public task",
        "until 2031-12-31",
        "Data protection impact assessment",
        "7.5 MB",
        "3 packages",
        "triage 1.0.0 (successor of)",
        "learning_rate 0.01",
        "rolled back",
    ):
        assert said in page, said
    assert "Ask for a release" not in page


def test_the_lineage_is_drawn_and_tabled_alike(company: Company) -> None:
    page = company[0].browser("ana").get("/models/triage/1.1.0").text
    drawing = page[page.index("<svg") : page.index("</svg>")]
    table = shown(page[page.index("The same as a table") : page.index('id="metrics"')])
    for word in ("customers", "production", "1.0.0"):
        assert word in drawing
        assert word in table
    assert 'href="/ledger/' in drawing


def test_the_explorer_keeps_its_filters_from_page_to_page(company: Company) -> None:
    seeded, _ = company
    client = seeded.browser("ana")
    rows = client.get(f"/ledger?actor={seeded.bo}&outcome=deny").text
    assert rows.count('class="refused"') == 1
    assert "approve a release" in shown(rows)
    assert f'<option value="{seeded.bo}" selected>Bo</option>' in rows
    none = client.get("/ledger?kind=version.archived").text
    assert "No entry matches these filters." in none
    older = re.search(
        r'href="(/ledger\?[^"]+)" rel="next"', client.get("/ledger?since=2020-01-01").text
    )
    assert older is not None
    assert "since=2020-01-01" in older[1]


def test_an_entry_page_leads_from_the_leaf_to_the_signed_root(company: Company) -> None:
    seeded, lived = company
    page = seeded.browser("ana").get(f"/ledger/{lived.granted}").text
    root = seeded.house.wiring.log.head().root.hex()
    proof = page[page.index("Inclusion proof") : page.index("</tfoot>")]
    assert re.findall(r'title="([0-9a-f]{64})"', proof)[-2:] == [root, root]
    assert "Better on the winter cohort" in page


def test_a_refusal_is_told_by_its_entry(company: Company) -> None:
    seeded, lived = company
    page = shown(seeded.browser("ana").get(f"/ledger/{lived.refused}").text)
    assert "Bo tried to approve a release (churn 1.0.0 in production), and was refused." in page
    assert "✗ missing Bo cannot do this: the same person asked for this release" in page


def test_the_policy_is_readable(company: Company) -> None:
    page = shown(company[0].browser("ana").get("/policy").text)
    assert "At least 2 different people approve" in page
    assert "Releases and approvals" in page
    assert page.index("People and roles 17 gates") < page.index("Reports and evidence 15 gates")
    assert " Other " not in page
    assert "ML lead Answers for technical quality, approves releases Bo, Dee Okafor" in page


def test_only_administrators_are_offered_what_only_they_may_do(company: Company) -> None:
    seeded, _ = company
    for path in ("/people", f"/people/{seeded.bo}"):
        forms = {
            who: [form.action for form in PageRead(seeded.browser(who).get(path).text).forms]
            for who in ("chi", "rae")
        }
        # Compliance says which accounts are of one person; all else is for administrators.
        offered = [action for action in forms["chi"] if action.startswith("/people")]
        assert [action for action in offered if not action.endswith("/link")] == []
        assert [action for action in forms["rae"] if action.startswith("/people")] != []


def test_the_history_of_roles_is_shown(company: Company) -> None:
    seeded, _ = company
    page = shown(seeded.browser("chi").get("/people").text)
    assert "Rae Moreau took the role data scientist from Gus Hale" in page
    assert "gus@example.org gus@example.org" not in page


def test_a_deployment_list_is_filtered_by_its_address(company: Company) -> None:
    client = company[0].browser("chi")
    page = shown(client.get("/deployments?model=triage&environment=production").text)
    assert "cluster-7, eu" in page
    assert "rolled back" in page
    assert "with these filters" in shown(client.get("/deployments?model=churn").text)


def test_the_first_administrator_is_set_up_on_the_page(tmp_path: object) -> None:
    house = build(tmp_path / "home", empty=True)
    client = house.client()
    form = {"csrf_token": token_of(client.get("/setup").text)}
    asked = client.post("/setup", data={**form, "token": issue_setup_link(house.wiring)})
    assert asked.status_code == 200
    secret = re.search(r'name="token" value="([^"]+)"', asked.text)
    assert secret is not None
    fields = {**form, "token": secret[1], "name": "Ada Brandt", "email": "ada@example.org"}
    short = client.post("/setup", data={**fields, "password": "short", "again": "short"})
    assert short.status_code == 422
    assert 'value="Ada Brandt"' in short.text
    done = client.post("/setup", data={**fields, "password": PASSWORD, "again": PASSWORD})
    assert done.status_code == 302, done.text
    assert "Ada Brandt" in client.get("/people").text
    used = house.client()
    form = {"csrf_token": token_of(used.get("/setup").text), "token": secret[1]}
    assert used.post("/setup", data=form).status_code == 410
    house.wiring.close()


def test_a_one_time_link_signs_in_once(house: House) -> None:
    seeded = seed(house)
    secret = issue_sign_in_link(house.wiring, seeded.ana)
    statuses = []
    for _ in range(2):
        client = house.client()
        form = {"csrf_token": token_of(client.get("/login").text), "token": secret}
        statuses.append(client.post("/login/link", data=form).status_code)
    assert statuses == [302, 410]


def test_a_damaged_entry_is_shown_for_what_it_is(house: House) -> None:
    seeded = seed(house)
    with house.wiring.engine.begin() as sql:
        sql.execute(text("DROP TRIGGER entry_refuses_update"))
        sql.execute(text("UPDATE entry SET envelope = x'7b7d' WHERE sequence = 5"))
    answer = seeded.browser("chi").get("/ledger/5")
    assert answer.status_code == 503
    assert "Entry 5 can't be read" in shown(answer.text)
    assert "✗ fails" in answer.text
    assert PageRead(answer.text).faults() == []


def test_a_read_only_ledger_says_so_on_every_page(house: House) -> None:
    seeded = seed(house)
    client = seeded.browser("chi")
    house.wiring.log.alarm = "It is an older copy."
    page = client.get("/models").text
    assert "The ledger is read-only." in page
    assert "read-only: not verified" in page
    path = f"/releases/{seeded.release}"
    answer = seeded.post(client, f"{path}/approve", path, artifact=ARTIFACT)
    assert answer.status_code == 503
    assert "read-only" in answer.text


def test_a_guard_that_is_out_of_reach_is_told_on_every_page_and_heals(house: House) -> None:
    seeded = seed(house)
    client, log = seeded.browser("chi"), house.wiring.log
    log.guard_away = "The guard can't be reached: its folder is missing."
    page = client.get("/models").text
    assert "Nothing is recorded until the guard answers." in page
    assert "the guard is out of reach" in page
    assert "read-only" not in page
    # It is there in truth: the next thing that is recorded finds out.
    path = f"/releases/{seeded.release}"
    assert seeded.post(client, f"{path}/approve", path, artifact=ARTIFACT).status_code == 302
    assert "the guard is out of reach" not in client.get("/models").text


def test_a_ledger_that_has_ended_names_the_one_that_continues_it(house: House) -> None:
    seeded = seed(house)
    client = seeded.browser("chi")
    freeze(house.wiring, "counterseal.example/next")
    page = client.get("/models").text
    assert "This ledger has ended." in page
    assert "counterseal.example/next" in page
    path = f"/releases/{seeded.release}"
    answer = seeded.post(client, f"{path}/approve", path, artifact=ARTIFACT)
    assert answer.status_code == 409
    assert "it is continued by counterseal.example/next" in answer.text
