from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf import json_format  # type: ignore[import-untyped]
from in_toto_attestation.v1 import statement_pb2  # type: ignore[import-untyped]
from in_toto_attestation.v1.statement import (  # type: ignore[import-untyped]
    Statement as ReferenceStatement,
)

from ledger.core.encoding import canonical
from ledger.core.statement import (
    STATEMENT_TYPE,
    Statement,
    Subject,
    encode_statement,
    parse_statement,
)
from ledger.errors import EncodingError

DIGEST = "ab" * 32
STATEMENT = Statement(
    (Subject("model:fraud:3", DIGEST), Subject("report", "cd" * 32)),
    "https://counterseal.dev/event/version.registered/v1",
    {"event": {"name": "fraud"}, "log": {"sequence": 7}},
)
MEMBERS: dict[str, Any] = json.loads(encode_statement(STATEMENT))


def test_a_statement_reads_back() -> None:
    assert parse_statement(encode_statement(STATEMENT)) == STATEMENT


def test_the_bytes_are_those_of_the_specification() -> None:
    one = Statement((Subject("a", DIGEST),), "t", {})
    assert (
        encode_statement(one)
        == (
            f'{{"_type":"{STATEMENT_TYPE}","predicate":{{}},"predicateType":"t",'
            f'"subject":[{{"digest":{{"sha256":"{DIGEST}"}},"name":"a"}}]}}'
        ).encode()
    )


def test_the_reference_library_of_in_toto_accepts_what_we_write() -> None:
    read = json_format.Parse(encode_statement(STATEMENT), statement_pb2.Statement())
    ReferenceStatement.copy_from_pb(read).validate()
    assert [subject.name for subject in read.subject] == ["model:fraud:3", "report"]
    assert read.subject[0].digest["sha256"] == DIGEST


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"_type": "https://in-toto.io/Statement/v0.1"}, "/_type"),
        ({"extra": 1}, ""),
        ({"subject": []}, "/subject"),
        ({"subject": {}}, "/subject"),
        ({"subject": ["x"]}, "/subject/0"),
        ({"subject": [{"name": "a"}]}, "/subject/0"),
        ({"subject": [{"name": "a", "digest": {}}]}, "/subject/0"),
        ({"subject": [{"name": "a", "digest": {"sha1": "x"}}]}, "/subject/0"),
        ({"subject": [{"name": "a", "digest": {"sha256": DIGEST, "sha1": "x"}}]}, "/subject/0"),
        ({"subject": [{"name": "", "digest": {"sha256": DIGEST}}]}, "/subject/0/name"),
        ({"subject": [{"name": 1, "digest": {"sha256": DIGEST}}]}, "/subject/0/name"),
        (
            {"subject": [{"name": "a", "digest": {"sha256": DIGEST.upper()}}]},
            "/subject/0/digest/sha256",
        ),
        ({"subject": [{"name": "a", "digest": {"sha256": None}}]}, "/subject/0/digest/sha256"),
        ({"predicateType": ""}, "/predicateType"),
        ({"predicateType": 1}, "/predicateType"),
        ({"predicate": []}, "/predicate"),
        ({"predicate": None}, "/predicate"),
    ],
)
def test_what_is_no_statement_is_refused_at_its_place(
    changes: dict[str, object], pointer: str
) -> None:
    with pytest.raises(EncodingError) as caught:
        parse_statement(canonical({**MEMBERS, **changes}))
    assert (caught.value.code, caught.value.pointer) == ("not-a-statement", pointer)


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_every_member_is_needed(name: str) -> None:
    with pytest.raises(EncodingError) as caught:
        parse_statement(canonical({key: MEMBERS[key] for key in MEMBERS if key != name}))
    assert caught.value.code == "not-a-statement"


def test_a_statement_that_is_not_canonical_is_refused() -> None:
    with pytest.raises(EncodingError) as caught:
        parse_statement(json.dumps(MEMBERS).encode())
    assert caught.value.code == "not-canonical"


@pytest.mark.parametrize(
    "statement",
    [
        Statement((), "t", {}),
        Statement((Subject("", DIGEST),), "t", {}),
        Statement((Subject("a", "AB" * 32),), "t", {}),
        Statement((Subject("a", DIGEST),), "", {}),
    ],
)
def test_a_statement_that_could_not_be_read_back_is_not_written(statement: Statement) -> None:
    with pytest.raises(EncodingError) as caught:
        encode_statement(statement)
    assert caught.value.code == "not-a-statement"


def test_a_float_in_the_predicate_is_refused_at_its_place() -> None:
    with pytest.raises(EncodingError) as caught:
        encode_statement(Statement((Subject("a", DIGEST),), "t", {"auc": 0.9}))
    assert (caught.value.code, caught.value.pointer) == ("float", "/predicate/auc")
