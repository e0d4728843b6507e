"""What looks like personal data is refused where it would stay for ever, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.personal import LOOKS, looks_like
from ledger.errors import InputError
from ledger.events.catalogue import CATALOGUE, read_command
from ledger.events.screen import screen
from tests.examples import EXAMPLES, example
from tests.tools.house import a_version

PERSONAL = {
    "email": ("mail ana@example.org", "ANA.K+x@mail.example.co.uk"),
    "url_user": ("https://ana@git.example/repo", "ssh://git:secret@host/x"),
    "phone": ("+49 30 1234567", "tel:+1-202-555-0143", "call +385 (91) 123 4567"),
    "iban": ("DE89 3704 0044 0532 0130 00", "to GB82WEST12345698765432", "HR1210010051863000160"),
    "payment_card": ("4111 1111 1111 1111", "5500-0000-0000-0004", "card 378282246310005"),
    "ssn": ("123-45-6789", "ssn 078-05-1120"),
    "ip_address": ("client=203.0.113.9", "ip: 2001:db8::1", "remote_addr ip_addr=10.1.2.3"),
    "medical_record": ("MRN 0048213", "patient_id=AB-99812", "patient-no: 123456"),
    "date_of_birth": ("dob=1980-02-29", "born 1.12.1975", "date_of_birth: 3/4/1990"),
}
HARMLESS = (
    "", "1.2.3.4", "4.25.3.1", "s3://models/churn/1.4.0/model.onnx", "http://10.0.0.7:9000/bucket",
    "2026-03-09T08:15:00Z", "1234567890123456", "4111111111111112", "0000 0000 0000 0000",
    "1.0.0+20240101", "v3.11.4+cu121", "torch==2.3.1", "sha256:" + "5e" * 32, "@example/package",
    "nvidia-a100-80gb", "GB82WEST12345698765433", "DE00370400440532013000", "patient-outcomes-2026",
    "dob", "reborn 2026", "clip=1.0", "zip 10.1.2.3", "refs/heads/main", "batch_size=1024",
    "000-12-3456", "666-12-3456", "912-34-5678", "2026-11-30", "user-churn/2026.02",
    "arn:aws:s3:::bucket/123456789012/key", "git@github.com:acme/churn.git"[3:],
)  # fmt: skip


@pytest.mark.parametrize("look", LOOKS)
def test_each_rule_finds_what_it_names(look: str) -> None:
    for text in PERSONAL[look]:
        assert look in looks_like(text), text


@pytest.mark.parametrize("text", HARMLESS)
def test_what_machines_write_is_let_through(text: str) -> None:
    assert looks_like(text) == ()


@given(st.binary(min_size=16, max_size=64), st.integers(0, 2**53 - 1))
def test_digests_and_numbers_of_their_own_types_never_trip_it(data: bytes, number: int) -> None:
    version = a_version(digest=data.hex().ljust(64, "4")[:64])
    artifact = version.artifact.model_copy(update={"size_bytes": number})
    metric = {
        "name": "accuracy", "value": str(number), "data_set": "holdout", "held_out": True,
        "higher_is_better": True,
    }  # fmt: skip
    observed = {**EXAMPLES["metrics.observed"], "metrics": [metric]}
    screen(version.model_copy(update={"artifact": artifact}))
    screen(read_command("metrics.observed", observed))


@pytest.mark.parametrize("kind", sorted(CATALOGUE))
def test_no_example_trips_it(kind: str) -> None:
    if kind != "change.proposed":
        screen(example(kind))


@pytest.mark.parametrize(
    ("change", "pointer", "look"),
    [
        ({"parameters": {"owner": "DE89370400440532013000"}}, "/event/parameters/owner", "iban"),
        ({"parameters": {"dob": "1980-02-29"}}, "/event/parameters/dob", "date_of_birth"),
        ({"parameters": {"123-45-6789": "x"}}, "/event/parameters/123-45-6789", "ssn"),
        ({"model": "123-45-6789"}, "/event/model", "ssn"),
        ({"licence": "call +49 30 1234567"}, "/event/licence", "phone"),
        (
            {"artifact": {"sha256": "c0" * 32, "size_bytes": 1, "format": "onnx",
                          "uri": "s3://x/4111111111111111/m"}},
            "/event/artifact/uri", "payment_card",
        ),
    ],
)  # fmt: skip
def test_a_refusal_says_where_and_what_and_never_repeats_it(
    change: dict[str, Any], pointer: str, look: str
) -> None:
    command = read_command("version.registered", {**a_version().facts(), **change})
    with pytest.raises(InputError) as told:
        screen(command)
    error = told.value
    assert (error.code, error.pointer, error.numbers["looks_like"]) == (
        "personal-data", pointer, look,
    )  # fmt: skip
    assert not any(text in str(error) for text in ("4111", "370400", "6789 ", "1980", "1234567"))
    screen(command, allowed=[look])


def test_a_proposal_is_looked_at_like_what_it_proposes() -> None:
    proposed = {"proposed": "exception.opened", "event": {
        "model": "churn", "environment": "production", "until": "2026-11-02T00:00:00Z", "uses": 1,
        "review_by": "2026-11-04T00:00:00Z", "incident": "call +49 30 1234567", "reason": "Call +49 30 1234567",
    }}  # fmt: skip
    with pytest.raises(InputError) as told:
        screen(read_command("change.proposed", proposed))
    assert told.value.pointer == "/event/event/incident"


def test_free_words_that_go_to_the_vault_are_not_looked_at() -> None:
    fields = {**EXAMPLES["version.archived"], "reason": "ana@example.org asked for it"}
    screen(read_command("version.archived", fields))
