"""Whatever is wrong with what is sent: a clean refusal that says where, and nothing recorded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.webui.api.company import a_model, a_version

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.webui.api.company import Company

SECRET = "kumquat-7391"


def problem(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is a problem (RFC 9457) of this status and code, and give it."""
    told: dict[str, Any] = json.loads(answer.data)
    assert (answer.status_code, told["code"]) == (status, code), answer.text
    assert answer.mimetype == "application/problem+json"
    assert told["status"] == status
    assert told["title"]
    assert told["detail"]
    assert told["type"].endswith(code)
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    return told


def pointer(told: dict[str, Any]) -> str:
    """Where the problem is."""
    (place,) = told["errors"]
    assert place["detail"]
    return str(place["pointer"])


def without(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != name}


def versions(**changes: Any) -> dict[str, Any]:
    return {**a_version("2.0.0"), **changes}


def artifact(**changes: Any) -> dict[str, Any]:
    return versions(artifact={**a_version()["artifact"], **changes})


@pytest.mark.parametrize(
    ("kind", "event", "status", "code", "place"),
    [
        (SECRET, {}, 422, "unknown-kind", "/kind"),
        ("version.registred", a_version(), 422, "unknown-kind", "/kind"),
        ("release.granted", {"release": 1}, 422, "unknown-kind", "/kind"),
        (
            "version.registered",
            without(versions(), "artifact"),
            422,
            "invalid-missing",
            "/event/artifact",
        ),
        (
            "version.registered",
            versions(artefact=SECRET),
            422,
            "invalid-extra-forbidden",
            "/event/artefact",
        ),
        (
            "version.registered",
            artifact(sha265=SECRET),
            422,
            "invalid-extra-forbidden",
            "/event/artifact/sha265",
        ),
        (
            "version.registered",
            artifact(sha256="ab" * 31),
            422,
            "invalid-string-pattern-mismatch",
            "/event/artifact/sha256",
        ),
        (
            "version.registered",
            artifact(sha256="AB" * 32),
            422,
            "invalid-string-pattern-mismatch",
            "/event/artifact/sha256",
        ),
        (
            "version.registered",
            artifact(size_bytes="12"),
            422,
            "invalid-int-type",
            "/event/artifact/size_bytes",
        ),
        (
            "version.registered",
            artifact(size_bytes=-1),
            422,
            "invalid-greater-than-equal",
            "/event/artifact/size_bytes",
        ),
        (
            "version.registered",
            artifact(size_bytes=True),
            422,
            "invalid-int-type",
            "/event/artifact/size_bytes",
        ),
        (
            "version.registered",
            versions(trained_at="2026-02-30T00:00:00Z"),
            422,
            "invalid-value-error",
            "/event/trained_at",
        ),
        (
            "version.registered",
            versions(run="mail kumquat-7391@example.org"),
            422,
            "invalid-value-error",
            "/event/run",
        ),
        ("version.registered", versions(version="two"), 422, "invalid-version", "/event/version"),
        (
            "version.registered",
            versions(model="unheard-of"),
            404,
            "unknown-subject",
            "/event/model",
        ),
        ("version.registered", a_version("1.0.0"), 409, "conflict", "/event/version"),
        ("version.registered", SECRET, 422, "invalid-dict-type", "/event"),
        ("version.registered", [SECRET], 422, "invalid-dict-type", "/event"),
        ("version.registered", None, 422, "invalid-dict-type", "/event"),
        (7, {}, 422, "invalid-string-type", "/kind"),
    ],
)
def test_a_command_that_is_wrong_is_refused_with_the_place(  # noqa: PLR0917 (a row of the table)
    settled: Company, kind: Any, event: Any, status: int, code: str, place: str
) -> None:
    size = settled.house.size
    told = problem(settled.scientist.submit(kind, event), status, code)
    assert pointer(told) == place
    assert settled.house.size == size


def test_an_unknown_kind_is_told_the_kinds_there_are(settled: Company) -> None:
    told = problem(settled.scientist.submit("version.registred", {}), 422, "unknown-kind")
    assert "version.registered" in told["remedy"]


def test_a_misspelt_field_is_told_the_fields_there_are(settled: Company) -> None:
    told = problem(
        settled.scientist.submit("version.registered", versions(artefact={})),
        422,
        "invalid-extra-forbidden",
    )
    assert "artifact" in told["remedy"]


