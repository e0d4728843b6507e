"""Identity tokens of CI jobs exchanged at the API, against real issuers on loopback: the documented
claims of GitHub and GitLab go through; whatever is forged, stale, spent or meant for others does
not, and leaves the ledger as it was."""

from __future__ import annotations

import base64
import hmac
import itertools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ledger.audit import audit
from ledger.events.entry import decode_entry
from ledger.state.publishers import EXCHANGED_MINUTES
from tests.tools.issuer import (
    AUDIENCE,
    a_key,
    an_elliptic_key,
    an_issuer,
    github_claims,
    gitlab_claims,
)
from tests.webui.api.company import a_model, a_version
from tests.webui.house import build
from webui.identity import issuers
from webui.identity.exchange import last_exchanges, tried
from webui.identity.tokens import list_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.test import TestResponse

    from tests.tools.issuer import Issuer
    from tests.webui.house import House

KINDS = ["model.registered", "version.registered", "deployment.recorded"]
_JTI = itertools.count()


@dataclass
class Forge:
    """A house, two issuers that it trusts, and one that it does not; the workload they speak for.

    ``seconds`` is the clock by which keys are kept.
    """

    house: House
    github: Issuer
    gitlab: Issuer
    stranger: Issuer
    ci: str
    seconds: float = 1_000.0

    def trust(self, provider: str, issuer: Issuer, **more: Any) -> int:
        """Trust a publisher as the administrator; its number."""
        ids = ("456789", "123456") if provider == "github" else ("20", "72")
        fields = {
            "actor_id": self.ci,
            "provider": provider,
            "issuer": issuer.url,
            "audience": AUDIENCE,
            "repository_id": ids[0],
            "owner_id": ids[1],
            "kinds": KINDS,
            **more,
        }
        root = self.house.api(self.house.token(self.house.administrator))
        answer = root.submit("publisher.trusted", fields)
        assert answer.status_code == 201, answer.text
        return int(answer.json["sequence"])

    def remove(self, number: int) -> None:
        """Remove a publisher."""
        root = self.house.api(self.house.token(self.house.administrator))
        answer = root.submit("publisher.removed", {"publisher": number})
        assert answer.status_code == 201, answer.text

    def claims(self, **more: Any) -> dict[str, Any]:
        """GitHub's claims, of a new token."""
        return github_claims(self.github.url, self.house.clock.at, f"jti-{next(_JTI)}", **more)

    def gitlab_claims(self, **more: Any) -> dict[str, Any]:
        """GitLab's claims, of a new token."""
        return gitlab_claims(self.gitlab.url, self.house.clock.at, f"jti-{next(_JTI)}", **more)

    def exchange(self, token: str, **more: Any) -> TestResponse:
        """Send a token to be exchanged."""
        return self.house.client().post(
            "/api/v1/token-exchange", json={"subject_token": token, **more}
        )


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    """One for all tests of this file: a refused exchange changes nothing."""
    with an_issuer() as github, an_issuer() as gitlab, an_issuer() as stranger:
        github.keys = {"k1": a_key()}
        gitlab.keys = {"k1": a_key()}
        stranger.keys = {"k1": a_key()}
        urls = (github.url, gitlab.url)
        house = build(tmp_path_factory.mktemp("forge") / "home", private_issuers=urls)
        ci = house.enrol("CI", "", "pipeline", actor_type="workload")
        made = Forge(house, github, gitlab, stranger, ci)
        object.__setattr__(house.wiring, "issuers", issuers.IssuerKeys(clock=lambda: made.seconds))
        made.trust("github", github)
        made.trust("gitlab", gitlab, ref_protected=True, ci_environment="production")
        yield made
        house.wiring.close()


@pytest.fixture(autouse=True)
def _nothing_refused_is_recorded(forge: Forge) -> Iterator[None]:
    """Every issuer is back after each test, and keys are fetched anew."""
    yield
    for issuer in (forge.github, forge.gitlab):
        issuer.away, issuer.named, issuer.keys_at = False, "", ""
    forge.seconds += 10_000


