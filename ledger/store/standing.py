"""The state of controls as rows: notes, units, deviations and the turns of verdicts.

Rules:

* The rows are derived from the entries and are evidence of nothing: no report reads them, and they
  can be thrown away and made again.
* The position up to which entries were taken moves with what they changed, in one transaction; of
  two who take the same entries one writes nothing.
* Turns are the only rows that can't be made again as they were: when a verdict turned depends on
  when somebody looked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import bindparam, delete, func, select

from ledger.errors import ConflictError
from ledger.store.dialect import dialect_of
from ledger.store.rows import insert_rows
from ledger.store.tables import standing_deviation as deviation
from ledger.store.tables import standing_note as note
from ledger.store.tables import standing_turn as turn
from ledger.store.tables import standing_unit as unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection, Table

POSITION: Final = "position"
_AT_ONCE: Final = 500

# Built once: making a statement costs more than running it.
_NOTE: Final = select(note.c.value).where(
    note.c.log_id == bindparam("log_id"), note.c.name == bindparam("name")
)
_UNIT: Final = select(unit.c.again, unit.c.value).where(
    unit.c.log_id == bindparam("log_id"), unit.c.name == bindparam("name")
)


@dataclass(frozen=True)
class Deviating:
    """One exception of a piece, or one thing missing, by its last entry and its unit."""

    piece: str
    missing: int
    last: int
    unit: str
    nth: int
    value: Any


@dataclass(frozen=True)
class Turn:
    """A control's verdict turned, as was seen after ``position`` entries, at the last one's time.

    ``before`` is empty where there was none; ``cause`` is ``entries``, or ``program`` where the
    tests themselves are others than before.
    """

    control: str
    position: int
    at: str
    verdict: str
    before: str
    cause: str


def read_note(connection: Connection, log_id: int, name: str) -> Any:
    """A note, or None."""
    value = connection.execute(_NOTE, {"log_id": log_id, "name": name}).scalar()
    return None if value is None else orjson.loads(value)


def read_notes(connection: Connection, log_id: int, prefix: str) -> dict[str, Any]:
    """Every note whose name begins so."""
    query = select(note.c.name, note.c.value).where(
        note.c.log_id == log_id, note.c.name.startswith(prefix, autoescape=True)
    )
    return {row.name: orjson.loads(row.value) for row in connection.execute(query)}


def keep_notes(connection: Connection, log_id: int, notes: Mapping[str, Any]) -> None:
    """Keep notes, in place of those of the same name."""
    rows = [
        {"log_id": log_id, "name": name, "value": orjson.dumps(value)}
        for name, value in notes.items()
    ]
    _replace(connection, note, rows, ("log_id", "name"))


def read_unit(connection: Connection, log_id: int, name: str) -> tuple[str, Any] | None:
    """When to look at a unit again, and its plain values; or None."""
    row = connection.execute(_UNIT, {"log_id": log_id, "name": name}).first()
    return None if row is None else (row.again, orjson.loads(row.value))


def units_due(connection: Connection, log_id: int, instant: str) -> list[str]:
    """Names of the units to be looked at again at or before an instant."""
    query = select(unit.c.name).where(unit.c.log_id == log_id, unit.c.again <= instant)
    return list(connection.execute(query).scalars())


def units_next(connection: Connection, log_id: int, until: str, limit: int) -> list[str]:
    """Names of the units to be looked at again up to an instant, the nearest first."""
    query = (
        select(unit.c.name)
        .where(unit.c.log_id == log_id, unit.c.again <= until)
        .order_by(unit.c.again)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def unit_names(connection: Connection, log_id: int, prefix: str) -> list[str]:
    """Names of the units that begin so."""
    query = select(unit.c.name).where(
        unit.c.log_id == log_id, unit.c.name.startswith(prefix, autoescape=True)
    )
    return list(connection.execute(query).scalars())


def keep_units(
    connection: Connection,
    log_id: int,
    units: Mapping[str, tuple[str, Any]],
    deviations: Iterable[Deviating],
) -> None:
    """Keep units in place of what they were, with all their deviations."""
    names = list(units)
    for at in range(0, len(names), _AT_ONCE):
        some = names[at : at + _AT_ONCE]
        connection.execute(
            delete(deviation).where(deviation.c.log_id == log_id, deviation.c.unit.in_(some))
        )
    rows = [
        {"log_id": log_id, "name": name, "again": again, "value": orjson.dumps(value)}
        for name, (again, value) in units.items()
    ]
    _replace(connection, unit, rows, ("log_id", "name"))
    insert_rows(
        connection,
        deviation,
        [
            (log_id, one.piece, one.missing, one.last, one.unit, one.nth, orjson.dumps(one.value))
            for one in deviations
        ],
    )


def deviations_of(
    connection: Connection,
    log_id: int,
    piece: str,
    *,
    missing: bool,
    limit: int,
    after: tuple[int, str, int] | None = None,
) -> list[Deviating]:
    """Exceptions of a piece, or what is missing, by their last entry; after a place, if given."""
    query = (
        select(deviation)
        .where(
            deviation.c.log_id == log_id,
            deviation.c.piece == piece,
            deviation.c.missing == int(missing),
        )
        .order_by(deviation.c.last, deviation.c.unit, deviation.c.nth)
        .limit(limit)
    )
    if after is not None:
        last, name, nth = after
        query = query.where(
            (deviation.c.last > last)
            | ((deviation.c.last == last) & (deviation.c.unit > name))
            | ((deviation.c.last == last) & (deviation.c.unit == name) & (deviation.c.nth > nth))
        )
    return [_deviating(row) for row in connection.execute(query)]


def deviating_at(
    connection: Connection, log_id: int, pieces: Sequence[str], entries: Sequence[int]
) -> list[Deviating]:
    """What the tests say of items whose last entry is one of these."""
    query = select(deviation).where(
        deviation.c.log_id == log_id,
        deviation.c.piece.in_(pieces),
        deviation.c.missing.in_((0, 1)),
        deviation.c.last.in_(entries),
    )
    return [_deviating(row) for row in connection.execute(query)]


def move_position(connection: Connection, log_id: int, seen: int, position: int) -> None:
    """Move the position on from where it was seen.

    Raises:
        ConflictError: somebody else moved it meanwhile; the transaction must be given up.
    """
    if (read_note(connection, log_id, POSITION) or 0) != seen:
        raise ConflictError("Somebody else keeps the controls up.", code="standing-moved")
    keep_notes(connection, log_id, {POSITION: position})


def forget_state(connection: Connection, log_id: int, *, kept: str) -> None:
    """Throw units, deviations and notes away; notes whose name begins with ``kept`` stay."""
    for table in (unit, deviation):
        connection.execute(delete(table).where(table.c.log_id == log_id))
    connection.execute(
        delete(note).where(note.c.log_id == log_id, ~note.c.name.startswith(kept, autoescape=True))
    )


def keep_turns(connection: Connection, log_id: int, turns: Sequence[Turn]) -> None:
    """Keep turns; one that was seen at the same position before is replaced."""
    rows = [{"log_id": log_id, **vars(one)} for one in turns]
    _replace(connection, turn, rows, ("log_id", "control", "position"))


def turns_of(
    connection: Connection,
    log_id: int,
    *,
    controls: Sequence[str] = (),
    after: int = -1,
    limit: int,
) -> list[Turn]:
    """Turns seen after more than ``after`` entries, the newest first; of some controls, or all."""
    query = select(turn).where(turn.c.log_id == log_id, turn.c.position > after)
    if controls:
        query = query.where(turn.c.control.in_(controls))
    query = query.order_by(turn.c.position.desc(), turn.c.control).limit(limit)
    return [_turn(row) for row in connection.execute(query)]


def verdicts_at(
    connection: Connection, log_id: int, controls: Sequence[str], position: int
) -> dict[str, str]:
    """The verdict that each control had when ``position`` entries were there, if it had any."""
    newest = (
        select(turn.c.control, func.max(turn.c.position).label("position"))
        .where(
            turn.c.log_id == log_id,
            turn.c.control.in_(controls),
            turn.c.position <= position,
        )
        .group_by(turn.c.control)
        .subquery()
    )
    query = select(turn.c.control, turn.c.verdict).join(
        newest,
        (turn.c.control == newest.c.control)
        & (turn.c.position == newest.c.position)
        & (turn.c.log_id == log_id),
    )
    return {row.control: row.verdict for row in connection.execute(query)}


def _deviating(row: Any) -> Deviating:
    value = orjson.loads(row.value)
    return Deviating(row.piece, row.missing, row.last, row.unit, row.nth, value)


def _turn(row: Any) -> Turn:
    return Turn(row.control, row.position, row.at, row.verdict, row.before, row.cause)


def _replace(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    key: tuple[str, ...],
) -> None:
    if not rows:
        return
    statement = dialect_of(connection).insert(table)
    changed = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if column.name not in key
    }
    connection.execute(
        statement.on_conflict_do_update(index_elements=list(key), set_=changed), rows
    )
