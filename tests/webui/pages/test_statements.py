"""Statements are written, signed, replaced, set aside; incidents told of and closed."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from policies.controls.shipped import FRAMEWORKS, shipped_framework
from tests.webui.seed import HOSTILE, Seeded, seed
from webui.issuing import Wanted, issue_report
from webui.preparing import prepare
from webui.statement_templates import BLANK, FRAMES, frame_of

if TYPE_CHECKING:
    from tests.webui.house import House

WANTED = Wanted("soc2", "2026-03-01", "2026-12-31")
PAGE = "/statements/soc2-cc5-1"


@pytest.fixture
def seeded(house: House) -> Seeded:
    return seed(house)


def sign(seeded: Seeded, words: str, until: str = "2026-12-31") -> int:
    return seeded.post(
        seeded.browser("chi"), f"{PAGE}/sign", PAGE, text=words, valid_until=until, document=""
    ).status_code


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_control_has_a_frame_that_asks_and_does_not_answer(framework: str) -> None:
    for control in shipped_framework(framework).controls:
        text = frame_of(control).text(control)
        assert text.startswith(control.ref)
        assert BLANK in text
        assert len(text) < 4_000


def test_the_frames_that_a_review_asks_for_are_there_and_used() -> None:
    used = {frame_of(one).name for name in FRAMEWORKS for one in shipped_framework(name).controls}
    assert used == set(FRAMES)


def test_a_frame_whose_blanks_were_left_is_not_signed(seeded: Seeded) -> None:
    size = seeded.house.size
    assert sign(seeded, f"Our risks: {BLANK}") == 422
    assert seeded.house.size == size


def test_a_statement_is_signed_replaced_and_runs_out(seeded: Seeded) -> None:
    client = seeded.browser("chi")
    assert "Nothing is signed." in client.get(PAGE).text
    assert sign(seeded, "The first words") == 302
    assert sign(seeded, HOSTILE, "2026-04-30") == 302
    shown = client.get(PAGE).text
    assert "A statement stands until 2026-04-30" in shown
    assert "<script>alert" not in shown
    assert shown.index("&lt;script&gt;") < shown.index("The first words")
    assert "2, newest first" in shown
    seeded.house.clock.move(days=80)
    client = seeded.browser("chi")
    assert "stood until 2026-04-30. Sign it anew." in client.get(PAGE).text
    assert "expired" in client.get("/statements?framework=soc2").text


def test_a_control_is_set_aside_with_its_reason(seeded: Seeded) -> None:
    client = seeded.browser("chi")
    fields = {"reason": "We sell no such thing", "valid_until": "2026-12-31"}
    assert seeded.post(client, f"{PAGE}/set-aside", PAGE, **fields).status_code == 302
    assert "We sell no such thing" in client.get(PAGE).text
    assert "set aside" in client.get("/statements").text
    bo = seeded.browser("bo")
    assert seeded.post(bo, f"{PAGE}/set-aside", PAGE, **fields).status_code == 403
    assert client.get("/statements/nothing").status_code == 404
    assert client.get("/statements?framework=nothing").status_code == 422


def test_what_a_report_will_lack_is_what_the_report_then_says(seeded: Seeded) -> None:
    """The look ahead and the report count the same; a text that is signed lacks no more."""
    wiring = seeded.house.wiring
    before = prepare(wiring, WANTED)
    assert "soc2-cc5-1" in {one.control for one in before.missing}
    assert sign(seeded, "Controls follow from the risk analysis of March") == 302
    after = prepare(wiring, WANTED)
    assert {one.control for one in before.missing} - {one.control for one in after.missing} == {
        "soc2-cc5-1"
    }
    issued = issue_report(wiring, wiring.service, WANTED)
    assert issued.verdicts["insufficient_evidence"] == len(after.uncomputed)
    assert issued.verdicts["fail"] == len(after.failing)
    said = subprocess.run(
        ["pdftotext", str(issued.path), "-"], capture_output=True, text=True, check=True
    ).stdout
    assert "Controls follow from the risk analysis of March" in " ".join(said.split())


def test_the_page_says_what_a_report_will_lack_and_records_nothing(seeded: Seeded) -> None:
    client, size = seeded.browser("chi"), seeded.house.size
    fields = {"framework": "gdpr", "from": "2026-03-01", "until": "2026-12-31"}
    answer = seeded.post(client, "/reports/missing", "/reports", **fields)
    assert answer.status_code == 200
    assert "Nobody has written it" in answer.text
    assert "/statements/gdpr-24" in answer.text
    assert seeded.house.size == size
    assert (
        seeded.post(seeded.browser("ana"), "/reports/missing", "/reports", **fields).status_code
        == 403
    )


def test_an_incident_is_told_of_and_closed_with_an_account(seeded: Seeded) -> None:
    client = seeded.browser("chi")
    fields = {
        "severity": "high", "nature": "privacy", "detected_at": "2026-03-09T07:00", "model": "",
        "version": "", "environment": "", "personal_data": "1", "summary": HOSTILE,
    }  # fmt: skip
    assert seeded.post(client, "/incidents", "/incidents", **fields).status_code == 302
    shown = client.get("/incidents").text
    assert "personal data" in shown
    assert "<script>alert" not in shown
    number = seeded.house.size - 1
    account = {
        "cause": "A cache was shared", "measures": "It is keyed now", "corrected_by": "",
        "authority_told_at": "2026-03-09T07:30", "persons_told_at": "",
    }  # fmt: skip
    where = f"/incidents/{number}/close"
    seeded.house.clock.move(hours=1)
    client = seeded.browser("chi")
    assert seeded.post(client, where, "/incidents", **account).status_code == 302
    shown = client.get("/incidents").text
    assert "A cache was shared It is keyed now" in shown
    assert seeded.post(client, where, "/incidents", **account).status_code == 409
    later = fields | {"detected_at": "2027-03-09T07:00"}
    assert seeded.post(client, "/incidents", "/incidents", **later).status_code == 409