def refused(forge: Forge, token: str, code: str, status: int = 401, **more: Any) -> None:
    size = forge.house.size
    answer = forge.exchange(token, **more)
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
    assert answer.mimetype == "application/problem+json"
    assert "access_token" not in answer.json
    assert forge.house.size == size
    if status == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


# What goes through.


def test_a_github_job_registers_a_model_without_a_secret(forge: Forge) -> None:
    token = forge.github.mint(forge.claims())
    answer = forge.exchange(token)
    assert answer.status_code == 200, answer.text
    given = answer.json
    assert given["token_type"] == "Bearer"
    assert given["expires_in"] == EXCHANGED_MINUTES * 60
    assert given["scope"] == " ".join(KINDS)
    assert given["actor_id"] == forge.ci
    assert answer.headers["Cache-Control"] == "no-store"
    api = forge.house.api(given["access_token"])
    recorded = api.submit("model.registered", a_model(forge.ci, "by-github"))
    assert recorded.status_code == 201, recorded.text
    entry = decode_entry(forge.house.wiring.log.entry(recorded.json["sequence"]).envelope)
    assert entry.actor.via == "id-token"
    assert entry.actor.credential == given["token_id"]
    assert entry.proof is not None
    said = entry.proof.model_dump(exclude_none=True)
    assert said["type"] == "id-token"
    assert (said["repository_id"], said["owner_id"]) == ("456789", "123456")
    assert (said["ref"], said["ref_protected"]) == ("refs/heads/main", True)
    assert (said["run"], said["job"], said["commit"]) == ("9876543210", "55555", "ab" * 20)
    for name in (b"octocat", b"acme", b"583231"):
        assert name not in entry.envelope
        assert base64.b64encode(name)[:-2] not in entry.envelope
    assert audit(forge.house.wiring.log).problems == []


def test_a_gitlab_job_does_so_too_and_no_address_of_its_user_is_kept(forge: Forge) -> None:
    answer = forge.exchange(forge.gitlab.mint(forge.gitlab_claims()))
    assert answer.status_code == 200, answer.text
    api = forge.house.api(answer.json["access_token"])
    recorded = api.submit("model.registered", a_model(forge.ci, "by-gitlab"))
    assert recorded.status_code == 201, recorded.text
    payload = json.dumps(api.get(f"/entries/{recorded.json['sequence']}").json["statement"])
    assert "sample-user" not in payload
    assert json.loads(payload)["predicate"]["proof"]["run"] == "574"


def test_the_form_of_rfc_8693_is_taken_as_well(forge: Forge) -> None:
    fields = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "subject_token": forge.github.mint(forge.claims()),
    }
    answer = forge.house.client().post("/api/v1/token-exchange", data=fields)
    assert answer.status_code == 200, answer.text
    twice = "subject_token=a&subject_token=b"
    media = "application/x-www-form-urlencoded"
    answer = forge.house.client().post("/api/v1/token-exchange", data=twice, content_type=media)
    assert (answer.status_code, answer.json["code"]) == (422, "parameter-twice")


@pytest.mark.parametrize(
    "subject",
    [
        "repo:acme/churn:ref:refs/heads/main",
        "repo:acme@123456/churn@456789:ref:refs/heads/main",
        "repo:acme@123456/churn@456789:environment:production",
        "repo:acme/churn:pull_request",
        "repository_owner_id:123456:repository_id:456789",
    ],
)
def test_both_forms_of_github_s_subject_are_understood(forge: Forge, subject: str) -> None:
    assert forge.exchange(forge.github.mint(forge.claims(sub=subject))).status_code == 200


