"""Attacks on the whole application that no single room owns; `docs/threat-model.md` lists them all."""

from __future__ import annotations

import io
import logging
import secrets
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from ledger.errors import OutsideError
from tests.examples import EXAMPLES
from tests.tools.authenticator import Authenticator
from tests.webui.api.test_openapi import SUBMITTABLE, as_json
from tests.webui.pages.test_passkeys import begin, enrol, finish, statement_on
from tests.webui.seed import Seeded, seed, token_of
from webui.api import ROUTES
from webui.handed_in import HandedIn, verify_files
from webui.identity.current import local_path
from webui.logs import Lines, escaped

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webui.house import House

NO_TOKEN_NEEDED = {"exchange_token", "submit_signed"}
HOSTILE = "x\r\nSet-Cookie: planted=1\x1b[2J\x1b]0;gone\x07"


@pytest.fixture(scope="module")
def seeded(shared_house: House) -> Seeded:
    return seed(shared_house)


@pytest.mark.parametrize(
    "wanted",
    [
        "/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "\t//evil.example",
        "/\x00/evil.example", "/a\r\nSet-Cookie: planted=1", "//evil.example", "/\\evil.example",
    ],
)  # fmt: skip
def test_a_path_that_a_browser_would_read_as_another_host_is_none(wanted: str) -> None:
    assert local_path(wanted) == "/"


@pytest.mark.parametrize("path", ["//evil.example/login", "///evil.example/", "/\\evil.example/"])
def test_no_spelling_of_an_address_redirects_to_another_host(seeded: Seeded, path: str) -> None:
    answer = seeded.house.client().get(path, base_url="http://localhost")
    leads = answer.headers.get("Location", "/")
    assert leads.startswith(("/", "http://localhost/"))
    assert not leads.startswith(("//", "/\\"))
    assert "evil.example" not in leads.removeprefix("http://localhost").split("/")[0]


@pytest.mark.parametrize(
    "header", ["X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-URL", "X-Rewrite-URL"]
)
def test_no_header_but_host_names_us(seeded: Seeded, header: str) -> None:
    value = "host=evil.example" if header == "Forwarded" else "evil.example"
    chi = seeded.browser("chi")
    for path in ("/log", "/publishers", "/login"):
        answer = chi.get(path, headers={header: value})
        assert "evil.example" not in answer.text
        assert "evil.example" not in answer.headers.get("Location", "")


@pytest.mark.parametrize("name", ["access_token", "token", "authorization", "api_key"])
def test_a_token_in_the_address_or_the_body_opens_nothing(seeded: Seeded, name: str) -> None:
    client, secret = seeded.house.client(), seeded.house.token(seeded.bo)
    asked = 0
    for route in ROUTES:
        if route.name in NO_TOKEN_NEEDED or route.needs == "nothing":
            continue
        path = f"/api{route.path}".replace("{", "").replace("}", "")
        answer = client.open(f"{path}?{name}={secret}", method=route.method, data={name: secret})
        assert answer.status_code == 401, path
        assert secret not in answer.text
        asked += 1
    assert asked > 30
    for path in ("/account", "/models"):
        answer = client.get(f"{path}?{name}=Bearer%20{secret}")
        assert answer.status_code == 302
    assert client.get("/models", headers={"Authorization": f"Bearer {secret}"}).status_code == 302


