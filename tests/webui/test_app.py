"""The application as a whole: hosts, headers, errors for people, the table of statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger import errors as ledger_errors
from ledger.errors import LedgerError
from webui.app import create_app
from webui.errors_http import STATUS, status_of
from webui.identity import errors as identity_errors

if TYPE_CHECKING:
    from tests.webui.house import House


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8470", "127.0.0.1:8470", "[::1]:8470"])
def test_this_machines_names_are_served(shared_house: House, host: str) -> None:
    answer = shared_house.client().get("/healthz", headers={"Host": host})
    assert (answer.status_code, answer.text.strip()) == (200, "ok")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil@localhost",
        "[::2]:80",
        "localhost:",
    ],
)
def test_other_names_are_refused(shared_house: House, host: str) -> None:
    for path in ("/healthz", "/api/openapi.json"):
        answer = shared_house.client().get(path, headers={"Host": host})
        assert answer.status_code == 400
        assert host not in answer.text


def test_a_configured_name_is_served(shared_house: House) -> None:
    app = create_app(shared_house.wiring, hosts=("ledger.example.org",))
    answer = app.test_client().get("/healthz", headers={"Host": "ledger.example.org"})
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/api/openapi.json", "/api/v1/models", "/nothing"])
def test_every_answer_carries_the_headers_that_keep_it_in(shared_house: House, path: str) -> None:
    headers = shared_house.client().get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "publickey-credentials-get=(self)" in headers["Permissions-Policy"]
    assert "publickey-credentials-create=(self)" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers
    assert headers["Cache-Control"] == "no-store"


def test_browsers_are_told_to_stay_with_https_only_where_it_is_spoken(
    shared_house: House,
) -> None:
    answer = shared_house.client().get("/healthz", base_url="https://localhost")
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_people_get_a_page_and_programs_a_problem(shared_house: House) -> None:
    page = shared_house.client().get("/nothing-here")
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "There is nothing at this address." in page.text
    problem = shared_house.client().get("/api/nothing-here")
    assert (problem.status_code, problem.mimetype) == (404, "application/problem+json")


def test_every_error_of_the_ledger_and_of_identity_has_a_status() -> None:
    classes = {
        found
        for module in (ledger_errors, identity_errors)
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, LedgerError)
    }
    assert len(classes) > 20
    for kind in classes:
        assert 400 <= status_of(kind("A sentence.")) < 600
    own = {kind for kind in classes if kind not in STATUS}
    proofs = {ledger_errors.SignatureError, ledger_errors.InclusionError}
    others = {ledger_errors.ConsistencyError, ledger_errors.CheckpointError}
    assert own == {*proofs, *others, identity_errors.IssuerError}