def test_a_colon_in_an_environment_is_written_as_percent_3a(forge: Forge) -> None:
    subject = "repo:acme@123456/churn@456789:environment:eu%3Aprod"
    token = forge.github.mint(forge.claims(sub=subject, environment="eu:prod"))
    assert forge.exchange(token).status_code == 200


@pytest.mark.parametrize(
    "subject",
    [
        "repo:acme@123456/churn@456780:ref:refs/heads/main",
        "repo:acme@1/churn@456789:ref:refs/heads/main",
        "repo:evil/churn:ref:refs/heads/main",
        "repo:acme/churn:ref:refs/heads/other",
        "repo:acme/churn:environment:staging",
    ],
)
def test_a_subject_that_contradicts_the_claims_is_refused(forge: Forge, subject: str) -> None:
    refused(forge, forge.github.mint(forge.claims(sub=subject)), "id-token-subject")


def test_a_renamed_repository_goes_because_its_ids_are_the_same(forge: Forge) -> None:
    renamed = forge.claims(repository="acme/renamed", sub="repo:acme/renamed:ref:refs/heads/main")
    assert forge.exchange(forge.github.mint(renamed)).status_code == 200


def test_a_look_alike_name_with_other_ids_does_not(forge: Forge) -> None:
    taken = forge.claims(repository_id="999999")
    refused(forge, forge.github.mint(taken), "publisher-none", 403)
    taken = forge.claims(repository_owner_id="999999")
    refused(forge, forge.github.mint(taken), "publisher-none", 403)


def test_an_es256_key_may_sign(forge: Forge) -> None:
    key = an_elliptic_key()
    forge.github.keys["ec"] = key
    token = forge.github.mint(forge.claims(), kid="ec", alg="ES256")
    assert forge.exchange(token).status_code == 200
    del forge.github.keys["ec"]


# What is forged.


def test_a_token_with_alg_none_is_refused(forge: Forge) -> None:
    for name in ("none", "None", "NONE", ""):
        token = f"{part({'alg': name, 'kid': 'k1'})}.{part(forge.claims())}."
        refused(forge, token, "id-token-algorithm")


def test_hs256_with_the_public_key_is_refused(forge: Forge) -> None:
    public = forge.github.keys["k1"].as_pem(private=False)
    for secret in (public, json.dumps(forge.github.keys["k1"].as_dict(private=False)).encode()):
        signed = f"{part({'alg': 'HS256', 'kid': 'k1'})}.{part(forge.claims())}"
        mac = hmac.digest(secret, signed.encode(), "sha256")
        signature = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
        refused(forge, f"{signed}.{signature}", "id-token-algorithm")


def test_a_signature_by_another_key_is_refused(forge: Forge) -> None:
    refused(forge, forge.github.mint(forge.claims(), key=a_key()), "id-token-signature")


def test_a_key_that_the_token_brings_along_is_not_looked_at(forge: Forge) -> None:
    key = a_key()
    token = forge.github.mint(forge.claims(), key=key, jwk=key.as_dict(private=False))
    refused(forge, token, "id-token-signature")
    token = forge.github.mint(forge.claims(), key=key, jku=f"{forge.stranger.url}/keys")
    asked = len(forge.stranger.asked)
    refused(forge, token, "id-token-signature")
    assert len(forge.stranger.asked) == asked


def test_the_key_of_another_issuer_does_not_sign_for_this_one(forge: Forge) -> None:
    token = forge.github.mint(forge.claims(), key=forge.gitlab.keys["k1"])
    refused(forge, token, "id-token-signature")


def test_an_issuer_that_nobody_trusts_is_not_even_asked(forge: Forge) -> None:
    claims = {**forge.claims(), "iss": forge.stranger.url}
    refused(forge, forge.stranger.mint(claims), "publisher-none", 403)
    assert forge.stranger.asked == []


@pytest.mark.parametrize("more", ["/", "//", "/x", "?", "#", " "])
def test_an_issuer_that_is_almost_the_trusted_one_is_another(forge: Forge, more: str) -> None:
    token = forge.github.mint(forge.claims(iss=forge.github.url + more))
    refused(forge, token, "publisher-none", 403)