@pytest.mark.parametrize("kind", SUBMITTABLE)
def test_no_command_takes_a_field_that_is_not_its_own(seeded: Seeded, kind: str) -> None:
    api = seeded.house.api(seeded.house.token(seeded.house.administrator))
    size = seeded.house.size
    event = as_json(EXAMPLES[kind])
    for name, value in (
        ("recorded_at", "2020-01-01T00:00:00Z"), ("actor", seeded.ana), ("sequence", 0),
        ("decision", {"outcome": "allow"}), ("outcome", "allow"), ("via", "password"),
        ("written_by_submit", True), ("__class__", "x"),
    ):  # fmt: skip
        if name in event:
            continue
        answer = api.submit(kind, {**event, name: value})
        assert answer.status_code == 422, (name, answer.text)
        assert answer.json["errors"][0]["pointer"] == f"/event/{name}"
    for name, value in (("actor", seeded.ana), ("proof", {}), ("decision", "allow")):
        answer = api.post(
            "/events", json={"kind": kind, "event": event, name: value},
            headers={"Idempotency-Key": secrets.token_hex(8)},
        )  # fmt: skip
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, f"/{name}")
    assert seeded.house.size == size


def test_a_token_is_not_asked_for_with_fields_of_the_service(seeded: Seeded) -> None:
    api = seeded.house.api(seeded.house.token(seeded.bo))
    for name, value in (
        ("created_by", seeded.ana), ("secret", "cst_mine"), ("token_id", "0" * 16),
        ("revoked_at", None), ("expires_at", "2099-01-01T00:00:00Z"), ("publisher", 1),
    ):  # fmt: skip
        answer = api.post("/tokens", json={"label": "x", "scope": {}, name: value})
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, f"/{name}")


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/people", {"type": "person", "name": HOSTILE, "email": "new@example.org"}),
        ("/people", {"type": "person", "name": "New", "email": "new@example.org\r\nBcc: x@y.z"}),
        ("/account/tokens", {"label": HOSTILE, "days": "3"}),
    ],
)
def test_names_with_line_ends_or_escapes_are_refused(
    seeded: Seeded, path: str, form: dict[str, str]
) -> None:
    from webui.identity.accounts import create_account

    house, size = seeded.house, seeded.house.size
    name = f"root{secrets.token_hex(4)}"
    root = house.enrol(name, f"{name}@example.org", "operator")
    create_account(house.wiring, root, "a sentence that nobody guesses")
    size = house.size
    answer = seeded.post(seeded.browser(name), path, "/account", **form)
    assert answer.status_code in {403, 422}
    assert "planted" not in str(answer.headers)
    assert "\x1b" not in answer.text
    if answer.status_code == 422:
        assert house.size == size


def test_no_header_of_an_answer_carries_what_was_sent(seeded: Seeded) -> None:
    hostile = "%0d%0aSet-Cookie:%20planted=1"
    client = seeded.browser("chi")
    for path in (
        f"/models/{hostile}", f"/people/{hostile}", f"/ledger/export?format=csv&model={hostile}",
        f"/models/churn/{hostile}", f"/login/sso/{hostile}", f"/privacy/people/{hostile}.json",
        f"/log/{hostile}/checkpoint", f"/login?next=/{hostile}", f"/models/{hostile}/compare.pdf",
    ):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code < 500, path
        for name, value in answer.headers:
            assert "planted" not in (name + value).replace(hostile, ""), path
            assert "\n" not in value


def test_a_key_with_line_ends_never_reaches_the_ledger(seeded: Seeded) -> None:
    api = seeded.house.api(seeded.house.token(seeded.bo))
    for key in ("a\tb", "a\x1b[2Jb", "\u2028", "a\x7f"):
        answer = api.submit("model.registered", {}, key)
        assert answer.json["code"] == "idempotency-key-invalid", key


def test_what_the_log_says_is_one_line_and_acts_on_no_terminal(
    seeded: Seeded, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*said: object, **more: object) -> None:
        raise OutsideError(f"The disk said {HOSTILE}")

    monkeypatch.setattr("webui.pages.models.render_template", broken)
    path = "/models/churn/1.0.0?x=%0d%0aFAKE%1b[2J"
    assert seeded.browser("chi").get(path).status_code == 503
    monkeypatch.setattr("webui.pages.models.render_template", lambda *a, **m: 1 / 0)
    assert seeded.browser("chi").get("/models/churn").status_code == 500
    records = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert len(records) >= 2
    for record in records:
        first, *rest = Lines().format(record).split("\n")
        assert first.isprintable()
        assert "Z ERROR webui" in first
        assert all(line.startswith("    ") and line.isprintable() for line in rest if line)


