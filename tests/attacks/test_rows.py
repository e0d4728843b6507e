"""Rows taken away, put in, swapped and doubled, in every table of the ledger."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

from ledger.audit import audit
from ledger.batch import Asked
from tests.attacks.test_matrix import unbelt
from tests.tools.house import House, person


@pytest.fixture
def lived(house: House) -> House:
    house.fill()
    house.submitter.submit_batch(house.service, [Asked(person(f"P{n}")) for n in range(300)])
    unbelt(house.log.engine)
    return house


def run(house: House, *statements: str) -> None:
    engine = create_engine(house.url)
    with engine.begin() as connection:
        for statement in statements:
            assert connection.execute(text(statement)).rowcount >= 1
    engine.dispose()


def copied(table: str, key: str, value: str, where: str, columns: str) -> str:
    """A statement that puts a copy of a row in, with another key."""
    others = [name.strip() for name in columns.split(",")]
    chosen = ", ".join(value if name == key else name for name in others)
    return f"INSERT INTO {table} ({columns}) SELECT {chosen} FROM {table} WHERE {where}"


ENTRY = (
    "log_id, sequence, kind, recorded_at, actor, outcome, model, version, environment, "
    "leaf_hash, envelope"
)

PUT_IN = {
    "an entry beyond the head": (
        (copied("entry", "sequence", "5000", "sequence = 5", ENTRY),),
        ("entry", "rows-outside"),
    ),
    "an entry before the first": (
        (copied("entry", "sequence", "-1", "sequence = 5", ENTRY),),
        ("entry", "rows-outside"),
    ),
    "an entry instead of another": (
        (
            "DELETE FROM entry WHERE sequence = 6",
            copied("entry", "sequence", "6", "sequence = 5", ENTRY),
        ),
        ("entry", "misplaced"),
    ),
    "a tile of a level that the tree has not": (
        (copied("tile", "level", "4", "level = 0", "log_id, level, position, root, hashes"),),
        ("tile", "rows-outside"),
    ),
    "a tile of a negative level": (
        (copied("tile", "level", "-1", "level = 0", "log_id, level, position, root, hashes"),),
        ("tile", "rows-outside"),
    ),
    "a tile beyond the right edge": (
        (copied("tile", "position", "1", "level = 0", "log_id, level, position, root, hashes"),),
        ("tile", "rows-outside"),
    ),
    "a checkpoint beyond the head": (
        (copied("checkpoint", "size", "5000", "size = 6", "log_id, size, note"),),
        ("checkpoint", "rows-outside"),
    ),
    "a checkpoint of a size that was never signed": (
        (copied("checkpoint", "size", "100", "size = 6", "log_id, size, note"),),
        ("checkpoint", "misplaced"),
    ),
    "a registry row of a kind that is none": (
        (
            copied(
                "folded",
                "kind",
                "'ghost'",
                "kind = 'release'",
                "log_id, kind, key, since, as_of, model, version, environment, status, actor, value",
            ),
        ),
        ("folded", "row-wrong"),
    ),
    "a role that nobody gave": (
        (
            copied(
                "folded",
                "key",
                "'administrator2'",
                "kind = 'model'",
                "log_id, kind, key, since, as_of, model, version, environment, status, actor, value",
            ),
        ),
        ("folded", "row-wrong"),
    ),
    "an idempotency key that no entry has": (
        (
            copied(
                "idempotency",
                "key",
                "command",
                "sequence = 4",
                "log_id, key, command, sequence",
            ),
        ),
        ("idempotency", "key-surplus"),
    ),
    "an idempotency key of an entry to come": (
        (
            copied(
                "idempotency", "key", "command", "sequence = 4", "log_id, key, command, sequence"
            ),
            "UPDATE idempotency SET sequence = 5000 WHERE key = command",
        ),
        ("idempotency", "rows-outside"),
    ),
    "a text that its entry is not bound to": (
        (
            copied(
                "vault",
                "field",
                "'reason'",
                "sequence = 2",
                "log_id, sequence, field, subject, sealed",
            ),
        ),
        ("vault", "vault-surplus"),
    ),
    "a text of an entry to come": (
        (
            copied(
                "vault",
                "sequence",
                "5000",
                "sequence = 2",
                "log_id, sequence, field, subject, sealed",
            ),
        ),
        ("vault", "rows-outside"),
    ),
}

TAKEN_AWAY = {
    "an entry in the middle": ("DELETE FROM entry WHERE sequence = 5", ("entry", "gap")),
    "the first entry": ("DELETE FROM entry WHERE sequence = 0", ("entry", "gap")),
    "the last entry": (
        "DELETE FROM entry WHERE sequence = (SELECT max(sequence) FROM entry)",
        ("entry", "entries-missing"),
    ),
    "every entry": ("DELETE FROM entry", ("entry", "entries-missing")),
    "a tile": ("DELETE FROM tile", ("tile", "tile-missing")),
    "the newest checkpoint": (
        "DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint)",
        ("checkpoint", "checkpoint-missing"),
    ),
    "a registry row": ("DELETE FROM folded WHERE kind = 'release'", ("folded", "row-missing")),
    "an idempotency key": (
        "DELETE FROM idempotency WHERE sequence = 4",
        ("idempotency", "key-wrong"),
    ),
    "a private text": ("DELETE FROM vault WHERE sequence = 2", ("vault", "vault-missing")),
    "every key of the vault": ("DELETE FROM vault_key", ("vault", "vault-missing")),
}


def named(house: House) -> set[tuple[str, str]]:
    return {(problem.table, problem.code) for problem in audit(house.log).problems}


@pytest.mark.parametrize("what", PUT_IN)
def test_what_is_put_in_is_named(lived: House, what: str) -> None:
    statements, wanted = PUT_IN[what]
    run(lived, *statements)
    assert wanted in named(lived)


@pytest.mark.parametrize("what", TAKEN_AWAY)
def test_what_is_taken_away_is_named(lived: House, what: str) -> None:
    statement, wanted = TAKEN_AWAY[what]
    run(lived, statement)
    assert wanted in named(lived)


def test_an_older_checkpoint_that_is_gone_is_noticed_by_nobody_and_harms_nobody(
    lived: House,
) -> None:
    """Said plainly: between two checkpoints that stand, one more or less proves nothing else."""
    run(lived, "DELETE FROM checkpoint WHERE size = 6")
    assert named(lived) == set()