@pytest.mark.parametrize("kid", ["k2", "../k1", "../../etc/passwd", "K1", "k1 ", "%6b1"])
def test_a_key_id_is_a_name_and_nothing_else(forge: Forge, kid: str) -> None:
    token = forge.github.mint(forge.claims(), kid=kid, key=forge.github.keys["k1"])
    refused(forge, token, "id-token-unknown-key")
    assert all(path in {"/keys", issuers.DISCOVERY} for path in forge.github.asked)


@pytest.mark.parametrize("kid", [None, ""])
def test_a_token_without_a_key_id_is_refused(forge: Forge, kid: str | None) -> None:
    token = forge.github.mint(forge.claims(), kid=kid, key=forge.github.keys["k1"])
    refused(forge, token, "id-token-key")


# What is meant for others, stale or spent.


@pytest.mark.parametrize(
    "audience", ["https://other.example.org", AUDIENCE + "/", AUDIENCE.upper()]
)
def test_another_audience_is_refused(forge: Forge, audience: str) -> None:
    refused(forge, forge.github.mint(forge.claims(aud=audience)), "wrong-audience", 403)


@pytest.mark.parametrize("audience", [[AUDIENCE, "https://other.example.org"], [AUDIENCE], None, 3])
def test_what_is_not_one_audience_is_refused(forge: Forge, audience: Any) -> None:
    refused(forge, forge.github.mint(forge.claims(aud=audience)), "id-token-audience")


def test_a_token_has_its_time(forge: Forge) -> None:
    now = int(forge.house.clock.at.timestamp())
    for claims, code in (
        ({"exp": now}, "id-token-expired"),
        ({"exp": now - 1}, "id-token-expired"),
        ({"nbf": now + 120}, "id-token-early"),
        ({"iat": now + 120}, "id-token-early"),
        ({"exp": now + 90_000}, "id-token-lasting"),
    ):
        refused(forge, forge.github.mint(forge.claims(**claims)), code)
    for claims in ({"exp": None}, {"iat": None}, {"exp": str(now + 300)}, {"nbf": -1}):
        refused(forge, forge.github.mint(forge.claims(**claims)), "claim-malformed")
    skewed = forge.claims(iat=now + 30, nbf=now + 30)
    assert forge.exchange(forge.github.mint(skewed)).status_code == 200


@pytest.mark.parametrize("jti", [None, "", 7])
def test_a_token_without_an_id_could_be_spent_twice(forge: Forge, jti: Any) -> None:
    refused(forge, forge.github.mint({**forge.claims(), "jti": jti}), "id-token-jti")


def test_a_token_opens_once(forge: Forge) -> None:
    token = forge.github.mint(forge.claims())
    assert forge.exchange(token).status_code == 200
    refused(forge, token, "id-token-replayed")
    again = forge.claims()
    again["jti"] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))["jti"]
    refused(forge, forge.github.mint(again), "id-token-replayed")


def test_what_is_no_token_is_refused(forge: Forge) -> None:
    good = forge.github.mint(forge.claims())
    head, claims, signature = good.split(".")
    for wrong in (
        "x",
        "a.b",
        "a.b.c.d",
        f"{head}.{claims}",
        f"{head}.{claims}.é.x",
        f"{head}=.{claims}.x",
    ):
        refused(forge, wrong, "id-token-malformed", 400)
    twice = base64.urlsafe_b64encode(b'{"iss":"a","iss":"b"}').rstrip(b"=").decode()
    refused(forge, f"{head}.{twice}.{signature}", "id-token-malformed", 400)
    refused(
        forge,
        f"{head}.{part({**forge.claims(), 'x': 'y' * 17_000})}.{signature}",
        "id-token-too-large",
        413,
    )
    refused(
        forge, forge.github.mint(forge.claims(), crit=["b64"], b64=True), "id-token-malformed", 400
    )
    assert forge.exchange("x" * 70_000).status_code == 422
    assert forge.exchange("x" * 300_000).status_code == 413
    assert forge.exchange(good).status_code == 200


