"""log, entry, proof, policy: what others need to check by themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ledger.core.checkpoint import parse_checkpoint
from ledger.core.envelope import parse_envelope
from ledger.core.merkle import leaf_hash
from ledger.core.note import check_note, parse_note, parse_vkey
from ledger.core.proof import check_proof, parse_proof
from policies import load_document

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webui.cli.conftest import Run


def test_the_checkpoint_verifies_under_the_verifier_key(installed: Run) -> None:
    note = parse_note(installed("log", "checkpoint").stdout_bytes)
    check_note(note, [parse_vkey(installed("log", "vkey").stdout.strip())])
    assert parse_checkpoint(note.text).size == 2


def test_a_proof_and_the_envelope_are_all_one_needs(installed: Run, tmp_path: Path) -> None:
    file = tmp_path / "1.tlog-proof"
    assert installed("proof", "1", "-o", str(file)).exit_code == 0
    envelope = installed("entry", "1", "--envelope").stdout_bytes
    key = parse_vkey(installed("log", "vkey").stdout.strip())
    assert check_proof(parse_proof(file.read_bytes()), leaf_hash(envelope), [key]).size == 2


def test_a_proof_that_can_not_be_written_is_told(installed: Run, tmp_path: Path) -> None:
    told = installed("proof", "1", "-o", str(tmp_path / "nowhere" / "x"))
    assert told.exit_code == 4
    assert "can't be written" in told.stderr


def test_an_entry_is_told_to_a_person(installed: Run) -> None:
    told = installed("entry", "0").stdout
    assert "Entry     0 of example.org/models" in told
    assert "Kind      log.created" in told
    assert '"origin": "example.org/models"' in told


def test_an_entry_as_json_is_the_signed_statement(installed: Run) -> None:
    said = json.loads(installed("entry", "1", "--json").stdout)
    envelope = parse_envelope(installed("entry", "1", "--envelope").stdout_bytes)
    assert said["statement"] == json.loads(envelope.payload)
    assert said["sequence"] == 1


def test_an_entry_that_is_not_there_is_told(installed: Run, tmp_path: Path) -> None:
    for arguments in (("entry", "99"), ("proof", "99", "-o", str(tmp_path / "x"))):
        told = installed(*arguments)
        assert told.exit_code == 2
        assert "entry" in told.stderr
        assert "Traceback" not in told.stderr
    assert installed("entry", "minus").exit_code == 2


def test_the_policy_in_force_is_printed_with_its_digest(installed: Run) -> None:
    told = installed("policy", "show").stdout
    assert told.startswith("# default, in force since entry 1\n# digest ")
    assert load_document(told, name="printed").id == "default"
