"""The crosswalk in reports: verdicts stand beside points, applicability is a person's word."""

from __future__ import annotations

import json

from ledger.events.room import RoomClosed, RoomOpened
from ledger.events.statement import StatementSigned
from policies.controls.scope import Scope
from tests.policies.controls.examine import YEAR
from tests.policies.controls.story import actor_id
from tests.webui.reports.assemble.year import WHOLE_YEAR, context, told
from webui.reports.assemble import assemble, assembled, basis_of
from webui.reports.model import Table
from webui.reports.oscal import NAMESPACE, assessment_results


def rows(kind: str, section: str, *, said: bool = False) -> dict[str, tuple[str, ...]]:
    story = told()
    if said:
        event = StatementSigned(
            framework="iso-42001", control="iso-42001-a-2-2", valid_until="2027-06-30", text="In."
        )
        story.on("2026-11-21").says("bo", event)
    made = assemble(kind, WHOLE_YEAR, story.history(), context(story, kind))
    return {
        row[0]: row
        for part in made.sections
        if part.title == section
        for block in part.blocks
        if isinstance(block, Table)
        for row in block.rows
    }


def test_a_duty_has_its_neighbours_and_what_its_controls_found() -> None:
    row = rows("crosswalk", "Crosswalk to NIST AI RMF and ISO/IEC 42001")["Art. 15"]
    assert row[2:4] == ("MEASURE 2.5, MEASURE 2.6, MEASURE 2.7", "A.6.2.4")
    assert row[4].startswith("EU AI Act Art. 15: ")


def test_a_control_of_another_report_has_no_verdict_here() -> None:
    row = rows("control-matrix", "Crosswalk to NIST AI RMF and ISO/IEC 42001")["Art. 15"]
    assert "not in this report" not in row[4]


def test_nobody_stated_anything_until_somebody_did() -> None:
    title = "Statement of applicability, ISO/IEC 42001"
    before, after = rows("crosswalk", title), rows("crosswalk", title, said=True)
    assert before["A.2.2"][3] == "TO BE WRITTEN"
    assert after["A.2.2"][3].startswith("stated (entry ")
    assert after["A.2.3"][3] == "TO BE WRITTEN"


def test_the_twin_names_the_points_of_each_finding() -> None:
    story = told()
    basis = basis_of("crosswalk", Scope(YEAR), story.history(), context(story, "crosswalk"))
    data = json.loads(assessment_results(basis, assembled(basis), "ab" * 32))
    body = data["assessment-results"]
    finding = next(
        one
        for one in body["results"][0]["findings"]
        if one["target"]["target-id"] == "eu-ai-act-15"
    )
    points = [
        (one["class"], one["value"]) for one in finding["props"] if one["name"] == "crosswalk"
    ]
    assert ("nist-ai-rmf", "MEASURE 2.5") in points
    assert ("iso-42001", "A.6.2.4") in points
    assert all(one["ns"] == NAMESPACE for one in finding["props"])
    known = {f"#{one['uuid']}" for one in body["back-matter"]["resources"]}
    assert {link["href"] for link in finding["links"]} <= known


def test_an_access_review_tells_who_acted_last_and_who_never_did() -> None:
    story = told()
    story.on("2026-11-21").enrolled("quiet", "operations")
    entries = story.entries
    (granted,) = (
        one.sequence
        for one in entries
        if getattr(one.event, "role", "") == "operations"
        and one.event.model_dump().get("actor_id") == actor_id("quiet")
    )
    made = assemble("access-review", WHOLE_YEAR, story.history(), context(story, "access-review"))
    held = next(
        block
        for part in made.sections
        for block in part.blocks
        if isinstance(block, Table) and block.caption == "Roles held now"
    )
    acts = {int(row[4]): row[6] for row in held.rows}
    assert acts.pop(granted) == "none"
    receivers = {one.sequence: one.event.model_dump().get("actor_id") for one in entries}
    last = {one.actor.id: one.sequence for one in entries}
    assert acts
    for entry, act in acts.items():
        assert act.endswith(f"({last[receivers[entry]]})")


def test_an_access_review_tells_of_outside_auditors_while_their_room_is_open() -> None:
    story = told()
    story.on("2026-11-21").enrolled("xen")
    event = RoomOpened(
        auditor=actor_id("xen"),
        frameworks=("soc2",),
        period_from="2026-01-01",
        period_until="2026-06-30",
        until="2027-01-31T00:00:00Z",
    )
    opened = story.says("bo", event)

    def tables() -> dict[str, str]:
        history = story.history()
        made = assemble("access-review", WHOLE_YEAR, history, context(story, "access-review"))
        return {
            block.caption: str(block.rows)
            for part in made.sections
            for block in part.blocks
            if isinstance(block, Table)
        }

    assert "'outside auditor'" in tables()["Roles held now"]
    assert f"'{opened}'" in tables()["Roles held now"]
    story.says("bo", RoomClosed(room=opened))
    assert "outside auditor" not in tables()["Roles held now"]