# Protected refs and environments.


@pytest.mark.parametrize("said", ["false", False, None])
def test_false_is_not_true(forge: Forge, said: Any) -> None:
    token = forge.gitlab.mint(forge.gitlab_claims(ref_protected=said))
    refused(forge, token, "ref-not-protected", 403)


@pytest.mark.parametrize("said", ["True", "yes", "1", 1, "", ["true"]])
def test_what_is_neither_true_nor_false_is_refused(forge: Forge, said: Any) -> None:
    refused(forge, forge.gitlab.mint(forge.gitlab_claims(ref_protected=said)), "claim-malformed")


def test_a_pinned_environment_is_asked_for(forge: Forge) -> None:
    for environment in ("staging", "Production", None, ""):
        token = forge.gitlab.mint(forge.gitlab_claims(environment=environment))
        refused(forge, token, "wrong-environment", 403)


def test_the_rule_that_asks_for_most_is_taken_and_another_can_be_named(forge: Forge) -> None:
    wide = forge.exchange(forge.github.mint(forge.claims())).json["publisher"]
    narrow = forge.trust("github", forge.github, ref_protected=True, kinds=["evidence.attached"])
    try:
        assert forge.exchange(forge.github.mint(forge.claims())).json["publisher"] == narrow
        token = forge.github.mint(forge.claims(ref_protected="false"))
        assert forge.exchange(token).json["publisher"] == wide
        token = forge.github.mint(forge.claims())
        assert forge.exchange(token, publisher=wide).json["publisher"] == wide
        refused(forge, forge.github.mint(forge.claims()), "publisher-none", 403, publisher=0)
    finally:
        forge.remove(narrow)


# The short token.


def test_a_short_token_reaches_as_far_as_its_rule_and_lasts_ten_minutes(forge: Forge) -> None:
    number = forge.trust(
        "github",
        forge.github,
        ref="refs/heads/main",
        models=["by-rule"],
        kinds=["version.registered"],
    )
    api = forge.house.api(forge.exchange(forge.github.mint(forge.claims())).json["access_token"])
    answer = api.submit("model.registered", a_model(forge.ci, "by-rule"))
    assert (answer.status_code, answer.json["code"]) == (403, "token-scope")
    answer = api.submit("version.registered", a_version(model="by-github"))
    assert (answer.status_code, answer.json["code"]) == (403, "token-scope")
    assert api.get("/me").json["actor"]["via"] == "id-token"
    assert api.post("/tokens", json={"label": "more", "scope": {}}).status_code == 403
    assert list_tokens(forge.house.wiring, forge.ci) == []
    forge.house.clock.move(minutes=EXCHANGED_MINUTES)
    assert api.get("/me").status_code == 401
    forge.remove(number)


def test_a_removed_publisher_s_tokens_open_nothing_from_then_on(forge: Forge) -> None:
    number = forge.trust("github", forge.github, ref="refs/heads/main")
    api = forge.house.api(forge.exchange(forge.github.mint(forge.claims())).json["access_token"])
    assert api.get("/me").status_code == 200
    forge.remove(number)
    size = forge.house.size
    answer = api.submit("model.registered", a_model(forge.ci, "too-late"))
    assert (answer.status_code, answer.json["code"]) == (409, "publisher-removed")
    assert forge.house.size == size


