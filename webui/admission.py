"""Whether a version may be deployed now, and the receipt of that for a node without a network.

An admission receipt is a SLSA verification summary (VSA v1) in a DSSE envelope, signed by the
log's key for admissions. It carries what its reader needs to trust it: the checkpoint, and with
their inclusion proofs the entries that name the key, registered the bytes and granted the release.
It expires, because it can't know what happens later.

Sources: SLSA v1.1, "Verification Summary Attestation (VSA)"; in-toto Statement v1; DSSE v1.0.2.
Extension members are named as the specification asks: by the vendor, then the name.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

from ledger.core.digest import hex_digest
from ledger.core.encoding import canonical
from ledger.core.envelope import PAYLOAD_TYPE, seal
from ledger.core.statement import STATEMENT_TYPE
from ledger.errors import ConflictError, IntegrityError
from ledger.events.deployment import DeploymentRecorded
from ledger.events.names import format_instant
from ledger.state.aggregates import ReleaseState, VersionState, number_key
from ledger.state.keys import ADMISSIONS
from ledger.store.database import reading
from ledger.store.entries import read_entries, read_head

if TYPE_CHECKING:
    from datetime import datetime

    from ledger.events.actor import Actor
    from ledger.events.decision import Decision
    from ledger.keys.signer import Signer
    from ledger.log import Log
    from webui.wiring import Wiring

VSA: Final = "https://slsa.dev/verification_summary/v1"
LEVEL: Final = "COUNTERSEAL_ADMITTED"
_SLSA: Final = "1.1"


@dataclass(frozen=True)
class Question:
    """Whether these bytes of a version may be deployed; no bytes: those that were registered."""

    model: str
    version: str
    environment: str
    artifact: str = ""


@dataclass(frozen=True)
class Verdict:
    """What the policy in force says to it, on the first ``size`` entries."""

    question: Question
    decision: Decision
    size: int
    checked_at: datetime


def verdict(wiring: Wiring, actor: Actor, question: Question) -> Verdict:
    """Whether this actor may record the deployment now; nothing is recorded.

    Raises:
        UnknownSubjectError: no such model or version.
        IntegrityError: the ledger contradicts itself, so nothing can be told from it.
    """
    if wiring.log.alarm:
        raise IntegrityError(
            "The ledger is read-only because it does not verify, so nothing is told from it.",
            remedy="The operator finds the cause with `counterseal verify`.",
        )
    with reading(wiring.engine) as connection:
        size = read_head(connection, wiring.log.log_id).size
        known = wiring.reader.registry(connection).version(question.model, question.version)
    asked = replace(question, artifact=question.artifact or known.artifact.sha256)
    decision = wiring.submitter.preview(actor, DeploymentRecorded(**asdict(asked)))
    return Verdict(asked, decision, size, wiring.now())


def admission(wiring: Wiring, found: Verdict, hours: int) -> bytes:
    """The admission receipt of an allowance, good for so many hours: a DSSE envelope.

    Raises:
        ConflictError: ``no-admission-key``: the log has no key for it, or this machine has not.
    """
    log = wiring.log
    signer = _signer(log)
    asked = found.question
    with reading(log.engine) as connection:
        registry = wiring.reader.registry(connection)
        version = registry.version(asked.model, asked.version)
        release = _granted(registry.find(ReleaseState, _release_key(version, asked.environment)))
        note = read_head(connection, log.log_id).checkpoint
    numbers = sorted({*_naming(log, signer), version.since, *release})
    entries = [_entry(log, number, note) for number in numbers]
    until = format_instant(found.checked_at + timedelta(hours=hours))
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [
            {
                "name": f"model:{asked.model}@{asked.version}",
                "digest": {"sha256": asked.artifact},
            }
        ],
        "predicateType": VSA,
        "predicate": {
            "verifier": {
                "id": f"counterseal:{log.origin}",
                "version": {"counterseal": metadata.version("counterseal")},
            },
            "timeVerified": format_instant(found.checked_at),
            "resourceUri": f"counterseal:{log.origin}/models/{asked.model}/versions/"
            f"{asked.version}/environments/{asked.environment}",
            "policy": {
                "uri": f"counterseal:{log.origin}/policy",
                "digest": {"sha256": found.decision.policy},
            },
            "inputAttestations": [
                {
                    "uri": f"counterseal:{log.origin}/entries/{entry['sequence']}",
                    "digest": {"sha256": hex_digest(stored)},
                }
                for entry, stored in entries
            ],
            "verificationResult": "PASSED",
            "verifiedLevels": [LEVEL],
            "slsaVersion": _SLSA,
            "counterseal_admission": {
                "origin": log.origin,
                "model": asked.model,
                "version": asked.version,
                "environment": asked.environment,
                "expires_at": until,
                "checkpoint": note.decode("utf-8"),
                "entries": [entry for entry, _ in entries],
            },
        },
    }
    return seal(canonical(statement), PAYLOAD_TYPE, signer.keyid, signer.sign)


def _signer(log: Log) -> Signer:
    signer = log.keyring.admissions
    if signer is None or log.keys.now(ADMISSIONS) != signer.public:
        raise ConflictError(
            "This log has no key for admission receipts here.",
            code="no-admission-key",
            remedy="The operator makes one with `counterseal key rotate admissions`.",
        )
    return signer


def _naming(log: Log, signer: Signer) -> tuple[int, ...]:
    """The entry that put the key in force."""
    span = next(one for one in log.keys.of(ADMISSIONS) if one.public == signer.public)
    return (span.since,)


def _release_key(version: VersionState, environment: str) -> str:
    return number_key(version.current_releases.get(environment, 0))


def _granted(release: ReleaseState | None) -> tuple[int, ...]:
    if release is None or release.status != "granted" or release.granted is None:
        return ()
    return (release.granted,)


def _entry(log: Log, number: int, note: bytes) -> tuple[dict[str, Any], bytes]:
    with reading(log.engine) as connection:
        stored = read_entries(connection, log.log_id, number, number + 1)[0].envelope
    proof = log.prove_under(number, note)
    told = {
        "sequence": number,
        "envelope": b64encode(stored).decode("ascii"),
        "hashes": [b64encode(one).decode("ascii") for one in proof.hashes],
    }
    return told, stored
