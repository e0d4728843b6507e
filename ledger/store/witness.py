"""What a witness remembers, in a SQLite file of its own: its name, its logs, what it has cosigned.

Rules:

* ``Notebook.consider`` reads the largest tree of an origin, decides, and keeps the new one in one
  writing transaction, so that no two requests are granted on two branches;
* the second of a cosignature is taken inside that transaction and never goes back for an origin;
* a file that is not there is never made anew: a witness that forgot would sign a fork;
* of refused checkpoints that a log has signed, the last 100 per origin are kept as evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from ledger.core.merkle import EMPTY_ROOT
from ledger.core.note import Note, format_note, parse_vkey
from ledger.core.witnessing import Known, refusal
from ledger.errors import ConflictError, OutsideError
from ledger.store.database import open_engine, reading, writing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection

    from ledger.core.note import Vkey
    from ledger.core.witnessing import AddCheckpoint, Refusal

FILE: Final = "witness.db"
MOST_EVIDENCE: Final = 100

_metadata: Final = MetaData()

_identity: Final = Table("identity", _metadata, Column("name", String(255), primary_key=True))

_log_key: Final = Table(
    "log_key",
    _metadata,
    Column("origin", Text, primary_key=True),
    Column("vkey", Text, primary_key=True),
)

_seen: Final = Table(
    "seen",
    _metadata,
    Column("origin", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("second", BigInteger, nullable=False),
    Column("note", LargeBinary, nullable=False),
    Column("lines", LargeBinary, nullable=False),
)

_evidence: Final = Table(
    "evidence",
    _metadata,
    Column("number", Integer, primary_key=True),
    Column("origin", Text, nullable=False),
    Column("known_size", BigInteger, nullable=False),
    Column("known_root", LargeBinary(32), nullable=False),
    Column("second", BigInteger, nullable=False),
    Column("note", LargeBinary, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """The largest checkpoint of a log that was granted, when, and the lines given for it.

    ``lines`` is empty between the keeping of the checkpoint and its signing.
    """

    size: int
    root: bytes
    second: int
    note: bytes
    lines: bytes


class Notebook:
    """The memory of one witness. Safe from several threads and processes."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise OutsideError(
                f"There is no witness's memory at {path}.",
                remedy="Run `counterseal witness init` for a new witness. One whose memory is lost "
                "must never sign under its old key again.",
                code="witness-missing",
            )
        self._engine = open_engine(f"sqlite:///{path}")

    @classmethod
    def create(cls, path: Path, name: str) -> Notebook:
        """A new, empty memory.

        Raises:
            ConflictError: there is one already.
        """
        try:
            path.touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            raise ConflictError(
                "This folder holds a witness already.",
                code="witness-exists",
                remedy="Use it as it is, or name another folder.",
            ) from None
        made = cls(path)
        with writing(made._engine) as connection:
            _metadata.create_all(connection)
            connection.execute(insert(_identity).values(name=name))
        return made

    @property
    def name(self) -> str:
        """The witness's name."""
        with reading(self._engine) as connection:
            name: str | None = connection.execute(select(_identity.c.name)).scalar()
        if name is None:
            raise OutsideError("The witness's memory has no name.", code="witness-missing")
        return name

    def trust(self, key: Vkey) -> bool:
        """Trust a key for the origin that is its name; False if it is trusted already."""
        with writing(self._engine) as connection:
            if key in _keys(connection, key.name):
                return False
            connection.execute(insert(_log_key).values(origin=key.name, vkey=str(key)))
        return True

    def logs(self) -> list[tuple[str, int]]:
        """The logs that are known, each with the size of the largest tree that was granted."""
        query = (
            select(_log_key.c.origin, func.coalesce(func.max(_seen.c.size), 0))
            .join(_seen, _seen.c.origin == _log_key.c.origin, isouter=True)
            .group_by(_log_key.c.origin)
            .order_by(_log_key.c.origin)
        )
        with reading(self._engine) as connection:
            return [(origin, size) for origin, size in connection.execute(query)]

    def seen(self, origin: str) -> Seen | None:
        """The largest checkpoint of an origin that was granted."""
        with reading(self._engine) as connection:
            return _read(connection, origin)

    def consider(self, request: AddCheckpoint, now: Callable[[], int]) -> Refusal | Seen:
        """Decide on a request and, where it is granted, keep its checkpoint. Durable on return.

        Args:
            request: as it was read.
            now: the present second since 1970; asked while nobody else can decide.
        """
        origin = request.checkpoint.origin
        with writing(self._engine) as connection:
            before = _read(connection, origin)
            known = Known(before.size, before.root) if before else Known(0, EMPTY_ROOT)
            second = max(now(), before.second if before else 1)
            keys = _keys(connection, origin)
            refused = refusal(request, keys, known)
            if refused is not None:
                if refused.split:
                    _keep_evidence(connection, request, known, keys, second)
                return refused
            granted = Seen(
                request.checkpoint.size,
                request.checkpoint.root,
                second,
                format_note(_by_known_keys(request, keys)),
                b"",
            )
            connection.execute(delete(_seen).where(_seen.c.origin == origin))
            connection.execute(insert(_seen).values(origin=origin, **_columns(granted)))
        return granted

    def keep_lines(self, origin: str, granted: Seen, lines: bytes) -> None:
        """Keep the lines that were given for a checkpoint, unless a newer one was granted since."""
        with writing(self._engine) as connection:
            connection.execute(
                update(_seen)
                .where(
                    _seen.c.origin == origin,
                    _seen.c.size == granted.size,
                    _seen.c.root == granted.root,
                    _seen.c.second == granted.second,
                )
                .values(lines=lines)
            )

    def evidence(self, origin: str) -> list[tuple[Known, bytes]]:
        """Refused checkpoints of a log, oldest first, each with what was known when it came."""
        query = select(_evidence).where(_evidence.c.origin == origin).order_by(_evidence.c.number)
        with reading(self._engine) as connection:
            return [
                (Known(row.known_size, row.known_root), row.note)
                for row in connection.execute(query)
            ]

    def close(self) -> None:
        """Give back connections."""
        self._engine.dispose()