def test_a_missing_field_is_told_to_be_required(settled: Company) -> None:
    answer = settled.scientist.submit("version.registered", without(versions(), "artifact"))
    assert "required" in problem(answer, 422, "invalid-missing")["remedy"]


def test_an_entry_over_64_kib_is_refused_with_the_remedy(settled: Company) -> None:
    size = settled.house.size
    packages = {f"package-{number}": "x" * 150 for number in range(500)}
    event = versions(environment_used={"packages": packages})
    told = problem(settled.scientist.submit("version.registered", event), 422, "entry-too-large")
    assert pointer(told) == "/event"
    assert "digest" in told["remedy"]
    assert settled.house.size == size


def command(inner: str) -> bytes:
    return f'{{"kind":"model.registered","event":{{"model":{inner}}}}}'.encode()


@pytest.mark.parametrize(
    ("body", "code", "place"),
    [
        (b"", "not-json", ""),
        (b"{", "not-json", ""),
        (b"[1,]", "not-json", "/1"),
        (b'{"kind":"kumquat-7391"', "not-json", ""),
        (b"{'kind': 1}", "not-json", ""),
        (b'{"kind":1} {"kind":2}', "not-json", ""),
        (b"\xef\xbb\xbf{}", "not-json", ""),
        (b'{"kind":"\xff"}', "not-utf8", ""),
        (command('"\\ud800"'), "not-utf8", "/event/model"),
        (command('"a\\u0000b"'), "nul-character", "/event/model"),
        (b'{"kind":"a\x00b"}', "not-json", "/kind"),
        (command("9" * 200_000), "number-too-large", "/event/model"),
        (command("-" + "9" * 17), "number-too-large", "/event/model"),
        (command("NaN"), "not-json", "/event/model"),
        (command("Infinity"), "not-json", "/event/model"),
        (command("-Infinity"), "not-json", "/event/model"),
        (command("1e999"), "float", "/event/model"),
        (command("0.5"), "float", "/event/model"),
        (b'{"kind":"a","kind":"b","event":{}}', "duplicate-key", "/kind"),
        (command('{"a":1,"a":2}'), "duplicate-key", "/event/model/a"),
        (b"[" * 100_000 + b"]" * 100_000, "too-deep", None),
        (b'{"a":' * 40_000, "too-deep", None),
    ],
)
def test_bytes_that_are_not_our_json_are_refused_with_400(
    settled: Company, body: bytes, code: str, place: str | None
) -> None:
    size = settled.house.size
    told = problem(settled.scientist.submit_bytes(body), 400, code)
    if place is not None:
        assert (pointer(told) if "errors" in told else "") == place
    assert settled.house.size == size


@pytest.mark.parametrize("body", [b"[]", b"null", b"7", b'"kumquat-7391"', b"true"])
def test_json_that_is_no_object_is_refused(settled: Company, body: bytes) -> None:
    problem(settled.scientist.submit_bytes(body), 422, "invalid-input")


@pytest.mark.parametrize(
    ("body", "code", "place"),
    [
        (b"{}", "invalid-missing", "/kind"),
        (b'{"kind":"model.registered"}', "invalid-missing", "/event"),
        (
            b'{"kind":"model.registered","event":{},"force":true}',
            "invalid-extra-forbidden",
            "/force",
        ),
    ],
)
def test_a_command_has_a_kind_and_an_event_and_nothing_else(
    settled: Company, body: bytes, code: str, place: str
) -> None:
    assert pointer(problem(settled.scientist.submit_bytes(body), 422, code)) == place


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "text/json", "", "application/xml"]
)
def test_another_media_type_is_refused_with_415(settled: Company, media: str) -> None:
    headers = {"Idempotency-Key": "k"}
    answer = settled.scientist.post("/events", data=b"{}", headers=headers, content_type=media)
    told = problem(answer, 415, "wrong-content-type")
    assert "application/json" in told["remedy"]


def test_a_compressed_body_is_refused_with_415(settled: Company) -> None:
    headers = {"Idempotency-Key": "k", "Content-Encoding": "gzip"}
    answer = settled.scientist.post(
        "/events", data=b"{}", headers=headers, content_type="application/json"
    )
    problem(answer, 415, "wrong-content-type")


def test_a_body_that_is_too_large_is_refused_with_413(settled: Company) -> None:
    size = settled.house.size
    body = b'{"kind":"' + b"x" * 300_000 + b'"}'
    problem(settled.scientist.submit_bytes(body), 413, "too-large")
    assert settled.house.size == size


