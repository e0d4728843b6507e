"""Drafts of statements: kept by several people, told apart, signed off, due, erased."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from ledger.errors import IntegrityError
from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from ledger.store.database import reading, writing
from ledger.store.tables import statement_draft
from tests.webui.seed import HOSTILE, Seeded, seed
from webui.drafts import draft_of, due_statements
from webui.privacy import carry_out
from webui.statement_templates import BLANK
from webui.tombstones import erase_again

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.webui.house import House

CONTROL = "soc2-cc5-1"
PAGE = f"/statements/{CONTROL}"
DRAFT = f"{PAGE}/draft"
API = f"/statements/{CONTROL}/draft"


@pytest.fixture
def seeded(house: House) -> Seeded:
    return seed(house)


def keep(
    seeded: Seeded, client: FlaskClient, words: str, tag: str = "", due: str = ""
) -> TestResponse:
    return seeded.post(client, DRAFT, PAGE, text=words, draft=tag, due=due)


def tag_of(page: str) -> str:
    found = re.search(r'name="draft" value="([^"]*)"', page)
    assert found is not None
    return found[1]


def erase(house: House, subject: str, role: str) -> None:
    """Asked, approved and carried out, by the people who do such things."""
    wiring = house.wiring
    root, asking, dora = (
        Actor(id=one, type="person", via="password")
        for one in (
            house.administrator,
            house.enrol("Eve", "", "compliance"),
            house.enrol("Dora", "", "data_protection_officer"),
        )
    )
    today = wiring.now().date().isoformat()
    request = {"actor_id": subject, "received": today, "reason": "By letter"}
    number = wiring.submitter.submit(asking, read_command("erasure.requested", request)).sequence
    said = {"erasure": number, "assessment": "No duty is left"}
    assert wiring.submitter.submit(dora, read_command("erasure.approved", said)).outcome == "allow"
    ended = {"actor_id": subject, "role": role}
    assert wiring.submitter.submit(root, read_command("role.revoked", ended)).outcome == "allow"
    assert carry_out(wiring, dora, number).outcome == "allow"


def test_a_draft_is_kept_looked_at_and_signed_off(seeded: Seeded) -> None:
    client, size = seeded.browser("chi"), seeded.house.size
    assert keep(seeded, client, f"{HOSTILE} {BLANK}", due="2026-03-20").status_code == 302
    shown = client.get(DRAFT).text
    assert "1 blank" in shown
    assert "<script>alert" not in shown
    assert 'name="valid_until"' not in shown, "what has blanks can't be signed"
    tag = tag_of(shown)
    assert keep(seeded, client, "Looked at and judged", tag, "2026-03-20").status_code == 302
    assert seeded.house.size == size, "a draft is no entry"
    shown = client.get(DRAFT).text
    assert "version 2" in shown
    assert "due 2026-03-20" in client.get("/statements?framework=soc2").text
    signed = seeded.post(
        client, f"{PAGE}/sign", DRAFT, text="Looked at and judged", valid_until="2026-12-31",
        document="", draft=tag_of(shown),
    )  # fmt: skip
    assert signed.status_code == 302
    assert draft_of(seeded.house.wiring, CONTROL) is None
    assert client.get(DRAFT).status_code == 404
    assert "signed by" in client.get(PAGE).text


def test_of_two_editors_the_second_is_told_and_loses_no_words(seeded: Seeded) -> None:
    chi, bo = seeded.browser("chi"), seeded.browser("bo")
    assert keep(seeded, chi, "The first words").status_code == 302
    tag = tag_of(chi.get(DRAFT).text)
    assert tag_of(bo.get(DRAFT).text) == tag
    assert keep(seeded, bo, "The words of the other", tag).status_code == 302
    late = keep(seeded, chi, "The second words", tag)
    assert late.status_code == 409
    assert "The words of the other" in late.text
    assert ">The second words</textarea>" in late.text
    now = draft_of(seeded.house.wiring, CONTROL)
    assert now is not None
    assert (now.text, now.version) == ("The words of the other", 2)
    assert keep(seeded, chi, "Both", tag_of(late.text)).status_code == 302
    assert keep(seeded, bo, "Begun at the same time").status_code == 409


def test_what_was_changed_meanwhile_is_not_signed(seeded: Seeded) -> None:
    client = seeded.browser("chi")
    keep(seeded, client, "Shown")
    tag = tag_of(client.get(DRAFT).text)
    keep(seeded, client, "Changed", tag)
    size = seeded.house.size
    fields = {"text": "Shown", "valid_until": "2026-12-31", "document": "", "draft": tag}
    assert seeded.post(client, f"{PAGE}/sign", PAGE, **fields).status_code == 409
    assert seeded.house.size == size


def test_a_draft_that_says_something_else_stays_when_a_statement_is_signed(seeded: Seeded) -> None:
    client = seeded.browser("chi")
    keep(seeded, client, "Still being written")
    fields = {"text": "Something else", "valid_until": "2026-12-31", "document": ""}
    assert seeded.post(client, f"{PAGE}/sign", PAGE, **fields).status_code == 302
    found = draft_of(seeded.house.wiring, CONTROL)
    assert found is not None
    assert found.text == "Still being written"
    shown = client.get(DRAFT).text
    assert "What it changes" in shown
    assert "Something else" in shown


def test_who_may_not_sign_neither_reads_nor_writes_a_draft(seeded: Seeded) -> None:
    keep(seeded, seeded.browser("chi"), "Not for everybody")
    other = seeded.browser("ana")
    assert other.get(DRAFT).status_code == 403
    shown = other.get(PAGE).text
    assert "Not for everybody" not in shown
    assert "A draft was last changed by" in shown
    assert keep(seeded, other, "Mine").status_code == 403
    found = draft_of(seeded.house.wiring, CONTROL)
    assert found is not None
    answer = seeded.post(other, f"{DRAFT}/discard", PAGE, draft=found.tag)
    assert answer.status_code == 403


def test_a_draft_is_discarded_and_its_tag_never_comes_back(seeded: Seeded) -> None:
    client = seeded.browser("chi")
    keep(seeded, client, "First")
    tag = tag_of(client.get(DRAFT).text)
    assert seeded.post(client, f"{DRAFT}/discard", DRAFT, draft=tag).status_code == 302
    keep(seeded, client, "Second")
    assert keep(seeded, client, "Old hand", tag).status_code == 409


def test_versions_tell_what_changed(seeded: Seeded) -> None:
    client = seeded.browser("chi")
    for words in ("One\nTwo", "One\nThree"):
        fields = {"text": words, "valid_until": "2026-12-31", "document": ""}
        assert seeded.post(client, f"{PAGE}/sign", PAGE, **fields).status_code == 302
    shown = client.get(PAGE).text
    changed = shown[shown.index("What changed since the one before") :]
    assert changed.index("same</span>") < changed.index("gone") < changed.index("new</span>")
    assert shown.count("What changed since the one before") == 1


def test_what_is_due_stands_in_order(seeded: Seeded) -> None:
    wiring, client = seeded.house.wiring, seeded.browser("chi")
    keep(seeded, client, "To come", due="2026-03-10")
    first = due_statements(wiring, "soc2")[0]
    assert (first.control, first.day, first.overdue) == (CONTROL, "2026-03-10", False)
    seeded.house.clock.move(days=3)
    assert due_statements(wiring, "soc2")[0].overdue
    assert all(one.state == "missing" for one in due_statements(wiring, "soc2"))


def test_the_text_is_sealed_and_does_not_open_elsewhere(seeded: Seeded) -> None:
    wiring = seeded.house.wiring
    keep(seeded, seeded.browser("chi"), "Sealed words")
    with reading(wiring.engine) as connection:
        row = connection.execute(select(statement_draft)).one()
    assert b"Sealed words" not in row.sealed
    with writing(wiring.engine) as connection:
        connection.execute(update(statement_draft).values(version=7))
    with pytest.raises(IntegrityError):
        draft_of(wiring, CONTROL)


def test_erasing_any_of_its_writers_removes_a_draft(seeded: Seeded) -> None:
    wiring = seeded.house.wiring
    keep(seeded, seeded.browser("chi"), "Begun by one")
    bo = seeded.browser("bo")
    keep(seeded, bo, "Continued by another", tag_of(bo.get(DRAFT).text))
    with reading(wiring.engine) as connection:
        row = connection.execute(select(statement_draft)).one()
    assert len(row.hands.split()) == 2
    erase(seeded.house, seeded.chi, "compliance")
    assert draft_of(wiring, CONTROL) is None
    with writing(wiring.engine) as connection:
        connection.execute(statement_draft.insert().values(**row._asdict()))
    assert erase_again(wiring.settings, wiring.log).people == 1
    assert draft_of(wiring, CONTROL) is None


def test_the_api_tells_editors_apart_by_entity_tags(seeded: Seeded) -> None:
    chi, bo = (seeded.house.api(seeded.house.token(one)) for one in (seeded.chi, seeded.bo))
    put = {"json": {"text": f"Risks: {BLANK}", "due": "2026-03-20"}}
    assert chi.put(API, **put).status_code == 428
    begun = chi.put(API, **put, headers={"If-None-Match": "*"})
    assert (begun.status_code, begun.json["version"], begun.json["due"]) == (201, 1, "2026-03-20")
    assert chi.put(API, **put, headers={"If-None-Match": "*"}).status_code == 412
    read = bo.get(API)
    assert read.headers["ETag"] == begun.headers["ETag"]
    assert bo.get(API, headers={"If-None-Match": read.headers["ETag"]}).status_code == 304
    match = {"If-Match": begun.headers["ETag"]}
    changed = bo.put(API, json={"text": "Judged"}, headers=match)
    assert (changed.status_code, changed.json["changed_by"]) == (200, seeded.bo)
    late = chi.put(API, json={"text": "Late"}, headers=match)
    assert (late.status_code, late.json["code"]) == (412, "precondition-failed")
    due = bo.get("/statements:due?framework=soc2").json["statements"]
    assert [one["control"] for one in due if one["drafted"]] == [CONTROL]
    assert chi.delete(API).status_code == 428
    assert chi.delete(API, headers=match).status_code == 412
    ana = seeded.house.api(seeded.house.token(seeded.ana))
    refused = (ana.get(API), ana.put(API, json={"text": "No"}, headers={"If-None-Match": "*"}))
    assert [one.status_code for one in refused] == [403, 403]
    assert chi.delete(API, headers={"If-Match": changed.headers["ETag"]}).status_code == 204
    assert chi.get(API).status_code == 404


def test_a_statement_signed_over_the_api_removes_the_draft_that_says_it(seeded: Seeded) -> None:
    chi = seeded.house.api(seeded.house.token(seeded.chi))
    chi.put(API, json={"text": "Judged"}, headers={"If-None-Match": "*"})
    said = {"framework": "soc2", "control": CONTROL, "valid_until": "2026-12-31"}
    assert chi.submit("statement.signed", {**said, "text": "Judged"}).status_code == 201
    assert chi.get(API).status_code == 404
