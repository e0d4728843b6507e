"""A report as JSON: every word of it, one canonical form, no drawing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta, timezone
from typing import TYPE_CHECKING, get_args

import pytest

from ledger.core.encoding import canonical, parse_canonical
from tests.webui.reports.samples import HOSTILE, MADE_AT, NAMES, a_hard_report, a_report, a_verdict
from webui.reports.evidence_json import evidence_json, to_json
from webui.reports.model import Block, Column, Section, Table

if TYPE_CHECKING:
    from typing import Any


def _blocks(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [block for section in data["sections"] for block in section["blocks"]]


def test_the_bytes_are_canonical_and_read_back_to_the_same() -> None:
    report = a_hard_report()
    data = evidence_json(report)
    assert parse_canonical(data) == to_json(report)
    assert canonical(to_json(report)) == data


def test_every_kind_of_block_is_written() -> None:
    written = {block["type"].replace("_", "") for block in _blocks(to_json(a_hard_report()))}
    assert written == {kind.__name__.lower() for kind in get_args(Block)}


def test_a_verdict_carries_its_numbers_exceptions_and_proof() -> None:
    (block,) = _blocks(to_json(a_report(Section("Results", (a_verdict(),)))))
    assert (block["verdict"], block["population"], block["tested"]) == ("fail", 120, 118)
    assert [item["entries"] for item in block["exceptions"]] == [[812, 813, 815], [1204]]
    assert [item["entries"] for item in block["missing"]] == [[77]]
    assert block["tests"] == ["T2 v1", "T3 v2", "T4 v1"]
    assert 829 in block["entries"]
    assert block["human_part"] == "missing"


def test_where_the_report_stands_is_written() -> None:
    data = to_json(a_report())
    assert data["ledger"] == {
        "origin": "ledger.example.org/models",
        "position": 18_402,
        "head": "9f2c4e7a1b3d5f60" * 4,
    }
    assert data["period"] == {"from": "2026-07-01", "to": "2026-09-30"}
    assert data["generated_at"] == "2026-11-20T14:03:27Z"
    assert data["verdict_counts"]["fail"] == 2


def test_text_is_neither_escaped_nor_changed() -> None:
    text = evidence_json(a_hard_report()).decode()
    assert NAMES in text
    assert HOSTILE.replace('"', '\\"') in text


def test_a_report_in_local_time_is_refused() -> None:
    local = MADE_AT.astimezone(timezone(timedelta(hours=2)))
    with pytest.raises(ValueError, match="UTC"):
        a_report(generated_at=local)
    with pytest.raises(ValueError, match="UTC"):
        a_report(generated_at=MADE_AT.replace(tzinfo=None))


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="period"):
        replace(a_report(), period_to=date(2026, 6, 30))


def test_a_row_with_a_cell_too_few_is_refused() -> None:
    with pytest.raises(ValueError, match="row 1 has 1 cells"):
        Table((Column("a"), Column("b")), (("1", "2"), ("3",)))
    with pytest.raises(ValueError, match="column"):
        Table((), ())
