"""Replay: every decision of a real ledger comes out again, and what was written falsely does not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ledger.errors import LedgerError
from ledger.events.actor import Actor
from ledger.events.release import ReleaseGranted
from ledger.state.pack import pack_of
from ledger.state.redecide import DIFFERS, IMPOSSIBLE, NOT_KEPT
from ledger.store.database import reading
from policies.replay import replay
from tests.past import Past, begun, past_of_everything, registered
from tests.world import DIGEST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.events.entry import Entry
    from policies.replay import Replayed


@pytest.fixture(scope="module")
def past() -> Past:
    return past_of_everything()


def test_every_decision_of_a_ledger_comes_out_again(past: Past) -> None:
    again = list(replay(past.entries))
    assert {one.code for one in again} == {"", NOT_KEPT}
    decided = [entry for entry in past.entries if entry.decision is not None]
    assert [one.entry for one in again] == decided
    assert len(decided) > 30


def test_refusals_about_known_things_are_decided_again(past: Past) -> None:
    again = {one.entry.sequence: one for one in replay(past.entries)}
    refused = {e.event.attempted: e.sequence for e in past.entries if e.kind == "access.denied"}
    for attempted in (
        "release.approved",
        "deployment.recorded",
        "version.archived",
        "role.granted",
    ):
        assert again[refused[attempted]].code == "", attempted
    assert again[refused["actor.enrolled"]].code == NOT_KEPT


def test_a_refused_vote_that_names_what_was_shown_is_decided_again(tmp_path: Path) -> None:
    past = begun(tmp_path)
    of = {"model": "churn", "version": "1.0.0"}
    registered(past, of)
    release = past.do("ci", "release.requested", **of, environment="staging")
    with reading(past.wiring.engine) as connection:
        registry = past.wiring.reader.registry(connection)
        pack = pack_of(registry, registry.release(release)).digest()
    refused = past.do("ana", "release.approved", release=release, artifact=DIGEST, pack=pack)
    entries = past.read()
    past.wiring.close()
    again = {one.entry.sequence: one for one in replay(entries)}
    assert entries[refused].kind == "access.denied"
    assert again[refused].code == ""


def test_it_still_comes_out_after_the_policy_changed_twice(past: Past) -> None:
    changes = [entry for entry in past.entries if entry.kind == "policy.activated"]
    assert len(changes) == 3
    assert all(one.code in {"", NOT_KEPT} for one in replay(past.entries))


def altered(past: Past, place: int, **changed: object) -> list[Entry]:
    entries = list(past.entries)
    entries[place] = replace(entries[place], **changed)
    return entries


def verdict(entries: list[Entry], place: int) -> Replayed:
    return next(one for one in replay(entries) if one.entry.sequence == place)


def test_an_allowance_that_no_policy_gave_is_named_by_its_requirement(past: Past) -> None:
    place = next(e.sequence for e in past.entries if isinstance(e.event, ReleaseGranted))
    decision = past.entries[place].decision
    assert decision is not None
    review = next(item for item in decision.results if item.requirement == "review")
    forged = review.model_copy(update={"by": (1, 2)})
    results = tuple(forged if item is review else item for item in decision.results)
    entries = altered(past, place, decision=decision.model_copy(update={"results": results}))
    found = verdict(entries, place)
    assert found.code == DIFFERS
    assert [(one.gate, one.requirement) for one in found.differences] == [(review.gate, "review")]
    assert '"by":[1,2]' in found.differences[0].recorded
    assert found.differences[0].found != found.differences[0].recorded
    assert f"{review.gate}/review" in found.sentence


def test_another_actor_gives_another_decision(past: Past) -> None:
    place = next(e.sequence for e in past.entries if e.kind == "deployment.recorded")
    other = Actor(id="99" * 16, type="person", via="password")
    assert verdict(altered(past, place, actor=other), place).code == DIFFERS


def test_another_outcome_is_told_apart(past: Past) -> None:
    place = next(e.sequence for e in past.entries if e.kind == "model.registered")
    decision = past.entries[place].decision
    assert decision is not None
    changed = decision.model_copy(update={"outcome": "deny"})
    found = verdict(altered(past, place, decision=changed), place)
    assert [one.requirement for one in found.differences] == ["outcome"]


def test_a_decision_of_an_engine_that_is_not_here_is_never_called_good(past: Past) -> None:
    place = next(e.sequence for e in past.entries if e.kind == "model.registered")
    decision = past.entries[place].decision
    assert decision is not None
    future = decision.model_copy(update={"engine": 999})
    found = verdict(altered(past, place, decision=future), place)
    assert found.code == IMPOSSIBLE
    assert "engine 999 is not present" in found.sentence


def test_what_a_policy_that_cant_be_read_decided_is_never_called_good(past: Past) -> None:
    event = past.entries[1].event
    broken = event.model_copy(update={"document": {**event.document, "format": "policy/9"}})
    codes = {one.code for one in replay(altered(past, 1, event=broken))}
    assert IMPOSSIBLE in codes
    assert "" in codes  # what the later policies decided


def test_a_refusal_whose_command_is_not_known_must_name_what_its_policy_asks(past: Past) -> None:
    place = next(
        e.sequence
        for e in past.entries
        if e.kind == "access.denied" and e.event.attempted == "actor.enrolled"
    )
    decision = past.entries[place].decision
    assert decision is not None
    strange = decision.results[0].model_copy(update={"requirement": "never-asked"})
    changed = decision.model_copy(update={"results": (strange, *decision.results[1:])})
    found = verdict(altered(past, place, decision=changed), place)
    assert found.code == DIFFERS
    assert found.differences[0].requirement == "never-asked"


def test_a_refused_command_is_recognised_by_its_digest_alone(past: Past) -> None:
    place = next(
        e.sequence
        for e in past.entries
        if e.kind == "access.denied" and e.event.attempted == "release.approved"
    )
    event = past.entries[place].event.model_copy(update={"command": "00" * 32})
    assert verdict(altered(past, place, event=event), place).code == NOT_KEPT


def test_replay_reads_no_more_than_one_entry_ahead(past: Past) -> None:
    taken = []

    def source() -> Iterator[Entry]:
        for entry in past.entries:
            taken.append(entry.sequence)
            yield entry

    found = replay(source())
    first = next(found)
    assert taken[-1] == first.entry.sequence


def test_a_past_needs_its_beginning(past: Past) -> None:
    with pytest.raises(LedgerError):
        list(replay(past.entries[6:]))