def test_a_body_of_unknown_length_that_is_too_large_is_refused_with_413(settled: Company) -> None:
    from io import BytesIO

    answer = settled.scientist.post(
        "/events",
        input_stream=BytesIO(b"[" + b" " * 300_000 + b"]"),
        headers={"Idempotency-Key": "k", "Transfer-Encoding": "chunked"},
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True},
    )
    problem(answer, 413, "too-large")


def test_more_than_eight_megabytes_are_refused_everywhere(settled: Company) -> None:
    answer = settled.scientist.post(
        "/events:batch", data=b" " * (9 * 1024 * 1024), content_type="application/x-ndjson"
    )
    problem(answer, 413, "too-large")


def test_a_command_without_an_idempotency_key_is_told_what_to_send(settled: Company) -> None:
    size = settled.house.size
    body = {"kind": "model.registered", "event": a_model(settled.scientist_id, "other")}
    told = problem(settled.scientist.post("/events", json=body), 400, "idempotency-key-missing")
    assert "Idempotency-Key" in told["detail"]
    assert "Idempotency-Key" in told["remedy"]
    assert settled.house.size == size


@pytest.mark.parametrize("key", ["x" * 201, "ké", "a\tb"])
def test_what_is_no_idempotency_key_is_refused(settled: Company, key: str) -> None:
    body = {"kind": "model.registered", "event": a_model(settled.scientist_id, "other")}
    answer = settled.scientist.post("/events", json=body, headers={"Idempotency-Key": key})
    problem(answer, 400, "idempotency-key-invalid")


@pytest.mark.parametrize(
    ("path", "code", "place"),
    [
        ("/models?limit=0", "invalid-greater-than-equal", "/limit"),
        ("/models?limit=501", "invalid-less-than-equal", "/limit"),
        ("/models?limit=ten", "invalid-int-parsing", "/limit"),
        ("/models?limit=" + "9" * 5000, "invalid-int-parsing-size", "/limit"),
        ("/models?before=-1", "invalid-greater-than-equal", "/before"),
        ("/models?colour=red", "invalid-extra-forbidden", "/colour"),
        ("/models?limit=1&limit=2", "parameter-twice", "/limit"),
        ("/releases?status=maybe", "invalid-literal-error", "/status"),
        ("/entries?kind=nonsense", "invalid-string-pattern-mismatch", "/kind/0"),
        ("/entries?since=yesterday", "invalid-string-pattern-mismatch", "/since"),
        ("/entries?before=3&after=1", "invalid-input", "/after"),
        ("/entries?actor=%00", "invalid-string-pattern-mismatch", "/actor"),
    ],
)
def test_a_parameter_that_is_wrong_is_named(
    settled: Company, path: str, code: str, place: str
) -> None:
    assert pointer(problem(settled.scientist.get(path), 422, code)) == place


@pytest.mark.parametrize(
    "path",
    [
        "/models/unheard-of",
        "/models/%00",
        "/models/churn%00",
        "/models/CHURN",
        "/models/" + "x" * 2000,
        "/models/unheard-of/versions",
        "/models/churn/versions/9.9.9",
        "/models/churn/versions/1.0.0@x",
        "/models/churn/versions/%F0%9F%92%A9",
        "/models/churn/versions/9.9.9/lineage",
        "/releases/7000",
        "/releases/01",
        "/releases/-1",
        "/releases/" + "9" * 5000,
        "/releases/9007199254740993",
        "/releases/%D9%A1",
        "/deployments/1",
        "/reports/1",
        "/reports/1/pdf",
        "/entries/99999",
        "/entries/99999/proof",
    ],
)
def test_what_does_not_exist_is_404_however_it_is_spelt(settled: Company, path: str) -> None:
    problem(settled.scientist.get(path), 404, "unknown-subject")


def test_an_address_or_method_that_does_not_exist_is_a_problem_too(settled: Company) -> None:
    problem(settled.scientist.get("/nothing"), 404, "not-found")
    answer = settled.scientist.delete("/events")
    problem(answer, 405, "method-not-allowed")
    assert "POST" in answer.headers["Allow"]


def test_a_failure_that_nobody_foresaw_says_nothing_of_the_inside(
    settled: Company, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError(SECRET)

    monkeypatch.setattr("ledger.query.Reader.policy", broken)
    problem(settled.scientist.get("/policy"), 500, "unexpected")
    assert SECRET in caplog.text
