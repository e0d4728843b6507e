"""Random lives of an installation under the policy it ships with: any kind, anybody, much of it bad.

Whatever was let in: the registry rebuilt from the entries is the one kept, the audit finds nothing,
a copy proves itself, and an older database gets everything back from it.
"""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from ledger.audit import audit
from ledger.audit.copied import audit_copy
from ledger.batch import Asked
from ledger.bring_back import bring_back
from ledger.core.note import parse_vkey
from ledger.errors import LedgerError
from ledger.events.actor import Actor
from ledger.events.catalogue import CATALOGUE, read_command
from ledger.events.entry import decode_entry
from ledger.export import export
from ledger.log import open_log
from ledger.mirror import DirectorySource
from ledger.published import LogSource
from ledger.state.history import replay
from ledger.store.database import open_engine, reading
from ledger.store.folded import as_row
from ledger.store.snapshot import take_snapshot
from ledger.store.tables import entry, folded, idempotency
from tests.examples import EXAMPLES
from tests.webui.house import build

if TYPE_CHECKING:
    from ledger.log import Log
    from tests.webui.house import House

ROLES = ("data_scientist", "ml_lead", "compliance", "operations", "pipeline", "auditor")
DIGESTS = ("c0" * 32, "c1" * 32)
NOBODY = "ee" * 16
POOLS: dict[str, tuple[Any, ...]] = {
    "model": ("churn", "churn", "churn", "fraud", "no-such-model"),
    "version": ("1.0.0", "1.0.0", "1.0.0", "1.1.0", "9.9.9"),
    "environment": ("staging", "production"),
    "role": ROLES,
    "artifact": (*[DIGESTS[0]] * 4, DIGESTS[1]),
    "type": ("evaluation_report", "model_card"),
    "task": ("classification", "other"),
    "risk_tier": ("low", "high"),
}
# Whose business a kind is; three times of four they ask.
WHOSE = {
    "model.registered": ("data_scientist",),
    "version.registered": ("data_scientist", "pipeline"),
    "evidence.attached": ("data_scientist", "compliance"),
    "metrics.observed": ("data_scientist", "pipeline"),
    "release.requested": ("data_scientist", "pipeline"),
    "release.approved": ("ml_lead", "compliance"),
    "release.rejected": ("ml_lead", "compliance"),
    "approval.revoked": ("ml_lead", "compliance"),
    "release.withdrawn": ("data_scientist", "pipeline"),
    "deployment.recorded": ("operations", "pipeline"),
    "deployment.rolled_back": ("operations",),
    "deployment.stopped": ("operations",),
    "version.deprecated": ("ml_lead",),
    "version.archived": ("ml_lead",),
}
KINDS = sorted(kind for kind, event in CATALOGUE.items() if not event.written_by_submit)
# What most of a life is made of; the other kinds come as often as one of these.
USUAL = (
    "model.registered", "version.registered", "version.registered", "evidence.attached",
    "metrics.observed", "release.requested", "release.requested", "release.approved",
    "release.approved", "deployment.recorded", "deployment.rolled_back", "actor.enrolled",
)  # fmt: skip
SPOILED = (None, [], {}, "", -1, 2**53 - 1, "x" * 5_000, "\u202e", True)


@st.composite
def commands(draw: st.DrawFn) -> tuple[str, dict[str, Any], str, str, bool]:
    """A kind, its fields, who asks, under which key, and whether it stands alone."""
    kind = draw(st.sampled_from([*USUAL, draw(st.sampled_from(KINDS))]))
    fields = {name: draw_value(draw, name, value) for name, value in EXAMPLES[kind].items()}
    if kind == "version.registered":
        digest = draw(st.sampled_from(DIGESTS))
        fields |= {"artifact": {"sha256": digest, "size_bytes": 1, "format": "onnx"}, "parents": []}
    if draw(st.integers(0, 5)) == 0:
        spoil(draw, fields)
    key = draw(st.sampled_from(["", "", "", "key-1", "key-2"]))
    who = draw(st.sampled_from(["administrator", *ROLES, "nobody"]))
    if draw(st.integers(0, 3)):
        who = draw(st.sampled_from(WHOSE.get(kind, ("administrator",))))
    return kind, fields, who, key, bool(draw(st.integers(0, 3)))


def draw_value(draw: st.DrawFn, name: str, value: Any) -> Any:
    if name in POOLS and isinstance(value, type(POOLS[name][0])):
        return draw(st.sampled_from(POOLS[name]))
    return listed(copy.deepcopy(value))


def listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: listed(item) for key, item in value.items()}
    return [listed(item) for item in value] if isinstance(value, (list, tuple)) else value


def spoil(draw: st.DrawFn, fields: dict[str, Any]) -> None:
    name = draw(st.sampled_from(sorted(fields)))
    kind = draw(st.sampled_from(["drop", "wrong", "unknown"]))
    if kind == "drop":
        del fields[name]
    elif kind == "wrong":
        fields[name] = draw(st.sampled_from(SPOILED))
    else:
        fields["extra"] = 1


def begun(house: House) -> dict[str, str]:
    """People of every role, and a version that may be released; their ids by role."""
    people = {role: house.enrol(role.title(), "", role) for role in ROLES}
    people |= {"administrator": house.administrator, "nobody": NOBODY}
    ana = Actor(id=people["data_scientist"], type="person", via="token")
    for kind in ("model.registered", "version.registered", "evidence.attached"):
        fields = listed(copy.deepcopy(EXAMPLES[kind]))
        fields |= {name: pool[0] for name, pool in POOLS.items() if name in fields}
        if kind == "model.registered":
            fields["owner"] = ana.id
        if kind == "version.registered":
            made = {"sha256": DIGESTS[0], "size_bytes": 1, "format": "onnx"}
            fields |= {"artifact": made, "parents": []}
        receipt = house.wiring.submitter.submit(ana, read_command(kind, fields))
        assert receipt.outcome == "allow", receipt.decision
    return people


def lived(house: House, story: list[Any], middle: Path) -> None:
    """Live it. At its middle the database is copied."""
    people = begun(house)
    submitter, log = house.wiring.submitter, house.wiring.log
    for at, (kind, fields, who, key, alone) in enumerate(story):
        if at == len(story) // 2:
            take_snapshot(log.engine, middle)
        asker = Actor(id=people[who], type="person", via="token")
        known = {"actor_id": people[ROLES[at % len(ROLES)]], "owner": people[ROLES[0]]}
        for name, of in (("release", "release.requested"), ("deployment", "deployment.recorded")):
            known[name] = newest(log, of)
        fields |= {name: value for name, value in known.items() if fields.get(name)}
        size = house.size
        try:
            event = read_command(kind, fields)
            if alone:
                submitter.submit(asker, event, key)
            else:
                submitter.submit_batch(asker, [Asked(event), Asked(event)])
        except LedgerError:
            # A refusal by the policy is an entry; whatever else was refused left nothing.
            assert house.size == size


def newest(log: Log, kind: str) -> int:
    """The number of the newest entry of a kind; 1 where there is none."""
    with reading(log.engine) as connection:
        found = connection.scalar(select(func.max(entry.c.sequence)).where(entry.c.kind == kind))
    return found or 1


def rows(log: Log, table: Any) -> set[tuple[Any, ...]]:
    with reading(log.engine) as connection:
        return {tuple(row) for row in connection.execute(select(table))}


def rebuilt(log: Log) -> dict[tuple[str, str], bytes]:
    history = replay(decode_entry(row.envelope) for row in log.stored())
    found = [as_row(item, as_of) for item, as_of in history.registry.changed()]
    return {(row["kind"], row["key"]): row["value"] for row in found}


def kept(log: Log) -> dict[tuple[str, str], bytes]:
    with reading(log.engine) as connection:
        return {(row.kind, row.key): row.value for row in connection.execute(select(folded))}


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.lists(commands(), min_size=5, max_size=30))
def test_every_life_can_be_rebuilt_audited_copied_and_brought_back(story: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        house = build(folder / "home")
        try:
            log = house.wiring.log
            lived(house, story, folder / "middle.db")
            assert rebuilt(log) == kept(log)
            assert audit(log).problems == []
            copied_and_brought_back(log, folder)
        finally:
            house.wiring.close()


def copied_and_brought_back(log: Log, folder: Path) -> None:
    export(LogSource(log), parse_vkey(log.vkey), folder / "copy")
    source = DirectorySource(folder / "copy")
    assert audit_copy(source, [parse_vkey(log.vkey)]).problems == []
    older = open_log(
        open_engine(f"sqlite:///{folder / 'middle.db'}"), log.name, log.keyring, log.guard
    )
    try:
        bring_back(older, source, lambda *_: None)
        assert (older.head().size, older.head().root) == (log.head().size, log.head().root)
        for table in (entry, folded, idempotency):
            assert rows(older, table) == rows(log, table)
        assert {one.code for one in audit(older).problems} <= {"vault-missing"}
    finally:
        older.engine.dispose()
