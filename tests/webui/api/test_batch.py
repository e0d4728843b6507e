"""Batches: everything is recorded, some perhaps as denials, or nothing is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.webui.api.company import a_model, a_version
from webui.identity.scope import TokenScope

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.webui.api.company import Company
    from tests.webui.house import Api

NDJSON = "application/x-ndjson"


def line(kind: str, event: Any, key: str) -> bytes:
    return json.dumps({"kind": kind, "event": event, "idempotency_key": key}).encode()


def send(api: Api, *lines: bytes, end: bytes = b"\n") -> TestResponse:
    return api.post("/events:batch", data=b"\n".join(lines) + end, content_type=NDJSON)


def models(company: Company, count: int) -> list[bytes]:
    return [
        line("model.registered", a_model(company.scientist_id, f"model-{n}"), f"batch-{n}")
        for n in range(count)
    ]


def test_a_batch_is_recorded_whole_in_order(any_company: Company) -> None:
    size = any_company.house.size
    answer = send(any_company.scientist, *models(any_company, 3))
    assert answer.status_code == 200
    told = answer.json["lines"]
    assert [item["line"] for item in told] == [1, 2, 3]
    assert [item["status"] for item in told] == ["recorded"] * 3
    assert [item["receipt"]["sequence"] for item in told] == [size, size + 1, size + 2]
    assert any_company.house.size == size + 3


def test_later_lines_may_stand_on_earlier_ones(company: Company) -> None:
    answer = send(
        company.scientist,
        line("model.registered", a_model(company.scientist_id), "1"),
        line("version.registered", a_version(), "2"),
        line(
            "release.requested",
            {"model": "churn", "version": "1.0.0", "environment": "staging"},
            "3",
        ),
    )
    assert [item["status"] for item in answer.json["lines"]] == ["recorded"] * 3


def test_a_batch_that_is_sent_again_is_recorded_once(any_company: Company) -> None:
    lines = models(any_company, 3)
    first = send(any_company.scientist, *lines).json["lines"]
    size = any_company.house.size
    again = send(any_company.scientist, *lines).json["lines"]
    assert [item["status"] for item in again] == ["replayed"] * 3
    assert [i["receipt"]["sequence"] for i in again] == [i["receipt"]["sequence"] for i in first]
    assert any_company.house.size == size


def test_a_line_that_the_policy_refuses_is_recorded_as_a_refusal(company: Company) -> None:
    size = company.house.size
    wanted = {"model": "churn", "version": "1.0.0", "reason": "No longer used"}
    answer = send(
        company.scientist,
        line("model.registered", a_model(company.scientist_id), "1"),
        line("version.registered", a_version(), "2"),
        line("version.archived", wanted, "3"),
    )
    assert answer.status_code == 200
    assert [item["status"] for item in answer.json["lines"]] == ["recorded", "recorded", "denied"]
    denied = answer.json["lines"][2]["receipt"]
    assert denied["kind"] == "access.denied"
    assert denied["decision"]["sentences"]
    assert company.house.size == size + 3


@pytest.mark.parametrize(
    ("bad", "code", "pointer"),
    [
        (b'{"kind":', "not-json", "/kind"),
        (b"", "not-json", None),
        (b"\x00", "not-json", None),
        (b'{"kind":"model.registered","event":{}}', "invalid-missing", "/idempotency_key"),
        (line("model.registered", {"model": "x"}, "k"), "invalid-missing", "/event/version_scheme"),
        (line("model.registred", {}, "k"), "unknown-kind", "/kind"),
        (line("model.registered", {}, ""), "invalid-string-pattern-mismatch", "/idempotency_key"),
        (
            line("version.registered", a_version(model="unheard-of"), "k"),
            "unknown-subject",
            "/event/model",
        ),
        (line("version.registered", a_version("1.0.0"), "k"), "conflict", "/event/version"),
    ],
)
def test_one_bad_line_keeps_the_whole_batch_out(
    settled: Company, bad: bytes, code: str, pointer: str | None
) -> None:
    size = settled.house.size
    good = models(settled, 2)
    answer = send(settled.scientist, good[0], bad, good[1])
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == "batch-invalid"
    first, second, third = answer.json["lines"]
    assert first == {"line": 1, "status": "not-recorded"}
    assert third == {"line": 3, "status": "not-recorded"}
    assert (second["line"], second["status"]) == (2, "invalid")
    assert second["problem"]["code"] == code
    if pointer is not None:
        assert second["problem"]["errors"][0]["pointer"] == pointer
    assert settled.house.size == size


def test_every_bad_line_is_told(settled: Company) -> None:
    answer = send(settled.scientist, b"{", models(settled, 1)[0], b"[]")
    assert [item["status"] for item in answer.json["lines"]] == [
        "invalid",
        "not-recorded",
        "invalid",
    ]


def test_a_line_out_of_scope_keeps_the_batch_out(settled: Company) -> None:
    size = settled.house.size
    scope = TokenScope(kinds=("version.registered",))
    narrow = settled.house.api(settled.house.token(settled.scientist_id, scope))
    answer = send(narrow, *models(settled, 1))
    assert answer.status_code == 422
    assert answer.json["lines"][0]["problem"]["code"] == "token-scope"
    assert settled.house.size == size


def test_an_empty_batch_is_refused(settled: Company) -> None:
    answer = send(settled.scientist, end=b"")
    assert (answer.status_code, answer.json["code"]) == (422, "batch-empty")


def test_more_than_a_thousand_lines_or_four_megabytes_are_refused(settled: Company) -> None:
    size = settled.house.size
    many = send(settled.scientist, *([b"{}"] * 1001))
    large = send(settled.scientist, b" " * (4 * 1024 * 1024 + 1))
    for answer in (many, large):
        assert (answer.status_code, answer.json["code"]) == (413, "too-large")
    assert settled.house.size == size


def test_a_batch_is_ndjson(settled: Company) -> None:
    answer = settled.scientist.post("/events:batch", data=b"{}", content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (415, "wrong-content-type")
    assert NDJSON in answer.json["remedy"]


def test_a_last_line_without_a_line_feed_counts(company: Company) -> None:
    answer = send(company.scientist, *models(company, 2), end=b"")
    assert len(answer.json["lines"]) == 2
