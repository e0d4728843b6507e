"""Random histories: whatever was let in, the registry rebuilt from the entries is the one kept."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.audit import audit
from ledger.batch import Asked
from ledger.errors import LedgerError
from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from ledger.state.history import replay
from tests.tools.house import House, build

MODELS = ("churn", "fraud")
VERSIONS = ("1.0.0", "1.1.0", "2.0.0+a")
PLACES = ("staging", "production")
PEOPLE = ("aa" * 16, "bb" * 16)
DIGESTS = {name: f"{number}c" * 32 for number, name in enumerate(VERSIONS)}

models = st.sampled_from(MODELS)
versions = st.sampled_from(VERSIONS)
places = st.sampled_from(PLACES)
numbers = st.integers(2, 40)


def fixed(kind: str, **fields: Any) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """Commands of a kind, with the fields that strategies give."""
    return st.fixed_dictionaries(fields).map(lambda found: (kind, found))


def a_version(model: str, version: str, parameters: dict[str, str]) -> tuple[str, dict[str, Any]]:
    fields = {"model": model, "version": version, "parameters": parameters}
    artifact = {"sha256": DIGESTS[version], "size_bytes": 1, "format": "onnx"}
    return "version.registered", {
        **fields,
        "artifact": artifact,
        "trained_at": "2026-01-01T00:00:00Z",
    }


def metrics(value: int) -> list[dict[str, Any]]:
    number = f"0.{value}"
    common = {"data_set": "holdout", "held_out": True, "higher_is_better": True}
    return [{"name": name, "value": number, **common} for name in ("z", "a")]


described = st.just("semantic")
commands = st.one_of(
    fixed(
        "model.registered",
        model=models,
        version_scheme=described,
        task=st.just("other"),
        risk_tier=st.sampled_from(["low", "high"]),
        purposes=st.just(["use"]),
        owner=st.sampled_from(PEOPLE),
        description=st.none() | st.just("words of a person"),
    ),
    st.builds(
        a_version,
        models,
        versions,
        st.dictionaries(st.sampled_from(["z", "a", "m"]), st.sampled_from(["1", "2"])),
    ),
    fixed(
        "evidence.attached",
        model=models,
        version=versions,
        type=st.sampled_from(["card", "evaluation_report"]),
        sha256=st.sampled_from(["d0" * 32, "d1" * 32]),
        size_bytes=st.just(1),
        media_type=st.just("text/plain"),
        title=st.just("Words"),
    ),
    fixed(
        "metrics.observed",
        model=models,
        version=versions,
        phase=st.sampled_from(["evaluation", "monitoring"]),
        environment=places,
        metrics=st.integers(1, 9).map(metrics),
    ),
    fixed("release.requested", model=models, version=versions, environment=places),
    fixed(
        "release.approved",
        release=numbers,
        artifact=st.sampled_from(list(DIGESTS.values())),
        comment=st.none() | st.just("Fine"),
    ),
    fixed(
        "release.rejected",
        release=numbers,
        artifact=st.sampled_from(list(DIGESTS.values())),
        reason=st.just("No"),
    ),
    fixed("release.withdrawn", release=numbers),
    fixed("rejection.lifted", rejection=numbers, reason=st.just("Settled")),
    fixed("approval.revoked", release=numbers, reason=st.just("A second look")),
    fixed(
        "deployment.recorded",
        model=models,
        version=versions,
        environment=places,
        artifact=st.sampled_from(list(DIGESTS.values())),
        region=st.none() | st.just("eu"),
    ),
    fixed(
        "deployment.rolled_back",
        model=models,
        version=versions,
        environment=places,
        artifact=st.sampled_from(list(DIGESTS.values())),
        cause=st.just("quality"),
        reason=st.just("Bad"),
    ),
    fixed("deployment.stopped", model=models, environment=places, deployment=numbers),
    fixed(
        "version.deprecated",
        model=models,
        version=versions,
        cause=st.just("quality"),
        effective_on=st.just("2026-05-01"),
        reason=st.just("Weak"),
    ),
    fixed("version.archived", model=models, version=versions),
    fixed(
        "role.granted",
        actor_id=st.sampled_from(PEOPLE),
        role=st.sampled_from(["ml_lead", "auditor"]),
    ),
    fixed(
        "role.revoked",
        actor_id=st.sampled_from(PEOPLE),
        role=st.sampled_from(["ml_lead", "auditor"]),
    ),
)
refusals = st.sets(st.sampled_from(["release.granted", "version.archived", "release.approved"]))


def live_rows(house: House) -> dict[tuple[str, str], bytes]:
    from ledger.store import folded
    from ledger.store.database import reading

    with reading(house.log.engine) as connection:
        rows = folded.read_rows(connection, house.log.log_id, ("", ""), 10_000)
    return {(row["kind"], row["key"]): row["value"] for row in rows}


def rebuilt_rows(house: House) -> dict[tuple[str, str], bytes]:
    from ledger.events.entry import decode_entry
    from ledger.store.folded import as_row

    history = replay(decode_entry(row.envelope) for row in house.log.stored())
    rows = [as_row(item, as_of) for item, as_of in history.registry.changed()]
    return {(row["kind"], row["key"]): row["value"] for row in rows}


def seeded(house: House) -> None:
    """People, and models with versions to begin with, so that most commands can happen."""
    for person in PEOPLE:
        fields = {"actor_id": person, "actor_type": "person", "name": "Somebody"}
        house.submit(read_command("actor.enrolled", fields))
    model = {"model": "churn", "version_scheme": "semantic", "task": "other", "risk_tier": "low"}
    house.submit(
        read_command("model.registered", {**model, "purposes": ["use"], "owner": PEOPLE[0]})
    )
    house.submit(read_command(*a_version("churn", "1.0.0", {"z": "1", "a": "2"})))


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.tuples(st.lists(commands, min_size=1, max_size=4), refusals), max_size=25),
    st.data(),
)
def test_the_rebuilt_registry_is_the_live_one(
    story: list[tuple[list[tuple[str, dict[str, Any]]], set[str]]], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        house = build(f"sqlite:///{folder}/ledger.db", Path(folder))
        try:
            seeded(house)
            for batch, refused in story:
                house.judge.refused = set(refused)
                asker = Actor(id=data.draw(st.sampled_from(PEOPLE)), type="person", via="token")
                asked = [
                    Asked(read_command(kind, {k: v for k, v in fields.items() if v is not None}))
                    for kind, fields in batch
                ]
                size = house.log.head().size
                try:
                    house.submitter.submit_batch(asker, asked)
                except LedgerError:
                    assert house.log.head().size == size
            assert rebuilt_rows(house) == live_rows(house)
            assert audit(house.log).problems == []
        finally:
            house.submitter.close()
            house.log.engine.dispose()
            house.log.guard.close()
