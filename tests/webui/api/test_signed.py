"""Requests that a workload signs with its own key: recorded once, kept with the entry, checked again
by the verifier; and every way of bending one is refused."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.audit import audit
from ledger.bundle import make_bundle
from ledger.core.encoding import canonical
from ledger.core.envelope import pae
from ledger.core.rfc4648 import from_base64, to_base64
from ledger.core.signature import key_fingerprint
from ledger.events.catalogue import read_command
from ledger.events.client_key import possession_message
from ledger.events.entry import decode_entry
from ledger.events.names import format_instant
from ledger.events.proof import DsseProof
from ledger.events.request import REQUEST_TYPE
from ledger.state import fold
from tests.webui.api.company import a_model
from tests.webui.house import build
from webui.api.route import DSSE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from werkzeug.test import TestResponse

    from tests.webui.house import House

KINDS = ["model.registered", "deployment.recorded"]


@dataclass
class Machine:
    """A workload with a key that is enrolled."""

    house: House
    actor: str
    key: Ed25519PrivateKey
    models: list[str] | None = None

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    @property
    def keyid(self) -> str:
        return key_fingerprint(self.public)

    def enrolment(self, **more: Any) -> dict[str, Any]:
        origin, public = self.house.wiring.log.origin, self.public.hex()
        return {
            "actor_id": self.actor,
            "public": public,
            "possession": self.key.sign(possession_message(origin, self.actor, public)).hex(),
            "kinds": KINDS,
            "until": "2027-01-01T00:00:00Z",
            **({"models": self.models} if self.models else {}),
            **more,
        }

    def root(self, kind: str, fields: dict[str, Any]) -> TestResponse:
        house = self.house
        return house.api(house.token(house.administrator)).submit(kind, fields)

    def enrolled(self, **more: Any) -> Machine:
        answer = self.root("workload.key_enrolled", self.enrolment(**more))
        assert answer.status_code == 201, answer.text
        return self

    def request(self, model: str, **more: Any) -> dict[str, Any]:
        facts = {**a_model(self.actor, model), **more.pop("event", {})}
        facts.pop("description", None)
        return {
            "log": self.house.wiring.log.origin,
            "actor": self.actor,
            "command": {"kind": "model.registered", "event": facts},
            "expires": format_instant(self.house.clock.at + timedelta(minutes=5)),
            "nonce": secrets.token_urlsafe(24),
            **more,
        }

    def envelope(self, request: dict[str, Any] | bytes, key: Any = None) -> dict[str, Any]:
        payload = request if isinstance(request, bytes) else canonical(request)
        sig = (key or self.key).sign(pae(REQUEST_TYPE, payload))
        return {
            "payload": to_base64(payload),
            "payloadType": REQUEST_TYPE,
            "signatures": [{"keyid": self.keyid, "sig": to_base64(sig)}],
        }

    def send(self, envelope: dict[str, Any]) -> TestResponse:
        return self.house.client().post(
            "/api/v1/events:signed", data=json.dumps(envelope), content_type=DSSE
        )


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    house = build(tmp_path_factory.mktemp("signed") / "home")
    actor = house.enrol("Trainer", "", "pipeline", actor_type="workload")
    yield Machine(house, actor, Ed25519PrivateKey.generate()).enrolled()
    house.wiring.close()


def refused(machine: Machine, envelope: dict[str, Any], code: str, status: int) -> None:
    size = machine.house.size
    answer = machine.send(envelope)
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
    assert machine.house.size == size


def test_a_signed_request_is_recorded_once_and_stands_in_its_entry(machine: Machine) -> None:
    envelope = machine.envelope(machine.request("signed"))
    answer = machine.send(envelope)
    assert answer.status_code == 201, answer.text
    again = machine.send(envelope)
    assert (again.status_code, again.json["sequence"]) == (200, answer.json["sequence"])
    entry = decode_entry(machine.house.wiring.log.entry(answer.json["sequence"]).envelope)
    assert entry.actor.via == "client-key"
    assert isinstance(entry.proof, DsseProof)
    assert entry.proof.envelope.model_dump(mode="json") == envelope
    key = machine.house.wiring.reader.client_key(machine.keyid)
    assert entry.proof.key == key.since
    machine.key.public_key().verify(
        from_base64(entry.proof.envelope.signatures[0].sig),
        pae(REQUEST_TYPE, from_base64(entry.proof.envelope.payload)),
    )
    wiring = machine.house.wiring
    assert audit(wiring.log, redecide=wiring.redecide()).problems == []


def test_a_refusal_by_the_policy_keeps_the_request(machine: Machine) -> None:
    envelope = machine.envelope(machine.request("bad", event={"risk_tier": "prohibited"}))
    answer = machine.send(envelope)
    assert (answer.status_code, answer.json["code"]) == (403, "policy-denied")
    entry = decode_entry(machine.house.wiring.log.entry(answer.json["entry"]).envelope)
    assert isinstance(entry.proof, DsseProof)
    wiring = machine.house.wiring
    assert audit(wiring.log, redecide=wiring.redecide()).problems == []


def test_a_request_that_was_bent_is_refused(machine: Machine) -> None:
    request = machine.request("bent")
    good = machine.envelope(request)
    other = machine.envelope(machine.request("other"))
    for wrong in (
        {**good, "payload": other["payload"]},
        {**good, "signatures": other["signatures"]},
        machine.envelope(request, Ed25519PrivateKey.generate()),
        {**good, "signatures": [{**good["signatures"][0], "keyid": "0" * 64}]},
        {**good, "signatures": [{**good["signatures"][0], "sig": "AAAA"}]},
    ):
        refused(machine, wrong, "request-signature", 401)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"log": "counterseal.example/other/main"}, "request-log"),
        ({"actor": "ab" * 16}, "request-actor"),
        ({"expires": "2026-01-01T00:00:00Z"}, "request-expired"),
        ({"expires": "2029-01-01T00:00:00Z"}, "request-expired"),
    ],
)
def test_a_request_is_for_this_log_this_workload_and_now(
    machine: Machine, change: dict[str, Any], code: str
) -> None:
    refused(machine, machine.envelope(machine.request("elsewhere", **change)), code, 422)


def test_a_nonce_is_of_one_command(machine: Machine) -> None:
    nonce = secrets.token_urlsafe(24)
    first = machine.envelope(machine.request("first", nonce=nonce))
    assert machine.send(first).status_code == 201
    second = machine.envelope(machine.request("second", nonce=nonce))
    refused(machine, second, "idempotency-key-reused", 409)


def test_what_is_not_written_in_one_form_is_refused(machine: Machine) -> None:
    request = machine.request("form")
    loose = json.dumps(request, indent=1).encode()
    refused(machine, machine.envelope(loose), "request-malformed", 422)
    refused(machine, machine.envelope({**request, "more": "x"}), "request-malformed", 422)
    refused(machine, machine.envelope({**request, "nonce": "short"}), "request-malformed", 422)
    refused(machine, machine.envelope(b"[]"), "request-malformed", 422)
    good = machine.envelope(request)
    for wrong in (
        {**good, "payloadType": "application/vnd.in-toto+json"},
        {**good, "signatures": []},
        {**good, "signatures": good["signatures"] * 2},
        {**good, "more": 1},
        {"payload": good["payload"]},
    ):
        assert machine.send(wrong).status_code == 422
    description = machine.request("private")
    description["command"]["event"]["description"] = "Who will leave"
    refused(machine, machine.envelope(description), "request-private", 422)


def test_a_key_reaches_as_far_as_it_was_enrolled_for(machine: Machine) -> None:
    narrow = Machine(
        machine.house, machine.actor, Ed25519PrivateKey.generate(), models=["mine"]
    ).enrolled()
    assert narrow.send(narrow.envelope(narrow.request("mine"))).status_code == 201
    refused(narrow, narrow.envelope(narrow.request("yours")), "key-scope", 409)
    command = {"kind": "version.archived", "event": {"model": "mine", "version": "1.0.0"}}
    refused(narrow, narrow.envelope(narrow.request("mine", command=command)), "key-scope", 409)


def test_a_revoked_key_and_one_past_its_time_sign_nothing(machine: Machine) -> None:
    gone = Machine(machine.house, machine.actor, Ed25519PrivateKey.generate()).enrolled()
    assert gone.root("workload.key_revoked", {"key": gone.keyid}).status_code == 201
    refused(gone, gone.envelope(gone.request("gone")), "request-signature", 401)
    assert gone.root("workload.key_revoked", {"key": gone.keyid}).status_code == 409
    assert gone.root("workload.key_enrolled", gone.enrolment()).status_code == 409
    soon = format_instant(machine.house.clock.at + timedelta(minutes=1))
    short = Machine(machine.house, machine.actor, Ed25519PrivateKey.generate())
    short.enrolled(until=soon)
    machine.house.clock.move(minutes=2)
    refused(short, short.envelope(short.request("late")), "request-key-ended", 422)


def test_a_key_is_enrolled_only_by_whom_it_belongs_to(machine: Machine) -> None:
    other = Machine(machine.house, machine.actor, Ed25519PrivateKey.generate())
    good = other.enrolment()
    person = machine.house.enrol("Ann")
    for wrong, status in (
        ({**good, "public": machine.public.hex()}, 422),
        ({**good, "possession": "00" * 64}, 422),
        ({**good, "public": "01" + "00" * 31}, 422),
        ({**good, "actor_id": person}, 422),
        ({**good, "until": "2020-01-01T00:00:00Z"}, 422),
        (machine.enrolment(), 409),
    ):
        assert other.root("workload.key_enrolled", wrong).status_code == status


def run_verifier(bundle: Path, vkey: str) -> str:
    """What the bundle's own program says, in a Python that sees nothing of this project."""
    with zipfile.ZipFile(bundle) as archive:
        program = bundle.with_name("verify.py")
        program.write_bytes(archive.read("verify.py"))
    command = [sys.executable, "-I", str(program), str(bundle), "--vkey", vkey]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def test_a_forged_request_is_named_by_both_verifiers(machine: Machine, tmp_path: Path) -> None:
    """Whoever holds the log's keys and leaves out the check still can't make it verify."""

    from ledger.batch import Asked
    from ledger.events.actor import Actor

    wiring = machine.house.wiring
    good = machine.send(machine.envelope(machine.request("genuine"))).json["sequence"]
    request = machine.request("forged")
    envelope = machine.envelope(request, Ed25519PrivateKey.generate())
    key = wiring.reader.client_key(machine.keyid)
    proof = DsseProof.model_validate_json(
        json.dumps({"type": "dsse", "key": key.since, "envelope": envelope})
    )
    actor = Actor(id=machine.actor, type="workload", via="client-key", credential=key.keyid[:16])
    event = read_command("model.registered", request["command"]["event"])
    kept, fold.check_signed_request = fold.check_signed_request, lambda *_: None  # type: ignore[assignment]
    try:
        (receipt,) = wiring.submitter.submit_batch(actor, [Asked(event, request["nonce"], proof)])
    finally:
        fold.check_signed_request = kept  # type: ignore[assignment]
    problems = audit(wiring.log).problems
    assert ("request-signature", receipt.sequence) in {(p.code, p.sequence) for p in problems}
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(make_bundle(wiring.log, [receipt.sequence], {}))
    assert "NOT VERIFIED" in run_verifier(bundle, wiring.log.vkey)
    bundle.write_bytes(make_bundle(wiring.log, [good], {}))
    said = run_verifier(bundle, wiring.log.vkey).splitlines()
    assert said[-1] == "verified"
    assert any(f"signed by the key of entry {key.since}" in line for line in said)
