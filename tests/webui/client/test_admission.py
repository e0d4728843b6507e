"""Admission receipts: a node without a network takes what is right, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.json_format import ParseDict
from hypothesis import given, settings
from hypothesis import strategies as st
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as StatementPb

from ledger import clock
from ledger.errors import ConflictError
from ledger.events.decision import Decision
from tests.webui.house import build
from tests.webui.seed import live, seed
from webui.admission import Question, Verdict, admission
from webui.cli.main import main
from webui.client.admit import (
    STATEMENT,
    Expected,
    WrongError,
    admit,
    pae,
    read_vkey,
)
from webui.wiring import open_home

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.webui.client.conftest import Command, Served

BYTES = b"weights"
DIGEST = hashlib.sha256(BYTES).hexdigest()
STAGING = Expected(environment="staging", artifact=DIGEST)


@pytest.fixture(scope="module")
def receipt(served: Served) -> bytes:
    served.released("1.0.0", DIGEST)
    found = served.client().gate("churn", "1.0.0", "staging", admission_hours=24)
    assert found.admission is not None
    return found.admission.encode()


def taken(served: Served, receipt: bytes, expected: Expected = STAGING, **by: float) -> Any:
    return admit(receipt, read_vkey(served.vkey), expected, clock.now() + timedelta(**by))


def test_a_receipt_admits_what_was_released(served: Served, receipt: bytes) -> None:
    found = taken(served, receipt)
    assert (found.model, found.version, found.environment) == ("churn", "1.0.0", "staging")
    assert found.release is not None


def test_it_is_a_verification_summary_as_in_toto_reads_it(receipt: bytes) -> None:
    statement = json.loads(base64.b64decode(json.loads(receipt)["payload"]))
    Statement.copy_from_pb(ParseDict(statement, StatementPb())).validate()
    predicate = statement["predicate"]
    needed = {"verifier", "timeVerified", "resourceUri", "policy", "verificationResult"}
    assert needed | {"verifiedLevels"} <= set(predicate)
    assert predicate["verificationResult"] == "PASSED"


@pytest.mark.parametrize(
    ("expected", "why"),
    [
        (replace(STAGING, artifact="00" * 32), "other bytes"),
        (replace(STAGING, environment="production"), "another environment"),
        (replace(STAGING, model="fraud"), "another model"),
        (replace(STAGING, version="1.0.1"), "another version"),
        (replace(STAGING, key="00" * 32), "not the one you gave"),
    ],
)
def test_it_does_not_admit_anything_else(
    served: Served, receipt: bytes, expected: Expected, why: str
) -> None:
    with pytest.raises(WrongError, match=why):
        taken(served, receipt, expected)


def test_it_expires_and_is_not_of_the_future(served: Served, receipt: bytes) -> None:
    taken(served, receipt, hours=23)
    with pytest.raises(WrongError, match="expired"):
        taken(served, receipt, hours=24, minutes=1)
    with pytest.raises(WrongError, match="future"):
        taken(served, receipt, hours=-1)
    with pytest.raises(WrongError, match="older than you allow"):
        taken(served, receipt, replace(STAGING, hours=1), hours=2)


def test_a_log_that_is_not_known_admits_nothing(receipt: bytes) -> None:
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    typed = b"\x01" + public
    origin = json.loads(base64.b64decode(json.loads(receipt)["payload"]))["predicate"][
        "counterseal_admission"
    ]["origin"]
    hint = hashlib.sha256(origin.encode() + b"\n" + typed).hexdigest()[:8]
    stranger = read_vkey(f"{origin}+{hint}+{base64.b64encode(typed).decode()}")
    with pytest.raises(WrongError, match="not signed by the log"):
        admit(receipt, stranger, STAGING, clock.now())


def rewritten(
    receipt: bytes, change: Callable[[dict[str, Any]], None], key: Ed25519PrivateKey
) -> bytes:
    """The receipt with another statement, signed by a key of somebody's own."""
    envelope = json.loads(receipt)
    statement = json.loads(base64.b64decode(envelope["payload"]))
    change(statement)
    payload = json.dumps(statement).encode()
    envelope["payload"] = base64.b64encode(payload).decode()
    sig = base64.b64encode(key.sign(pae(STATEMENT, payload))).decode()
    envelope["signatures"] = [{"keyid": "", "sig": sig}]
    return json.dumps(envelope).encode()


def test_a_forger_without_the_key_changes_nothing(served: Served, receipt: bytes) -> None:
    def later(statement: dict[str, Any]) -> None:
        statement["predicate"]["counterseal_admission"]["expires_at"] = "2099-01-01T00:00:00Z"

    with pytest.raises(WrongError, match="not signed by the log's key"):
        taken(served, rewritten(receipt, later, Ed25519PrivateKey.generate()))


