"""Entries are found by what they concern, in both directions, and through an index."""

from __future__ import annotations

import secrets
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, inspect

from ledger.batch import Asked
from ledger.events.catalogue import read_command
from ledger.store.database import reading
from ledger.store.entries import Filter, Matches, count_entries, find_entries, read_entries
from ledger.store.tables import entry
from tests.tools.house import a_model, a_version

if TYPE_CHECKING:
    from ledger.store.entries import StoredEntry
    from tests.tools.house import House

ASKED: dict[str, Any] = {
    "model": "fraud",
    "version": "1.0.0",
    "environment": "production",
    "outcome": "deny",
    "kinds": ("metrics.observed", "version.registered"),
    "since": "2026-11-01T12:00:09",
    "until": "2026-11-01T12:00:16",
}


def filled(house: House) -> list[StoredEntry]:
    """A log of two models, with refusals; everything that it holds."""
    house.fill()
    owner = house.log.entry(2).event.actor_id  # type: ignore[attr-defined]
    house.submit(a_model(owner, "fraud"))
    for version in ("1.0.0", "2.0.0"):
        digest = secrets.token_hex(32)
        house.submit(a_version("fraud", version, digest))
        for environment in ("production", "staging", "production"):
            house.submit(observation("fraud", version, environment))
    house.judge.refused.add("metrics.observed")
    house.submit(observation("fraud", "1.0.0", "production"))
    house.submit(observation("churn", "1.0.0", "staging"))
    with reading(house.log.engine) as connection:
        return read_entries(connection, house.log.log_id, 0, 1_000)


def observation(model: str, version: str, environment: str) -> Any:
    metric = {
        "name": "auc",
        "value": "0.9",
        "data_set": "live",
        "held_out": True,
        "higher_is_better": True,
    }
    of = {"model": model, "version": version, "environment": environment}
    return read_command("metrics.observed", {**of, "phase": "monitoring", "metrics": [metric]})


def matches(row: StoredEntry, wanted: Filter) -> bool:
    columns = ("model", "version", "environment", "actor", "outcome")
    return (
        all(getattr(wanted, name) in {"", getattr(row, name)} for name in columns)
        and (not wanted.kinds or row.kind in wanted.kinds)
        and row.recorded_at >= wanted.since
        and (not wanted.until or row.recorded_at < wanted.until)
    )


def test_whatever_is_asked_together_is_found_newest_or_oldest_first(house: House) -> None:
    rows = filled(house)
    asked = {**ASKED, "actor": house.service.id}
    found = 0
    with reading(house.log.engine) as connection:
        for number in range(len(asked) + 1):
            for names in combinations(asked, number):
                wanted = Filter(**{name: asked[name] for name in names})
                every = [row for row in rows if matches(row, wanted)]
                found += len(every) > 0
                for before, after in ((None, None), (15, None), (None, 15)):
                    got = find_entries(
                        connection, house.log.log_id, wanted, before=before, after=after, limit=3
                    )
                    right = [row for row in every if before is None or row.sequence < before]
                    right = [row for row in right if after is None or row.sequence > after]
                    assert got == (right[:3] if after is not None else right[::-1][:3]), wanted
                told = count_entries(
                    connection, house.log.log_id, wanted, most=9_999, newest=len(rows)
                )
                assert told == Matches(len(every), at_least=False), wanted
    assert found > 50


def test_a_time_beyond_the_log_finds_nothing_or_everything(house: House) -> None:
    rows = filled(house)
    log_id = house.log.log_id
    with reading(house.log.engine) as connection:
        for wanted, number in ((Filter(since="2027"), 0), (Filter(until="2027"), len(rows))):
            got = find_entries(connection, log_id, wanted, before=None, after=None, limit=999)
            assert len(got) == number
            assert count_entries(connection, log_id, wanted, most=999, newest=1).count == number


@pytest.mark.parametrize("name", ASKED)
def test_each_question_alone_is_answered_by_an_index(sqlite_house: House, name: str) -> None:
    house = sqlite_house
    filled(house)
    said: list[tuple[str, Any]] = []

    def listen(*given: Any) -> None:
        said.append((given[2], given[3]))

    wanted = Filter(**{name: ASKED[name]})
    event.listen(house.log.engine, "before_cursor_execute", listen)
    with reading(house.log.engine) as connection:
        find_entries(connection, house.log.log_id, wanted, before=None, after=None, limit=3)
    event.remove(house.log.engine, "before_cursor_execute", listen)
    with reading(house.log.engine) as connection:
        for statement, parameters in said:
            if statement.startswith("SELECT"):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                steps = [row[3] for row in plan]
                assert not any("TEMP B-TREE" in step for step in steps), steps
                assert "(log_id=?)" not in steps[0], steps


MOST_STEPS = 30
RARE = [
    {"environment": "production", "kinds": ("role.granted",)},
    {"kinds": ("metrics.observed",), "actor": "c1" * 16},
    {"model": "fraud", "version": "1.0.0", "actor": "c1" * 16},
    {"model": "fraud", "outcome": "deny"},
    {"model": "none", "environment": "production", "outcome": "allow"},
]


def test_of_several_conditions_the_one_that_fewest_meet_is_looked_up(
    sqlite_house: House,
) -> None:
    """Counted by how often SQLite goes 50 steps, in a log of many observations."""
    house = sqlite_house
    filled(house)
    many = [Asked(observation("fraud", "1.0.0", "production"), str(one)) for one in range(400)]
    house.judge.refused.clear()
    house.submitter.submit_batch(house.service, many)
    for asked in RARE:
        steps: list[int] = []
        wanted = Filter(**asked)
        with reading(house.log.engine) as connection:
            raw: Any = connection.connection.driver_connection
            raw.set_progress_handler(lambda kept=steps: kept.append(1), 50)
            got = find_entries(
                connection, house.log.log_id, wanted, before=None, after=None, limit=50
            )
            raw.set_progress_handler(None, 0)
            rows = read_entries(connection, house.log.log_id, 0, 1_000)
        assert got == [row for row in rows if matches(row, wanted)][::-1][:50]
        assert len(steps) < MOST_STEPS, asked


def test_what_is_served_by_an_index_is_counted_past_the_newest(house: House) -> None:
    rows = filled(house)
    with reading(house.log.engine) as connection:
        for wanted in (
            Filter(model="fraud", version="1.0.0"),
            Filter(outcome="deny"),
            Filter(environment="staging", since="2026"),
        ):
            told = count_entries(connection, house.log.log_id, wanted, most=9_999, newest=1)
            assert told == Matches(sum(matches(row, wanted) for row in rows), at_least=False)
        both = Filter(model="fraud", outcome="deny")
        told = count_entries(connection, house.log.log_id, both, most=9_999, newest=1)
        assert told.at_least


def test_the_indexes_are_those_that_the_tables_speak_of(house: House) -> None:
    there = {index["name"] for index in inspect(house.log.engine).get_indexes("entry")}
    assert there == {index.name for index in entry.indexes}