def _columns(seen: Seen) -> dict[str, object]:
    return {
        "size": seen.size,
        "root": seen.root,
        "second": seen.second,
        "note": seen.note,
        "lines": seen.lines,
    }


def _read(connection: Connection, origin: str) -> Seen | None:
    row = connection.execute(select(_seen).where(_seen.c.origin == origin)).first()
    return None if row is None else Seen(row.size, row.root, row.second, row.note, row.lines)


def _keys(connection: Connection, origin: str) -> list[Vkey]:
    query = select(_log_key.c.vkey).where(_log_key.c.origin == origin)
    return [parse_vkey(text) for text in connection.execute(query).scalars()]


def _by_known_keys(request: AddCheckpoint, keys: list[Vkey]) -> Note:
    """The checkpoint with the lines of its log alone; strangers may add as many as they like."""
    known = {(key.name, key.key_id) for key in keys}
    lines = (line for line in request.note.signatures if (line.name, line.key_id) in known)
    return Note(request.note.text, tuple(lines))


def _keep_evidence(
    connection: Connection, request: AddCheckpoint, known: Known, keys: list[Vkey], second: int
) -> None:
    origin = request.checkpoint.origin
    connection.execute(
        insert(_evidence).values(
            origin=origin,
            known_size=known.size,
            known_root=known.root,
            second=second,
            note=format_note(_by_known_keys(request, keys)),
        )
    )
    newest = (
        select(_evidence.c.number)
        .where(_evidence.c.origin == origin)
        .order_by(_evidence.c.number.desc())
        .limit(MOST_EVIDENCE)
    )
    connection.execute(
        delete(_evidence).where(_evidence.c.origin == origin, _evidence.c.number.not_in(newest))
    )