def test_a_thief_of_the_key_can_not_make_a_release_that_never_was(
    served: Served, receipt: bytes
) -> None:
    key = served.company.house.wiring.log.keyring.admissions._key  # type: ignore[union-attr]

    def production(statement: dict[str, Any]) -> None:
        statement["predicate"]["counterseal_admission"]["environment"] = "production"

    def other_bytes(statement: dict[str, Any]) -> None:
        statement["subject"][0]["digest"]["sha256"] = "00" * 32

    def other_origin(statement: dict[str, Any]) -> None:
        statement["predicate"]["counterseal_admission"]["origin"] = "example.org/other"

    def no_entries(statement: dict[str, Any]) -> None:
        statement["predicate"]["counterseal_admission"]["entries"] = []

    cases = (
        (production, replace(STAGING, environment="production"), "no release of these bytes"),
        (other_bytes, replace(STAGING, artifact="00" * 32), "no release of these bytes"),
        (other_origin, STAGING, "another log"),
        (no_entries, STAGING, "named by no entry"),
    )
    for change, expected, why in cases:
        with pytest.raises(WrongError, match=why):
            taken(served, rewritten(receipt, change, key), expected)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_damage_is_ever_taken(data: st.DataObject, served: Served, receipt: bytes) -> None:
    place = data.draw(st.integers(0, len(receipt) - 1))
    cut = data.draw(st.booleans())
    byte = data.draw(st.integers(0, 255).filter(lambda one: one != receipt[place]))
    damaged = receipt[:place] if cut else receipt[:place] + bytes([byte]) + receipt[place + 1 :]
    try:
        found = taken(served, damaged)
    except WrongError:
        return
    # What is not signed, a hint or a space, may change; what is said may not.
    assert found == taken(served, receipt)


def test_the_gate_gives_a_receipt_that_the_commands_check(
    served: Served, receipt: bytes, run: Command, tmp_path: Path
) -> None:
    model, kept = tmp_path / "model", tmp_path / "admission.json"
    model.write_bytes(BYTES)
    pinned = {"COUNTERSEAL_VKEY": served.vkey}
    gate = ("gate", "churn", "1.0.0", "--to", "staging", "--artifact", str(model))
    assert run(*gate, "--admission", str(kept), **pinned).exit_code == 0
    check = ("admission", "verify", str(kept), "--to", "staging", "--artifact", str(model))
    assert run(*check, **pinned).exit_code == 0
    assert run(*check).exit_code == 2
    model.write_bytes(b"other")
    refused = run(*check, **pinned)
    assert refused.exit_code == 1
    assert "NOT ADMITTED: the receipt is for other bytes" in refused.stderr


def test_the_program_stands_alone(
    served: Served, receipt: bytes, run: Command, tmp_path: Path
) -> None:
    program, kept, model = tmp_path / "admit.py", tmp_path / "a.json", tmp_path / "model"
    assert run("admission", "program", "-o", str(program)).exit_code == 0
    kept.write_bytes(receipt)
    model.write_bytes(BYTES)

    def node(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-I", str(program), *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    known = ("--vkey", served.vkey, "--artifact", str(model))
    assert node(str(kept), *known, "--environment", "staging")[0] == 0
    assert node(str(kept), *known, "--environment", "production")[0] == 1
    assert node(str(tmp_path / "none"), *known, "--environment", "staging")[0] == 2
    assert node(str(kept), "--environment", "staging")[0] == 2
    kept.write_bytes(receipt[:-30])
    assert node(str(kept), *known, "--environment", "staging")[0] == 1


def test_what_is_denied_has_no_receipt(served: Served, run: Command, tmp_path: Path) -> None:
    served.registered("1.1.0", "ee" * 32)
    kept = tmp_path / "a.json"
    denied = run("gate", "churn", "1.1.0", "--to", "staging", "--admission", str(kept))
    assert denied.exit_code == 1
    assert not kept.exists()


def test_after_a_rotation_the_new_key_signs_and_the_receipt_carries_its_entry(
    tmp_path: Path,
) -> None:
    house = build(tmp_path / "home")
    lived = live(seed(house))
    settings_, clock_ = house.wiring.settings, house.clock
    house.wiring.close()
    rotate = ["key", "rotate", "admissions", "--home", str(settings_.home)]
    assert CliRunner().invoke(main, rotate).exit_code == 0
    wiring = open_home(settings_, now=clock_)
    first, second = wiring.log.keys.of("admissions")
    running = wiring.reader.running()[0]
    asked = Question(running.model, running.version, running.environment)
    found = Verdict(asked, Decision(outcome="allow", policy="aa" * 32, engine=1), 1, clock_())
    receipt = admission(
        wiring, replace(found, question=replace(asked, artifact=running.artifact)), 1
    )
    expected = Expected(
        environment=running.environment, artifact=running.artifact, key=second.public.hex()
    )
    vkey = read_vkey(wiring.log.vkey)
    assert admit(receipt, vkey, expected, clock_()).release is not None
    with pytest.raises(WrongError):
        admit(receipt, vkey, replace(expected, key=first.public.hex()), clock_())
    assert lived
    wiring.close()


def test_a_log_without_a_key_for_admissions_says_how_to_get_one(tmp_path: Path) -> None:
    house = build(tmp_path / "home")
    house.wiring.log.keyring.admissions = None
    seeded = seed(house)
    state = house.wiring.reader.release(seeded.release)
    asked = Question(state.model, state.version, state.environment, state.artifact)
    found = Verdict(asked, Decision(outcome="allow", policy="aa" * 32, engine=1), 1, house.clock())
    with pytest.raises(ConflictError, match="no key for admission"):
        admission(house.wiring, found, 1)
    house.wiring.close()
