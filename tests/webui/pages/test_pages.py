"""The pages: for those who are signed in, once, in plain words, and inert."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ledger.state.rejections import standing
from ledger.store.database import reading
from tests.webui.pages.test_company import shown
from tests.webui.seed import ARTIFACT, HOSTILE, PASSWORD, Seeded, pack_of, seed, token_of

if TYPE_CHECKING:
    from tests.webui.house import House

EVERY_PAGE = (
    "/",
    "/models",
    "/models/churn",
    "/models/churn/1.0.0",
    "/deployments",
    "/deployments?model=churn&environment=production",
    "/ledger",
    "/ledger?kind=version.registered&model=churn&outcome=allow&since=2026-01-01&until=2026-12-31",
    "/ledger?before=5",
    "/ledger?before=nonsense",
    "/ledger/0",
    "/ledger/2",
    "/ledger/2/proof",
    "/ledger/2/envelope",
    "/ledger/2/bundle",
    "/ledger/count",
    "/ledger/export?format=csv",
    "/ledger/export?format=jsonl&words=yes",
    "/log",
    "/log/checkpoints",
    "/log/verification",
    "/verify",
    "/log/checkpoint",
    "/controls",
    "/population",
    "/reports",
    "/samples",
    "/statements",
    "/statements?framework=eu-ai-act",
    "/statements/gdpr-35",
    "/incidents",
    "/policy",
    "/people",
    "/people/roles",
    "/people/roles.csv",
    "/publishers",
    "/account",
    "/account/notices",
    "/account/second-factor",
    "/account/confirm",
)
OPEN = {
    "/login",
    "/login/code",
    "/login/link",
    "/setup",
    "/healthz",
    "/verify",
    "/login/sso/<name>",
    "/login/sso/<name>/return",
}
OPEN |= {"/login/sso/<name>", "/login/sso/<name>/return"}


@pytest.fixture
def seeded(house: House) -> Seeded:
    return seed(house)


def test_every_page_is_shown_to_whoever_is_signed_in(seeded: Seeded) -> None:
    client = seeded.browser("chi")
    pages = (*EVERY_PAGE, f"/releases/{seeded.release}", f"/people/{seeded.ana}")
    answers = {path: client.get(path).status_code for path in pages}
    assert {path: code for path, code in answers.items() if code != 200} == {}


def test_every_page_sends_strangers_to_the_door(seeded: Seeded) -> None:
    client = seeded.house.client()
    places = {"number": "2", "model": "churn", "version": "1.0.0", "actor": seeded.ana}
    places |= {"entry": "3", "token": "x", "session": "x", "subscription": "x"}
    places |= {
        "key": "0" * 64,
        "name": "x",
        "request": "x",
        "section": "limits",
        "control": "soc2-cc5-1",
        "form": "card",
        "asked": "3",
        "report": "3",
        "sample": "3",
    }
    seen = 0
    for rule in seeded.house.app.url_map.iter_rules():
        if not rule.endpoint.startswith("pages.") or rule.rule in OPEN:
            continue
        path = rule.rule.replace("<int:", "<")
        for name, value in places.items():
            path = path.replace(f"<{name}>", value)
        assert "<" not in path, "a new part of an address needs an example here"
        for method in sorted(rule.methods & {"GET", "POST"}):
            data = {"csrf_token": token_of(client.get("/login").text)}
            answer = client.open(path, method=method, data=data if method == "POST" else None)
            assert (answer.status_code, "/login" in answer.headers["Location"]) == (302, True), path
            seen += 1
    assert seen > 30
    assert seeded.house.size == seeded.release + 1


def test_what_people_typed_is_inert(seeded: Seeded) -> None:
    client = seeded.browser("bo")
    for path in ("/models/churn", "/models/churn/1.0.0", f"/releases/{seeded.release}", "/ledger"):
        page = client.get(path).text
        assert HOSTILE not in page
        assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in client.get("/models/churn").text


def test_an_approval_is_recorded_once_however_often_the_button_is_pressed(seeded: Seeded) -> None:
    client = seeded.browser("chi")
    page = client.get(f"/releases/{seeded.release}").text
    token, pack = token_of(page), pack_of(page)
    fields = {"csrf_token": token, "once": "the-same-form", "artifact": ARTIFACT, "pack": pack}
    size = seeded.house.size
    for _ in range(3):
        answer = client.post(f"/releases/{seeded.release}/approve", data=fields)
        assert answer.status_code == 302
    assert seeded.house.size == size + 1
    assert "Chi" in client.get(f"/releases/{seeded.release}").text


def test_a_self_approval_is_refused_recorded_and_explained(seeded: Seeded) -> None:
    client = seeded.browser("bo")
    path = f"/releases/{seeded.release}"
    # The page offers Bo no such form; what is sent all the same is decided and recorded.
    pack = pack_of(seeded.browser("chi").get(path).text)
    answer = seeded.post(client, f"{path}/approve", path, artifact=ARTIFACT, pack=pack)
    assert answer.status_code == 403
    assert "Bo cannot do this: the same person asked for this release" in answer.text
    number = seeded.house.size - 1
    assert f"/ledger/{number}" in answer.text
    assert "tried to approve a release" in client.get(f"/ledger/{number}").text


def test_a_release_goes_through_two_people_and_says_so(seeded: Seeded) -> None:
    path = f"/releases/{seeded.release}"
    dee = seeded.house.enrol("Dee", "dee@example.org", "ml_lead")
    from webui.identity.accounts import create_account

    create_account(seeded.house.wiring, dee, PASSWORD)
    seeded.post(seeded.browser("chi"), f"{path}/approve", path, artifact=ARTIFACT)
    client = seeded.browser("dee")
    assert "Waiting for me" in client.get("/").text
    answer = seeded.post(client, f"{path}/approve", path, artifact=ARTIFACT, comment="Fine.")
    assert answer.status_code == 302
    page = client.get(path).text
    assert "granted" in page
    assert "Fine." in page
    assert "The release is granted now" in page


def test_a_rejection_needs_a_reason(seeded: Seeded) -> None:
    path = f"/releases/{seeded.release}"
    answer = seeded.post(seeded.browser("chi"), f"{path}/reject", path, artifact=ARTIFACT)
    assert answer.status_code == 422
    answer = seeded.post(
        seeded.browser("chi"), f"{path}/reject", path, artifact=ARTIFACT, reason="Too early"
    )
    assert answer.status_code == 302
    assert seeded.house.wiring.reader.release(seeded.release).status == "rejected"


def test_a_refusal_that_stands_is_shown_with_its_reason_and_lifted(seeded: Seeded) -> None:
    path, wiring = f"/releases/{seeded.release}", seeded.house.wiring
    chi = seeded.browser("chi")
    seeded.post(chi, f"{path}/reject", path, artifact=ARTIFACT, reason="Too early")
    with reading(wiring.engine) as connection:
        registry = wiring.reader.registry(connection)
        (refusal,) = standing(registry, "churn", "production", ARTIFACT)
    assert refusal.roles == ("compliance",)
    page = shown(chi.get(path).text)
    assert "Refusals that stand" in page
    assert "Chi as compliance" in page
    assert "Too early" in page
    lift = f"{path}/refusals/{refusal.since}/lift"
    assert seeded.post(seeded.browser("ana"), lift, path, reason="Mine").status_code == 403
    assert seeded.post(chi, lift, path, reason="It is time now").status_code == 302
    page = shown(chi.get(path).text)
    assert "Refusals that stand" not in page
    assert f"lifted the refusal of entry {refusal.since}" in page


def test_a_form_without_its_token_or_from_elsewhere_is_refused(seeded: Seeded) -> None:
    client = seeded.browser("chi")
    path = f"/releases/{seeded.release}"
    size = seeded.house.size
    assert client.post(f"{path}/approve", data={"artifact": ARTIFACT}).status_code == 403
    fields = {"csrf_token": token_of(client.get(path).text), "artifact": ARTIFACT}
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    answer = client.post(f"{path}/approve", data=fields, headers=elsewhere)
    assert answer.status_code == 403
    assert seeded.house.size == size


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_signing_in_leads_nowhere_else(seeded: Seeded, target: str) -> None:
    client = seeded.house.client()
    fields = {
        "csrf_token": token_of(client.get("/login").text),
        "email": "ana@example.org",
        "password": PASSWORD,
        "next": target,
    }
    answer = client.post("/login", data=fields)
    assert answer.headers["Location"] == "/"


def test_a_wrong_password_says_nothing_about_the_account(seeded: Seeded) -> None:
    client = seeded.house.client()
    said = set()
    for email in ("ana@example.org", "nobody@example.org"):
        fields = {
            "csrf_token": token_of(client.get("/login").text),
            "email": email,
            "password": "wrong",
        }
        answer = client.post("/login", data=fields)
        assert answer.status_code == 401
        said.add(answer.text.split('role="alert">')[1].split("<")[0])
    assert len(said) == 1


def test_an_administrator_invites_somebody_who_then_sets_a_password(seeded: Seeded) -> None:
    house = seeded.house
    root = house.enrol("Rae", "rae@example.org", "administrator")
    from webui.identity.accounts import create_account

    create_account(house.wiring, root, PASSWORD)
    fields = {"type": "person", "name": "Eve Ng", "email": "eve@example.org", "role": "auditor"}
    fields["until"] = (house.clock.at + timedelta(days=30)).date().isoformat()
    answer = seeded.post(seeded.browser("rae"), "/people", "/people", **fields)
    assert answer.status_code == 200
    secret = answer.text.split("/setup#")[1].split("<")[0]
    client = house.client()
    form = {"csrf_token": token_of(client.get("/setup").text), "token": secret}
    answer = client.post("/setup", data={**form, "password": PASSWORD, "again": PASSWORD})
    assert answer.status_code == 302, answer.text
    assert "Eve Ng" in client.get("/").text
    again = {**form, "password": PASSWORD, "again": PASSWORD}
    again["csrf_token"] = token_of(client.get("/account").text)
    assert client.post("/setup", data=again).status_code == 410


def test_whoever_is_no_administrator_enrols_nobody(seeded: Seeded) -> None:
    fields = {"type": "person", "name": "Eve Ng", "email": "eve@example.org"}
    answer = seeded.post(seeded.browser("ana"), "/people", "/people", **fields)
    assert answer.status_code == 403
    assert "it needs the role administrator" in answer.text
    invite = f"/people/{seeded.bo}/invite"
    assert seeded.post(seeded.browser("ana"), invite, "/people").status_code == 403


def test_a_token_is_shown_once_works_and_can_be_revoked(seeded: Seeded) -> None:
    client = seeded.browser("ana")
    form = {"label": "laptop", "reach": "everything", "days": "30"}
    page = seeded.post(client, "/account/tokens", "/account", **form).text
    secret = page.split('id="secret">')[1].split("<")[0]
    api = seeded.house.api(secret)
    assert api.get("/me").json["name"] == "Ana Kovač"
    assert secret not in client.get("/account").text
    revoke = client.get("/account").text.split('action="')
    path = next(part.split('"')[0] for part in revoke if "/revoke" in part.split('"')[0])
    seeded.post(client, path, "/account")
    assert api.get("/me").status_code == 401


def test_a_new_password_closes_every_session(seeded: Seeded) -> None:
    other, client = seeded.browser("ana"), seeded.browser("ana")
    new = {"password": "another sentence of mine", "again": "another sentence of mine"}
    wrong = seeded.post(client, "/account/password", "/account", old="not it", **new)
    assert wrong.status_code == 401
    right = seeded.post(client, "/account/password", "/account", old=PASSWORD, **new)
    assert right.status_code == 302
    assert other.get("/").status_code == 302


def test_somebody_elses_session_is_not_closed(seeded: Seeded) -> None:
    from webui.identity.sessions import list_sessions

    bo = seeded.browser("bo")
    session = list_sessions(seeded.house.wiring, seeded.bo)[0].session_id
    seeded.post(seeded.browser("ana"), f"/account/sessions/{session}/close", "/account")
    assert bo.get("/").status_code == 200


def test_verifying_an_entry_really_checks_it(seeded: Seeded) -> None:
    client = seeded.browser("chi")
    page = seeded.post(client, "/ledger/5/verify", "/ledger/5").text
    assert page.count("✓ holds") == 6
    from sqlalchemy import text

    with seeded.house.wiring.engine.begin() as sql:
        sql.execute(text("DROP TRIGGER entry_refuses_update"))
        sql.execute(text("UPDATE entry SET leaf_hash = zeroblob(32) WHERE sequence = 5"))
    page = seeded.post(client, "/ledger/5/verify", "/ledger/5").text
    assert "✗ does not verify" in page


def test_whoever_may_not_issue_reports_is_told_and_it_is_recorded(seeded: Seeded) -> None:
    client = seeded.browser("ana")
    fields = {"framework": "soc2", "from": "2026-01-01", "until": "2026-12-31"}
    answer = seeded.post(client, "/reports", "/reports", **fields)
    assert answer.status_code == 403
    assert "it needs the role" in answer.text
    number = seeded.house.size - 1
    assert f"/ledger/{number}" in answer.text
    assert seeded.house.wiring.log.entry(number).kind == "access.denied"


def test_a_report_is_made_listed_and_downloaded(seeded: Seeded) -> None:
    client = seeded.browser("chi")
    fields = {"framework": "soc2", "from": "2026-01-01", "until": "2026-12-31"}
    assert seeded.post(client, "/reports", "/reports", **fields).status_code == 302
    report = seeded.house.wiring.reader.reports()[0]
    answer = client.get(f"/reports/{report.since}.pdf")
    assert answer.data.startswith(b"%PDF")
    path = seeded.house.wiring.settings.reports / f"{report.report}.pdf"
    path.write_bytes(path.read_bytes() + b"\n")
    assert client.get(f"/reports/{report.since}.pdf").status_code == 503


@pytest.mark.parametrize(
    "path",
    ["/models/nope", "/models/churn/9.9.9", "/releases/999999", "/ledger/9007199254740993",
     "/people/zz", "/reports/3.pdf", "/nowhere"],
)  # fmt: skip
def test_what_is_not_there_is_said_readably(seeded: Seeded, path: str) -> None:
    answer = seeded.browser("chi").get(path)
    assert answer.status_code == 404
    assert "<h1>" in answer.text
