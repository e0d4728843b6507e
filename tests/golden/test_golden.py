"""Entries are written byte for byte as they always were, and other people's tools verify them."""

from __future__ import annotations

import base64
import json

import pytest
import rfc8785
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

from ledger.core.envelope import check_envelope, parse_envelope
from ledger.core.signature import key_fingerprint
from ledger.events.catalogue import CATALOGUE
from ledger.events.entry import decode_entry
from tests.examples import example
from tests.golden.bytes_of import PROVEN, PUBLIC, golden_bytes, golden_file

KINDS = sorted(CATALOGUE)


@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_is_written_as_it_always_was(kind: str) -> None:
    assert golden_bytes(kind) == golden_file(kind).read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_golden_entry_reads_back_as_its_event(kind: str) -> None:
    stored = golden_file(kind).read_bytes()
    entry = decode_entry(stored)
    assert entry.event.facts() == example(kind).facts()
    assert entry.kind == kind
    check_envelope(parse_envelope(stored), {key_fingerprint(PUBLIC): PUBLIC})


@pytest.mark.parametrize("kind", KINDS)
def test_securesystemslib_verifies_a_golden_entry(kind: str) -> None:
    stored = json.loads(golden_file(kind).read_bytes())
    keyid = stored["signatures"][0]["keyid"]
    key = SSlibKey(keyid, "ed25519", "ed25519", {"public": PUBLIC.hex()})
    envelope = Envelope.from_dict(stored)
    assert list(envelope.verify([key], 1)) == [keyid]


@pytest.mark.parametrize("kind", KINDS)
def test_a_golden_entry_is_rfc_8785(kind: str) -> None:
    stored = golden_file(kind).read_bytes()
    envelope = json.loads(stored)
    payload = base64.b64decode(envelope["payload"], validate=True)
    assert rfc8785.dumps(envelope) == stored
    assert rfc8785.dumps(json.loads(payload)) == payload


@pytest.mark.parametrize("kind", KINDS)
def test_no_private_text_stands_in_an_entry(kind: str) -> None:
    payload = base64.b64decode(json.loads(golden_file(kind).read_bytes())["payload"])
    for text in example(kind).private_texts().values():
        assert text.encode() not in payload


@pytest.mark.parametrize("kind", KINDS)
def test_in_toto_reads_the_statement(kind: str) -> None:
    from google.protobuf.json_format import Parse
    from in_toto_attestation.v1 import statement_pb2
    from in_toto_attestation.v1.statement import Statement

    payload = base64.b64decode(json.loads(golden_file(kind).read_bytes())["payload"])
    read = Parse(payload, statement_pb2.Statement())
    Statement.copy_from_pb(read).validate()


def test_a_log_that_continues_no_other_begins_as_it_always_did() -> None:
    """The first form of log.created, from before it could name a predecessor."""
    stored = golden_file("log.created.alone").read_bytes()
    event = decode_entry(stored).event
    alone = example("log.created").model_copy(update={"previous": None})
    assert event.facts() == alone.facts()
    assert "previous" not in event.facts()


def test_an_entry_with_the_askers_own_proof_is_written_and_read_as_it_always_was() -> None:
    stored = golden_file("release.approved.signed").read_bytes()
    assert golden_bytes("release.approved", PROVEN) == stored
    payload = base64.b64decode(json.loads(stored)["payload"])
    assert rfc8785.dumps(json.loads(payload)) == payload
    assert decode_entry(stored).proof == PROVEN
    assert decode_entry(golden_file("release.approved").read_bytes()).proof is None


def test_a_report_of_no_sample_is_written_as_it_always_was() -> None:
    """The first form of report.issued, from before it said which environments it is about."""
    stored = golden_file("report.issued.bare").read_bytes()
    event = decode_entry(stored).event
    bare = {"environments": None, "sample": None}
    assert event.facts() == example("report.issued").model_copy(update=bare).facts()
    assert "environments" not in event.facts()


@pytest.mark.parametrize("kind", ["model.registered", "version.registered"])
def test_what_has_no_metadata_is_registered_as_it_always_was(kind: str) -> None:
    """The first form, from before an organisation could ask for fields of its own."""
    event = decode_entry(golden_file(f"{kind}.bare").read_bytes()).event
    assert event.facts() == example(kind).model_copy(update={"metadata": None}).facts()
    assert "metadata" not in event.facts()
