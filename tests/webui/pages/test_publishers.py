"""The page of workloads and publishers: trust is given, shown, proposed and taken back there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.errors import InputError
from ledger.events.client_key import possession_message
from ledger.events.entry import decode_entry
from tests.webui.pages.test_changes import say
from tests.webui.pages.test_company import shown
from tests.webui.seed import PASSWORD, Seeded, seed, token_of
from webui.identity.accounts import create_account
from webui.identity.ci_services import SERVICES, issuer_of

if TYPE_CHECKING:
    from tests.webui.house import House

FORM = {
    "service": "gitlab-server",
    "own": "gitlab.example.org",
    "audience": "https://ledger.example.org",
    "repository_id": "20",
    "owner_id": "72",
    "repository": "acme/churn",
    "ref": "refs/heads/main",
    "ref_protected": "yes",
    "ci_environment": "production",
    "models": "churn, pricing",
    "deploys_to": "production",
    "kinds": "deployment.recorded",
}


@pytest.fixture
def seeded(house: House) -> Seeded:
    """With Rae, the second administrator, who can sign in, and Nightly, a workload."""
    made = seed(house)
    rae = house.enrol("Rae", "rae@example.org", "administrator")
    create_account(house.wiring, rae, PASSWORD)
    return made


def test_a_publisher_is_proposed_trusted_shown_and_removed(seeded: Seeded) -> None:
    wiring = seeded.house.wiring
    ci = seeded.house.enrol("Nightly", "", "pipeline", actor_type="workload")
    rae = seeded.browser("rae")
    answer = seeded.post(rae, "/publishers", "/publishers", actor=ci, **FORM)
    path = answer.headers["Location"]
    assert path.startswith("/changes/"), answer.text
    assert wiring.reader.publishers() == []
    assert say(seeded, "chi", path, "approve") == 302
    assert say(seeded, "rae", path, "carry-out") == 302
    (found,) = wiring.reader.publishers()
    assert (found.issuer, found.repository_id) == ("https://gitlab.example.org", "20")
    assert found.ref_protected is True
    assert found.models == ("churn", "pricing")
    assert found.deploys_to == ("production",)
    page = shown(rae.get("/publishers").text)
    for part in ("Nightly", "acme/churn", "project 20", "refs/heads/main", "a protected ref"):
        assert part in page
    entry = wiring.log.entry(found.since)
    assert "acme" not in str(decode_entry(entry.envelope).event.facts())
    gone = seeded.post(rae, f"/publishers/{found.since}/remove", "/publishers")
    assert gone.status_code == 302
    assert wiring.reader.publishers(status="trusted") == []
    csrf = rae.get("/people").text
    fields = {"csrf_token": token_of(csrf), "once": "again"}
    assert rae.post(f"/publishers/{found.since}/remove", data=fields).status_code == 409


def test_nobody_else_trusts_a_publisher(seeded: Seeded) -> None:
    ci = seeded.house.enrol("Nightly", "", "pipeline", actor_type="workload")
    ana = seeded.browser("ana")
    assert "Trust a publisher" not in ana.get("/publishers").text
    answer = seeded.post(ana, "/publishers", "/people", actor=ci, **FORM)
    assert answer.status_code == 403
    assert seeded.house.wiring.reader.publishers() == []


@pytest.mark.parametrize(
    ("service", "own", "issuer"),
    [
        ("github", "", "https://token.actions.githubusercontent.com"),
        ("github-enterprise", "acme", "https://token.actions.githubusercontent.com/acme"),
        ("github-server", "github.example.org", "https://github.example.org/_services/token"),
        ("github-residency", "acme", "https://token.actions.acme.ghe.com"),
        ("gitlab", "", "https://gitlab.com"),
        ("gitlab-server", "gitlab.example.org:8443", "https://gitlab.example.org:8443"),
    ],
)
def test_every_service_has_its_issuer(service: str, own: str, issuer: str) -> None:
    assert service in SERVICES
    assert issuer_of(service, own)[1] == issuer


@pytest.mark.parametrize("own", ["", "https://x", "a b", "a?b", "x@y", "EVIL", "a#b", "a\\b"])
def test_a_name_that_is_none_makes_no_issuer(own: str) -> None:
    with pytest.raises(InputError):
        issuer_of("gitlab-server", own)


def test_a_workload_s_key_is_proposed_enrolled_shown_and_revoked(seeded: Seeded) -> None:
    wiring = seeded.house.wiring
    ci = seeded.house.enrol("Nightly", "", "pipeline", actor_type="workload")
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw().hex()
    form = {
        "actor": ci,
        "public": public,
        "possession": key.sign(possession_message(wiring.log.origin, ci, public)).hex(),
        "until": "2027-01-01",
        "kinds": "version.registered",
        "models": "churn",
    }
    rae = seeded.browser("rae")
    path = seeded.post(rae, "/publishers/keys", "/publishers", **form).headers["Location"]
    assert say(seeded, "chi", path, "approve") == 302
    assert say(seeded, "rae", path, "carry-out") == 302
    (found,) = wiring.reader.client_keys()
    assert (found.public, found.models) == (public, ("churn",))
    assert found.keyid in rae.get("/publishers").text
    revoke = f"/publishers/keys/{found.keyid}/revoke"
    assert seeded.post(rae, revoke, "/publishers").status_code == 302
    assert wiring.reader.client_key(found.keyid).revoked is not None
    nobody = seeded.post(rae, f"/publishers/keys/{'0' * 64}/revoke", "/publishers")
    assert nobody.status_code == 404
