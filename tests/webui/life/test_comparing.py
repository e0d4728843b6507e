"""Versions side by side: what differs, which way, and whether it can be told from chance."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.webui.pages.pages_read import PageRead

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webui.life.conftest import Town

BOTH = "v=1.0.0&v=1.1.0"


def test_a_metric_tells_difference_direction_and_significance(town: Town) -> None:
    found = town.api("ana").get(f"/models/triage/compare?{BOTH}").json
    lines = {line["name"]: line["readings"] for line in found["metrics"]}
    first, second = lines["accuracy"]
    assert (first["difference"], first["significance"]) == ("", "")
    assert (second["difference"], second["verdict"]) == ("+0.009", "better")
    assert second["significance"] == "significant"
    assert second["difference_low"].startswith("+0.00")
    assert lines["roc_auc"][1]["significance"] == "not_tested"
    assert lines["roc_auc"][1]["verdict"] == "same"


def test_what_they_are_made_of_is_held_side_by_side(town: Town) -> None:
    found = town.api("ana").get(f"/models/triage/compare?{BOTH}").json
    facts = {line["name"]: line for line in found["facts"]}
    assert not facts["Artifact"]["same"]
    assert facts["Made from"]["values"] == ["", "triage 1.0.0 (successor of)"]
    assert all(line["same"] for line in found["packages"])
    assert {line["name"] for line in found["parameters"]} == {"learning_rate", "max_depth", "seed"}
    (production,) = found["approvals"]
    assert [one["status"] for one in production["releases"]] == ["granted", "lapsed"]
    assert len(production["releases"][0]["approvers"]) == 2


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("v=1.0.0", 422),
        ("v=1.0.0&v=1.0.0", 422),
        ("", 422),
        ("&".join(f"v=1.0.{n}" for n in range(7)), 422),
        ("v=1.0.0&v=9.9.9", 404),
        ("v=1.0.0&v=1.1.0&x=1", 422),
    ],
)
def test_what_can_not_be_compared_is_refused(town: Town, query: str, status: int) -> None:
    assert town.api("ana").get(f"/models/triage/compare?{query}").status_code == status


def test_the_page_shows_chart_and_tables_and_leads_to_the_pdf(town: Town) -> None:
    client = town.seeded.browser("chi")
    page = client.get(f"/models/triage/compare?{BOTH}").text
    assert PageRead(page).faults() == []
    assert "<svg" in page
    assert "+0.009" in page
    assert "significant" in page
    assert PageRead(client.get("/models/triage/compare").text).faults() == []
    assert client.get("/models/triage/compare?v=1.0.0").status_code == 422


def test_the_pdf_says_what_the_page_says(town: Town, tmp_path: Path) -> None:
    answer = town.seeded.browser("chi").get(f"/models/triage/compare.pdf?{BOTH}")
    assert answer.content_type == "application/pdf"
    assert town.api("chi").get(f"/models/triage/compare.pdf?{BOTH}").data == answer.data
    (tmp_path / "compared.pdf").write_bytes(answer.data)
    told = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "compared.pdf", "-"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "+0.009" in told
    assert "Bo" in told
