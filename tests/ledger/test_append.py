"""Statements that are ready become entries like any other: all or none, checked and promised."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ledger import commit
from ledger.append import append_ready
from ledger.audit import audit
from ledger.batch import Asked
from ledger.core.encoding import canonical
from ledger.core.statement import Statement, encode_statement
from ledger.errors import InputError, IntegrityError, LedgerError, OutsideError
from ledger.events.catalogue import read_command
from ledger.events.entry import Request, decode_entry
from ledger.events.ready import prepare
from ledger.query import Reader
from ledger.state.concerns import about, subjects
from ledger.state.fold import Place, fold
from ledger.store.database import reading, writing
from ledger.store.entries import StoredEntry, insert_entries, read_entries
from ledger.store.idempotency import find_keys
from tests.tools.house import Judge, a_version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ledger.events.event import Event
    from ledger.events.ready import Ready
    from ledger.state.registry import Registry
    from tests.tools.house import House

    Fold = Callable[[Registry, Sequence[StoredEntry]], None]


def observation(number: int, version: str = "1.0.0") -> Event:
    metric = {
        "name": "accuracy",
        "value": f"0.{number:03d}",
        "data_set": "live",
        "held_out": True,
        "higher_is_better": True,
    }
    return read_command(
        "metrics.observed",
        {
            "model": "churn",
            "version": version,
            "phase": "monitoring",
            "environment": "production",
            "metrics": [metric],
        },
    )


def statement(house: House, event: Event, key: str = "", **more: Any) -> Ready:
    asked = Asked(event, key)
    with reading(house.log.engine) as connection:
        registry = Reader(house.log).registry(connection)
        request = Request(
            command=asked.command_digest().hex(),
            idempotency_key=asked.key_digest(house.service).hex() if key else None,
        )
        return prepare(
            event,
            more.get("facts", asked.facts),
            house.service,
            about=about(registry, event),
            subjects=subjects(registry, event),
            decision=Judge()(registry, event, house.service, ""),
            request=request,
        )


def folding(events: Sequence[Event]) -> Fold:
    """Folds each event, one after the other."""

    def each(registry: Registry, rows: Sequence[StoredEntry]) -> None:
        for event, row in zip(events, rows, strict=True):
            place = Place(row.sequence, row.recorded_at, row.actor)
            registry.apply(fold(registry, event, place), row.sequence)

    return each


def nothing(registry: Registry, rows: Sequence[StoredEntry]) -> None:
    del registry, rows


def test_ready_statements_become_a_log_that_verifies_and_goes_on(house: House) -> None:
    house.fill()
    size = house.log.head().size
    events = [observation(number) for number in range(300)]
    ready = [statement(house, event) for event in events]
    batches = [ready[:100], [], ready[100:]]
    head = append_ready(house.log, batches, fold=folding(events), now=house.clock())
    assert head == house.log.head()
    assert head.size == size + 300
    guarded = house.log.guard.read(house.log.origin)
    assert guarded is not None
    assert guarded.size == head.size
    receipt = house.submit(observation(7))
    assert receipt.sequence == head.size
    found = audit(house.log)
    assert found.problems == []
    assert found.size == head.size + 1


def test_a_placed_statement_has_the_bytes_of_the_whole_in_canonical_form(house: House) -> None:
    house.fill()
    event = observation(1)
    ready = statement(house, event, "key")
    append_ready(house.log, [[ready]], fold=folding([event]), now=house.clock())
    with reading(house.log.engine) as connection:
        (row,) = read_entries(connection, house.log.log_id, house.log.head().size - 1, 2**40)
    entry = decode_entry(row.envelope)
    text = canonical(house.log.origin)
    for clock in (None, "2026-01-01T00:00:00.000000Z"):
        payload = ready.placed(text, 3, "ab" * 32, "2026-01-02T00:00:00.000000Z", clock)
        predicate: dict[str, Any] = {
            "actor": entry.actor.model_dump(exclude_none=True),
            "event": event.facts(),
            "decision": entry.decision.model_dump(mode="json", exclude_defaults=True)
            if entry.decision
            else {},
            "request": entry.request.model_dump() if entry.request else {},
            "log": {"origin": house.log.origin, "previous": "ab" * 32, "sequence": 3},
            "recorded_at": "2026-01-02T00:00:00.000000Z",
        }
        if clock is not None:
            predicate["clock"] = clock
        whole = Statement(entry.subjects, event.predicate_type(), predicate)
        assert payload == encode_statement(whole)


def test_a_key_of_a_ready_statement_answers_who_asks_again_under_it(house: House) -> None:
    house.fill()
    event = observation(1)
    ready = statement(house, event, "key")
    head = append_ready(house.log, [[ready]], fold=folding([event]), now=house.clock())
    receipt = house.submit(event, "key")
    assert receipt.replayed
    assert receipt.sequence == head.size - 1
    size = house.log.head().size
    with pytest.raises(OutsideError):
        append_ready(house.log, [[ready]], fold=folding([event]), now=house.clock())
    assert house.log.head().size == size


@pytest.mark.parametrize("when", ["fold", "too large", "flipped"])
def test_what_fails_leaves_nothing_behind(
    house: House, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    house.fill()
    before = house.log.head()
    events = [observation(1), observation(2)]
    ready = [statement(house, event, f"key-{at}") for at, event in enumerate(events)]
    expected: type[Exception] = ValueError
    applied: Fold = folding([*events, events[0]])
    if when == "too large":
        facts = canonical({"text": "x" * 60_000})
        ready[1], expected = statement(house, events[1], facts=facts), InputError
    elif when == "flipped":
        checked, expected, applied = commit.check_rows, IntegrityError, nothing

        def flip(keys: Any, rows: Sequence[StoredEntry]) -> None:
            last = rows[-1]
            checked(keys, [*rows[:-1], replace(last, envelope=last.envelope[:-1] + b"?")])

        monkeypatch.setattr(commit, "check_rows", flip)
    with pytest.raises(expected):
        append_ready(house.log, [ready], fold=applied, now=house.clock())
    monkeypatch.undo()
    assert house.log.head() == before
    with reading(house.log.engine) as connection:
        key = Asked(events[0], "key-0").key_digest(house.service)
        assert find_keys(connection, house.log.log_id, [key]) == {}
    assert audit(house.log).problems == []


def test_nothing_is_appended_to_a_ledger_that_is_read_only(sqlite_house: House) -> None:
    house = sqlite_house
    house.fill()
    ready = statement(house, observation(1))
    house.log.alarm = "damaged"
    with pytest.raises(IntegrityError) as refused:
        append_ready(house.log, [[ready]], fold=nothing, now=house.clock())
    assert refused.value.code == "ledger-read-only"


def test_appending_nothing_leaves_the_head(sqlite_house: House) -> None:
    before = sqlite_house.log.head()
    assert append_ready(sqlite_house.log, [[]], fold=nothing, now=sqlite_house.clock()) == before


def test_a_text_that_is_too_long_for_its_column_is_refused_and_not_cut(house: House) -> None:
    """SQLite keeps it as it is, PostgreSQL refuses it; neither stores a part."""
    house.fill()
    with reading(house.log.engine) as connection:
        (row,) = read_entries(connection, house.log.log_id, 0, 1)
    long = replace(row, sequence=99, environment="e" * 65)
    try:
        with writing(house.log.engine) as connection:
            insert_entries(connection, house.log.log_id, [long])
    except LedgerError:
        assert house.log.engine.dialect.name == "postgresql"
        return
    with reading(house.log.engine) as connection:
        assert read_entries(connection, house.log.log_id, 99, 100) == [long]


def test_many_rows_come_back_as_they_were_given(house: House) -> None:
    house.fill()
    with reading(house.log.engine) as connection:
        (row,) = read_entries(connection, house.log.log_id, 0, 1)
    rows = [
        replace(row, sequence=2**40 + number, leaf_hash=bytes([number]) * 32, envelope=text)
        for number, text in enumerate((b"", bytes(range(256)), b"\\x00{},\"'\n" * 9_000))
    ]
    with writing(house.log.engine) as connection:
        insert_entries(connection, house.log.log_id, rows)
        insert_entries(connection, house.log.log_id, [])
    with reading(house.log.engine) as connection:
        assert read_entries(connection, house.log.log_id, 2**40, 2**40 + 9) == rows


def test_a_version_that_is_not_there_can_be_prepared_by_nobody(sqlite_house: House) -> None:
    sqlite_house.fill()
    with pytest.raises(LedgerError):
        statement(sqlite_house, observation(1, "9.9.9"))
    assert statement(sqlite_house, a_version(version="2.0.0")).kind == "version.registered"