def test_a_refusal_by_the_policy_keeps_the_job_and_is_decided_again_the_same(forge: Forge) -> None:
    api = forge.house.api(forge.exchange(forge.github.mint(forge.claims())).json["access_token"])
    fields = {**a_model(forge.ci, "forbidden"), "risk_tier": "prohibited"}
    answer = api.submit("model.registered", fields)
    assert (answer.status_code, answer.json["code"]) == (403, "policy-denied")
    entry = decode_entry(forge.house.wiring.log.entry(answer.json["entry"]).envelope)
    assert entry.proof is not None
    wiring = forge.house.wiring
    assert audit(wiring.log, redecide=wiring.redecide()).problems == []


def test_what_was_exchanged_and_refused_is_kept_for_a_page(forge: Forge) -> None:
    refused(forge, forge.github.mint(forge.claims(repository_id="31337")), "publisher-none", 403)
    newest = tried(forge.house.wiring)[0]
    assert (newest.code, newest.repository_id) == ("publisher-none", "31337")
    assert newest.issuer == forge.github.url
    number = forge.exchange(forge.github.mint(forge.claims())).json["publisher"]
    assert last_exchanges(forge.house.wiring)[number] == tried(forge.house.wiring)[0].at
    size = len(tried(forge.house.wiring, 500))
    refused(
        forge,
        forge.stranger.mint({**forge.claims(), "iss": "https://evil.example"}),
        "publisher-none",
        403,
    )
    assert len(tried(forge.house.wiring, 500)) == size


# Keys: kept, turned over, away.


def test_keys_are_kept_and_a_new_one_is_fetched_once_a_minute(forge: Forge) -> None:
    assert forge.exchange(forge.github.mint(forge.claims())).status_code == 200
    asked = len(forge.github.asked)
    assert forge.exchange(forge.github.mint(forge.claims())).status_code == 200
    assert len(forge.github.asked) == asked
    forge.github.keys["k9"] = a_key()
    token = forge.github.mint(forge.claims(), kid="k9")
    refused(forge, token, "id-token-unknown-key")
    assert len(forge.github.asked) == asked
    forge.seconds += issuers.TURN
    assert forge.exchange(token).status_code == 200
    assert len(forge.github.asked) == asked + 2
    del forge.github.keys["k9"]
    forge.seconds += issuers.FRESH
    refused(forge, forge.github.mint(forge.claims(), kid="k9", key=a_key()), "id-token-unknown-key")


def away(forge: Forge, token: str, code: str = "issuer-away") -> None:
    answer = forge.exchange(token)
    assert (answer.status_code, answer.json["code"]) == (503, code), answer.text
    assert int(answer.headers["Retry-After"]) >= 1


def test_while_an_issuer_is_away_nobody_is_let_in(forge: Forge) -> None:
    forge.github.away = True
    asked = len(forge.github.asked)
    away(forge, forge.github.mint(forge.claims()))
    away(forge, forge.github.mint(forge.claims()))
    assert len(forge.github.asked) == asked + 1
    forge.github.away = False
    forge.seconds += issuers.AWAY
    assert forge.exchange(forge.github.mint(forge.claims())).status_code == 200
    forge.github.away = True
    assert forge.exchange(forge.github.mint(forge.claims())).status_code == 200
    forge.seconds += issuers.FRESH
    away(forge, forge.github.mint(forge.claims()))


def test_an_issuer_that_points_at_another_s_keys_is_not_believed(forge: Forge) -> None:
    forge.github.keys_at = f"{forge.stranger.url}/keys"
    away(forge, forge.github.mint(forge.claims(), key=forge.stranger.keys["k1"]), "issuer-wrong")
    assert forge.stranger.asked == []
    forge.seconds += issuers.AWAY
    forge.github.keys_at = ""
    forge.github.named = forge.stranger.url
    away(forge, forge.github.mint(forge.claims()), "issuer-wrong")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9",
        "http://localhost:9",
        "http://ci.example",
        "https://127.0.0.1",
        "https://[::1]",
    ],
)
def test_an_issuer_on_this_machine_must_be_allowed(url: str) -> None:
    with pytest.raises(issuers.IssuerError):
        issuers.fetch_from(url, private=False)
