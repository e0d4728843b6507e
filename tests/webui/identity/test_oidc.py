"""What is believed of a provider's answers: attacks on the id token, the keys and the endpoints."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from ledger.errors import InputError, OutsideError
from ledger.outside.http import new_client
from tests.tools import openid as issuers
from webui.identity.errors import SignInError
from webui.identity.oidc import Issuer, Secrets, signed_in_since
from webui.identity.providers import Provider, check_endpoint, read_sign_in
from webui.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
SECRETS = Secrets("state", "nonce", "v" * 64)
OTHER = RSAKey.generate_key(2048, {"kid": "first"})


@pytest.fixture
def there() -> Iterator[issuers.Issuer]:
    with issuers.issuing() as found:
        yield found


class Us:
    """Our side, with a clock."""

    def __init__(self, there: issuers.Issuer, **settings: Any) -> None:
        fields = {"name": "co", "title": "Company", "issuer": there.url, "client_id": "us"}
        self.at = NOW
        self.there = there
        provider = Provider.model_validate({**fields, **settings})
        self.issuer = Issuer(provider, new_client, lambda: self.at)

    def claims(self, **other: Any) -> dict[str, Any]:
        now = int(self.at.timestamp())
        usual = {
            "iss": self.there.url,
            "aud": "us",
            "sub": "42",
            "nonce": "nonce",
            "iat": now,
            "exp": now + 300,
        }
        return {name: value for name, value in {**usual, **other}.items() if value is not None}

    def brings(self, token: str, secret: str = "") -> dict[str, Any]:
        self.there.id_token = token
        return self.issuer.finish("code", SECRETS, "http://localhost/return", secret)

    def refuses(self, token: str) -> str:
        with pytest.raises(SignInError) as caught:
            self.brings(token)
        assert caught.value.code == "single-sign-on-failed"
        assert token not in str(vars(caught.value))
        return str(caught.value.numbers["why"])


def test_a_right_token_is_believed(there: issuers.Issuer) -> None:
    us = Us(there)
    assert us.brings(there.signed(us.claims()))["sub"] == "42"
    assert us.brings(there.signed(us.claims(aud=["us"], azp="us")))["sub"] == "42"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"iss": "https://evil.example"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"aud": "them"}, "audience"),
        ({"aud": ["us", "them"]}, "audience"),
        ({"aud": []}, "audience"),
        ({"aud": None}, "audience"),
        ({"azp": "them"}, "party"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"nonce": 7}, "nonce"),
        ({"exp": int(NOW.timestamp()) - 61}, "expired"),
        ({"exp": None}, "expired"),
        ({"exp": "9999999999"}, "expired"),
        ({"exp": True}, "expired"),
        ({"nbf": int(NOW.timestamp()) + 120}, "early"),
        ({"iat": int(NOW.timestamp()) + 120}, "issued"),
        ({"iat": int(NOW.timestamp()) - 3600}, "issued"),
        ({"iat": None}, "issued"),
        ({"sub": None}, "subject"),
        ({"sub": ""}, "subject"),
        ({"sub": 42}, "subject"),
        ({"sub": "a\nb"}, "subject"),
        ({"sub": "x" * 256}, "subject"),
    ],
)
def test_a_signed_token_that_is_for_others_or_of_another_time_is_refused(
    there: issuers.Issuer, changed: dict[str, Any], why: str
) -> None:
    us = Us(there)
    assert us.refuses(there.signed(us.claims(**changed))) == why


def test_an_unsigned_token_is_refused(there: issuers.Issuer) -> None:
    us = Us(there)
    assert us.refuses(issuers.unsigned(us.claims())) == "algorithm"


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(there: issuers.Issuer) -> None:
    us = Us(there)
    public = there.keys[0].as_pem(private=False)
    assert us.refuses(issuers.signed_by_secret(us.claims(), public)) == "algorithm"


def test_an_algorithm_that_the_settings_do_not_name_is_refused(there: issuers.Issuer) -> None:
    there.keys.append(ECKey.generate_key("P-256", {"kid": "curve"}))
    token = there.signed(Us(there).claims(), there.keys[1])
    assert Us(there).refuses(token) == "algorithm"
    assert Us(there, algorithms=["ES256"]).brings(token)["sub"] == "42"


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": OTHER.as_dict(private=False)},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/certificate"},
    ],
)
def test_keys_in_the_header_of_a_token_are_not_looked_at(
    there: issuers.Issuer, header: dict[str, Any]
) -> None:
    us = Us(there)
    assert us.refuses(there.signed(us.claims(), OTHER, **header)) == "signature"


def test_a_key_that_is_symmetric_weak_or_for_encryption_proves_nothing(
    there: issuers.Issuer,
) -> None:
    us = Us(there)
    for_encryption = {**there.keys[0].as_dict(private=False), "use": "enc"}
    weak = {**there.keys[0].as_dict(private=False), "n": "s" * 172, "kid": "first"}
    secret = OctKey.generate_key(256, {"kid": "first"}).as_dict()
    there.published = [for_encryption, weak, secret, {"kty": "RSA"}, "no key"]  # type: ignore[list-item]
    assert us.refuses(there.signed(us.claims())) == "unknown-key"


def test_of_several_keys_the_one_that_is_named_counts(there: issuers.Issuer) -> None:
    us = Us(there)
    there.keys.append(RSAKey.generate_key(2048, {"kid": "second"}))
    assert us.brings(there.signed(us.claims(), there.keys[1]))["sub"] == "42"
    assert us.refuses(there.signed(us.claims(), there.keys[1], kid="first")) == "signature"
    there.keys[0], there.keys[1] = there.keys[1], there.keys[0]
    assert us.refuses(there.signed(us.claims(), kid=None)) in {"unknown-key", "header"}


def test_keys_are_kept_and_asked_for_again_when_one_is_new(there: issuers.Issuer) -> None:
    us = Us(there)
    for _ in range(3):
        us.brings(there.signed(us.claims()))
    there.keys = [RSAKey.generate_key(2048, {"kid": "second"})]
    assert us.refuses(there.signed(us.claims())) == "unknown-key", "asked a moment ago"
    us.at += timedelta(seconds=61)
    assert us.brings(there.signed(us.claims()))["sub"] == "42"
    for _ in range(5):
        us.refuses(there.signed(us.claims(), OTHER, kid="made-up"))
    assert sum(path == "/keys" for path, _, _ in there.asked) == 2


def test_an_outage_is_told_as_one_and_kept_keys_last_through_it(there: issuers.Issuer) -> None:
    us, new = Us(there), Us(there)
    us.issuer.known()
    there.status = 503
    with pytest.raises(OutsideError) as caught:
        new.issuer.begin(SECRETS, "http://localhost/return")
    assert (caught.value.code, "one-time link" in caught.value.remedy) == ("provider-away", True)
    us.at += timedelta(hours=2)
    assert us.issuer.begin(SECRETS, "http://localhost/return").startswith(there.url)
    with pytest.raises(OutsideError):
        us.brings(there.signed(us.claims()))
    us.at += timedelta(hours=23)
    with pytest.raises(OutsideError):
        us.issuer.known()


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://192.0.2.1/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://user:secret@example.org/"},
        {"token_endpoint": None},
    ],
)
def test_a_provider_that_says_wrong_things_of_itself_is_not_asked_further(
    there: issuers.Issuer, changed: dict[str, Any]
) -> None:
    there.document |= changed
    with pytest.raises(OutsideError) as caught:
        Us(there).issuer.known()
    assert caught.value.code == "provider-wrong"


def test_an_answer_without_end_is_not_read(there: issuers.Issuer) -> None:
    there.padding = 1_000_000
    with pytest.raises(OutsideError):
        Us(there).issuer.known()


def test_what_is_asked_binds_the_answer_to_the_browser(there: issuers.Issuer) -> None:
    us = Us(there)
    asked = parse_qs(urlsplit(us.issuer.begin(SECRETS, "http://localhost/return")).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["code_challenge"] != [SECRETS.verifier]
    assert (asked["state"], asked["nonce"], asked["response_type"]) == (
        ["state"],
        ["nonce"],
        ["code"],
    )
    us.brings(there.signed(us.claims()), "s:cret")
    path, form, authorization = there.asked[-1]
    assert (path, form["code_verifier"], "client_secret" in form) == (
        "/token",
        SECRETS.verifier,
        False,
    )
    assert authorization.startswith("Basic ")
    there.document["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    later = Us(there)
    later.brings(there.signed(later.claims()), "s:cret")
    assert there.asked[-1][1]["client_secret"] == "s:cret"


def test_userinfo_adds_what_is_about_the_same_person_and_changes_nothing(
    there: issuers.Issuer,
) -> None:
    there.document["userinfo_endpoint"] = f"{there.url}/userinfo"
    us = Us(there)
    there.userinfo = {"sub": "42", "groups": ["ml"], "iss": "https://evil.example"}
    found = us.brings(there.signed(us.claims()))
    assert (found["groups"], found["iss"]) == (["ml"], there.url)
    there.userinfo = {"sub": "43", "groups": ["admins"]}
    assert us.refuses(there.signed(us.claims())) == "userinfo"


def test_when_the_provider_last_asked_is_believed_only_as_a_number() -> None:
    moment = NOW.timestamp()
    assert signed_in_since({"auth_time": int(moment) - 5}, NOW) == 5
    for said in ({}, {"auth_time": "now"}, {"auth_time": True}):
        assert signed_in_since(said, NOW) == float("inf")


@pytest.mark.parametrize(
    ("url", "issuer", "allowed"),
    [
        ("https://login.example.org/x", "https://login.example.org", True),
        ("https://keys.example.net/x", "https://login.example.org", True),
        ("http://login.example.org/x", "https://login.example.org", False),
        ("http://localhost:9/x", "http://localhost:9", True),
        ("http://localhost:9/x", "https://login.example.org", False),
        ("ftp://localhost/x", "http://localhost:9", False),
        ("https:///x", "https://login.example.org", False),
    ],
)
def test_addresses_are_https_but_on_this_machine(url: str, issuer: str, allowed: bool) -> None:
    if allowed:
        check_endpoint(url, issuer)
        return
    with pytest.raises(ValueError, match="https"):
        check_endpoint(url, issuer)


PROVIDER = """
[[provider]]
name = "company"
title = "Company account"
issuer = "https://login.example.org"
client_id = "counterseal"
"""


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ("passwords = 'yes please'", "/passwords"),
        ("second_factor = 'never'", "/second_factor"),
        ("passwords = false", "/passwords"),
        ("pasword = true", "/pasword"),
        (PROVIDER.replace("https:", "http:"), "/providers/0/issuer"),
        (PROVIDER + 'algorithms = ["none"]', "/providers/0/algorithms/0"),
        (PROVIDER + 'algorithms = ["HS256"]', "/providers/0/algorithms/0"),
        (PROVIDER + 'scopes = ["email"]', "/providers/0/scopes"),
        (PROVIDER + 'client_secret = "in the open"', "/providers/0/client_secret"),
        (PROVIDER + PROVIDER, "/provider"),
        ("[[provider]]", "/providers/0/name"),
        ("not toml", ""),
    ],
)
def test_a_file_of_sign_ins_that_is_wrong_is_refused_with_its_place(
    tmp_path: Path, said: str, pointer: str
) -> None:
    file = tmp_path / "sign-in.toml"
    file.write_text(said, encoding="utf-8")
    settings = replace(Settings(tmp_path, "sqlite://", "sqlite://"), sign_in_file=file)
    with pytest.raises(InputError) as caught:
        read_sign_in(settings)
    assert caught.value.pointer == pointer
    assert "in the open" not in str(caught.value)
