"""Targets: what a browser sends that a passkey signed, and statements that are read again."""

from __future__ import annotations

import hashlib
from functools import cache

from ledger.core.assertion import (
    Expected,
    check_assertion,
    check_public_key,
    parse_authenticator_data,
)
from ledger.errors import LedgerError
from ledger.events.approval import ApprovalStatement, SignedHead, read_statement
from tests.fuzz.target import Target, answer
from tests.tools.authenticator import Authenticator

_CHALLENGE = hashlib.sha256(b"a statement").digest()
_CUT = b"\n\n\n\n"


@cache
def _key() -> Authenticator:
    return Authenticator("a1" * 16, "es256")


def _assertion(data: bytes) -> None:
    """Nothing but what was truly signed is taken."""
    client, _, rest = data.partition(_CUT)
    authenticator, _, signature = rest.partition(_CUT)
    key = _key()
    expected = Expected(key.rp_id, key.origin, _CHALLENGE, key.algorithm, key.public)
    try:
        found = check_assertion(
            expected, authenticator_data=authenticator, client_data=client, signature=signature
        )
    except LedgerError as error:
        assert error.code  # noqa: PT017 (a refusal says which)
        return
    assert found.user_present
    assert found.user_verified
    assert (client, authenticator) == _true()[:2]


@cache
def _true() -> tuple[bytes, bytes, bytes]:
    key = _key()
    client, data = key.client_data(_CHALLENGE), key.authenticator_data()
    return client, data, key.sign(data + hashlib.sha256(client).digest())


def _authenticator_data(data: bytes) -> None:
    found = answer(parse_authenticator_data, data)
    if found is not None:
        assert data[:32] == found.rp_id_hash
        assert data[32] == found.flags
        assert int.from_bytes(data[33:37]) == found.count


def _public_key(data: bytes) -> None:
    name, _, public = data.partition(b"\n")
    answer(check_public_key, name.decode("latin-1"), public)


def _statement(data: bytes) -> None:
    found = answer(read_statement, data)
    if found is not None:
        assert found.canonical() == data


@cache
def _statements() -> tuple[bytes, ...]:
    plain = ApprovalStatement(
        log="counterseal.example/acme/main",
        decision="approve",
        release=17,
        actor="a1" * 16,
        roles=("compliance", "ml_lead"),
        model="churn",
        version="1.4.0",
        environment="production",
        artifact="5e" * 32,
        pack="fa" * 32,
        policy="9c" * 32,
        head=SignedHead(size=40, root="be" * 32),
        expires="2026-03-09T10:21:12.131415Z",
        nonce="0d" * 16,
    )
    reasoned = plain.model_copy(update={"decision": "reject", "reason": "ab" * 32})
    return plain.canonical(), reasoned.canonical()


TARGETS = (
    Target(
        "assertion",
        "a passkey's assertion: clientDataJSON, authenticator data and signature from a browser",
        _assertion,
        lambda: [_CUT.join(_true())],
        (_CUT, b'"type":"webauthn.get"', b'"crossOrigin":', b'"topOrigin":', b"\x05", b"\x85"),
        4_096,
    ),
    Target(
        "authenticator-data",
        "what an authenticator says of itself",
        _authenticator_data,
        lambda: [_true()[1], _true()[1] + b"\xa0"],
        (b"\x05", b"\x1d", b"\x45", b"\x85", bytes(37)),
        4_096,
    ),
    Target(
        "passkey-public-key",
        "the public key of a passkey, in DER, with the name of its algorithm",
        _public_key,
        lambda: [
            b"%s\n%s" % (name.encode(), Authenticator("a1" * 16, name).public)
            for name in ("es256", "eddsa", "rs256")
        ],
        (b"es256\n", b"eddsa\n", b"rs256\n", b"\x30", b"\x03\x42\x00\x04"),
        1_024,
    ),
    Target(
        "approval-statement",
        "what a passkey signed, as an entry or a file holds it",
        _statement,
        lambda: list(_statements()),
        (b'"decision":"reject"', b'"head":{', b'"roles":[', b'"nonce":', b"null"),
        structured=True,
    ),
)