def test_an_escape_is_written_out() -> None:
    assert escaped("a\r\nb\x1b[2J\u2028é") == "a\\r\\nb\\x1b[2J\\u2028é"


def test_a_copied_authenticator_is_refused_on_the_page_too(house: House) -> None:
    seeded = seed(house)
    key = Authenticator(seeded.chi, origin="http://localhost", counts=True)
    enrol(seeded, key)
    chi = seeded.browser("chi")
    key.count = 7
    said, _ = statement_on(begin(seeded, chi).text)
    assert finish(seeded, chi, key, said).status_code == 302
    of = {"model": "churn", "version": "1.0.0", "environment": "staging"}
    bo = seeded.house.api(seeded.house.token(seeded.bo))
    seeded.release = bo.submit("release.requested", of).json["sequence"]
    key.count = 3
    size = house.size
    said, _ = statement_on(begin(seeded, chi).text)
    answer = finish(seeded, chi, key, said)
    assert answer.status_code in {409, 422}
    assert house.size == size


def test_an_archive_that_leads_outside_is_neither_unpacked_nor_believed(
    seeded: Seeded, tmp_path: Path
) -> None:
    whole, inner = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("checkpoint", bytes(10_000_000))
    target = tmp_path / "planted"
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(str(target), b"x")
        archive.writestr("../" * 20 + str(target)[1:], b"x")
        archive.writestr("..\\..\\planted", b"x")
        archive.writestr(link, "/etc/passwd")
        archive.writestr("checkpoint", b"x")
        archive.writestr("nested.zip", inner.getvalue())
    (verdict,) = verify_files(seeded.house.wiring, [HandedIn("../../x.zip", whole.getvalue())])
    assert not verdict.holds
    assert not target.exists()
    assert "root:" not in str(verdict)


@pytest.mark.parametrize(
    "body",
    [
        b"1 0 obj\n<< /Kids [1 0 R] >>\nendobj\n" * 50_000,
        b"[" * 1_000_000,
        b"<< /A " * 500_000,
        b"5 0 obj << /Filter [/FlateDecode /FlateDecode] /Length 9 >> stream\nxxxxxxxxx\nendstream",
    ],
)
def test_a_foreign_pdf_is_never_parsed(
    seeded: Seeded, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    def never(*said: object) -> None:
        raise AssertionError

    monkeypatch.setattr("webui.handed_in.check_seal", never)
    pdf = b"%PDF-1.7\n" + body + b"\nstartxref\n0\n%%EOF"
    (verdict,) = verify_files(seeded.house.wiring, [HandedIn("huge.pdf", pdf)])
    assert not verdict.holds


def test_a_form_of_very_many_parts_is_refused(seeded: Seeded) -> None:
    client = seeded.browser("chi")
    token = token_of(client.get("/verify").text)
    parts: dict[str, Any] = {f"part{number}": "x" for number in range(1_200)}
    answer = client.post(
        "/verify", data={**parts, "csrf_token": token}, content_type="multipart/form-data"
    )
    assert answer.status_code == 413


def test_trace_is_not_answered(seeded: Seeded) -> None:
    client = seeded.browser("chi")
    for path in ("/", "/login", "/api/v1/models", "/api/openapi.json", "/static/counterseal.css"):
        for method in ("TRACE", "TRACK", "CONNECT", "PUT", "PATCH"):
            answer = client.open(path, method=method, headers={"X-Said": "kumquat"})
            assert answer.status_code in {302, 405, 404, 403}, (method, path)
            assert "kumquat" not in answer.text


def test_signing_out_empties_the_browser(seeded: Seeded) -> None:
    client = seeded.browser("chi")
    answer = seeded.post(client, "/sign-out", "/account")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get("/account").status_code == 302
