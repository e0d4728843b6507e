"""What pipelines, clients and root keys show of themselves: tokens, requests, certificates."""

from __future__ import annotations

import base64
import json
from typing import Final

from ledger.events.request import RequestedCommand, SignedRequest, read_request
from ledger.keys.root import (
    Certificate,
    KeyCertificates,
    KeyRequest,
    RequestedKey,
    read_certificates,
)
from ledger.keys.root import read_request as read_key_request
from tests.fuzz.target import Target, answer
from webui.identity.id_token import read_keys, read_unproven

_JSON: Final = (b'"', b"{", b"}", b"null", b"\\u0000", b"1e9", b"[]", b'":"')


def _request(data: bytes) -> None:
    found = answer(read_request, data)
    assert found is None or found.payload() == data


def _requested() -> bytes:
    return SignedRequest(
        log="example.org/models",
        actor="a1" * 16,
        command=RequestedCommand(kind="release.withdrawn", event={"release": 12}),
        expires="2026-11-23T12:00:00.000000Z",
        nonce="A" * 22,
    ).payload()


def _token(data: bytes) -> None:
    found = answer(read_unproven, data.decode("latin-1"))
    if found is not None:
        assert found.compact.encode("ascii") == data
        assert found.issuer
        assert found.key_id


def _tokens() -> list[bytes]:
    header = {"alg": "RS256", "kid": "1", "typ": "JWT"}
    claims = {"iss": "https://ci.example", "sub": "repo:acme/churn", "aud": "ledger", "exp": 1}
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), bytes(256)]
    return [b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)]


def _keys(data: bytes) -> None:
    answer(read_keys, data)


def _key_sets() -> list[bytes]:
    modulus = base64.urlsafe_b64encode(b"\xc1" + bytes(range(255))).rstrip(b"=").decode()
    one = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "n": modulus, "e": "AQAB"}
    return [json.dumps({"keys": [one, {**one, "kid": "2", "kty": "EC"}]}).encode(), b'{"keys":[]}']


def _asked_of_root(data: bytes) -> None:
    found = answer(read_key_request, data)
    assert found is None or read_key_request(found.written()) == found


def _by_root(data: bytes) -> None:
    found = answer(read_certificates, data)
    assert found is None or read_certificates(found.written()) == found


def _files_of_root() -> tuple[bytes, bytes]:
    key = "a1" * 32
    asked = KeyRequest(origin="example.org/models", keys=(RequestedKey(use="entries", public=key),))
    given = KeyCertificates(
        origin="example.org/models",
        root="b0" * 32,
        proof="c0" * 64,
        keys=(Certificate(use="entries", public=key, certificate="d0" * 64),),
    )
    return asked.written(), given.written()


TARGETS: Final = (
    Target(
        "signed-request",
        "what a client's own key signed",
        _request,
        lambda: [_requested()],
        _JSON,
        structured=True,
    ),
    Target(
        "id-token",
        "the identity token of a pipeline's job, unproven",
        _token,
        _tokens,
        (b".", b"eyJ", b"=", b"-", b"_"),
    ),
    Target("jwk-set", "the keys of an issuer", _keys, _key_sets, _JSON, structured=True),
    Target(
        "key-request",
        "what a log asks of its root key",
        _asked_of_root,
        lambda: [_files_of_root()[0]],
        _JSON,
        structured=True,
    ),
    Target(
        "key-certificates",
        "what a root key answered",
        _by_root,
        lambda: [_files_of_root()[1]],
        _JSON,
        structured=True,
    ),
)
