"""What was published and what others added: notes, cosignature lines, time-stamp tokens, words.

Everything but the last word of a witness is inserted once and never changed; to insert it again is
nothing, so that two processes may publish the same log.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from ledger.store.dialect import dialect_of
from ledger.store.tables import cosignature, publication, timestamp, witness_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Table

_SIZES_IN_A_QUERY: Final = 50


@dataclass(frozen=True, slots=True)
class Publication:
    """A checkpoint with the log's own lines, as it was published."""

    size: int
    note: bytes
    published_at: str


@dataclass(frozen=True, slots=True)
class StoredCosignature:
    """A signature line over the published note of ``size``, and whose: name and key id."""

    size: int
    signer: str
    line: bytes
    received_at: str


@dataclass(frozen=True, slots=True)
class StoredWord:
    """What a witness last said, about a checkpoint of ``size``."""

    outcome: str
    size: int
    sentence: str
    said_at: str


@dataclass(frozen=True, slots=True)
class StoredTimestamp:
    """A time-stamp token (RFC 3161, DER) over the published note of ``size``."""

    size: int
    authority: str
    token: bytes
    received_at: str


def insert_publication(connection: Connection, log_id: int, made: Publication) -> None:
    """Keep a published checkpoint; the first of a size stays."""
    _insert_once(connection, publication, {"log_id": log_id, **asdict(made)})


def newest_publication(connection: Connection, log_id: int) -> Publication | None:
    """The largest checkpoint that was published."""
    query = (
        select(publication)
        .where(publication.c.log_id == log_id)
        .order_by(publication.c.size.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else Publication(row.size, row.note, row.published_at)


def read_publication(connection: Connection, log_id: int, size: int) -> Publication | None:
    """The published checkpoint of a size."""
    query = select(publication).where(publication.c.log_id == log_id, publication.c.size == size)
    row = connection.execute(query).first()
    return None if row is None else Publication(row.size, row.note, row.published_at)


def insert_cosignature(connection: Connection, log_id: int, made: StoredCosignature) -> None:
    """Keep a checked line; the first of a signer and size stays."""
    _insert_once(connection, cosignature, {"log_id": log_id, **asdict(made)})


def read_cosignatures(connection: Connection, log_id: int, size: int) -> dict[str, bytes]:
    """The lines that were added to the published checkpoint of a size, by signer, in order."""
    query = (
        select(cosignature.c.signer, cosignature.c.line)
        .where(cosignature.c.log_id == log_id, cosignature.c.size == size)
        .order_by(cosignature.c.signer)
    )
    return {row.signer: row.line for row in connection.execute(query)}


def signed_sizes(
    connection: Connection, log_id: int, signers: Sequence[str]
) -> dict[str, tuple[int, str]]:
    """The largest size that each signer has signed and when its line came."""
    query = (
        select(cosignature.c.signer, func.max(cosignature.c.size).label("size"))
        .where(cosignature.c.log_id == log_id, cosignature.c.signer.in_(signers))
        .group_by(cosignature.c.signer)
        .subquery()
    )
    joined = select(query.c.signer, query.c.size, cosignature.c.received_at).join(
        cosignature,
        (cosignature.c.log_id == log_id)
        & (cosignature.c.signer == query.c.signer)
        & (cosignature.c.size == query.c.size),
    )
    return {row.signer: (row.size, row.received_at) for row in connection.execute(joined)}


def cosigned_sizes(
    connection: Connection, log_id: int, signers: Sequence[str], least: int, below: int
) -> list[tuple[int, frozenset[str]]]:
    """Some of the newest sizes below ``below`` that ``least`` or more of these have signed.

    Newest first, each with who did; empty when there are no more.
    """
    of_these = (cosignature.c.log_id == log_id) & cosignature.c.signer.in_(signers)
    sizes = (
        select(cosignature.c.size)
        .where(of_these, cosignature.c.size < below)
        .group_by(cosignature.c.size)
        .having(func.count() >= least)
        .order_by(cosignature.c.size.desc())
        .limit(_SIZES_IN_A_QUERY)
    )
    found: dict[int, set[str]] = {size: set() for size in connection.execute(sizes).scalars()}
    lines = select(cosignature.c.size, cosignature.c.signer).where(
        of_these, cosignature.c.size.in_(list(found))
    )
    for row in connection.execute(lines):
        found[row.size].add(row.signer)
    return [(size, frozenset(who)) for size, who in found.items()]


def save_word(connection: Connection, log_id: int, signer: str, word: StoredWord) -> None:
    """Remember what a witness last said, instead of what it said before."""
    values = asdict(word)
    statement = dialect_of(connection).insert(witness_word)
    keys = [witness_word.c.log_id, witness_word.c.signer]
    connection.execute(
        statement.on_conflict_do_update(index_elements=keys, set_=values),
        {"log_id": log_id, "signer": signer, **values},
    )


def read_words(connection: Connection, log_id: int) -> dict[str, StoredWord]:
    """What each witness last said, by signer."""
    query = select(witness_word).where(witness_word.c.log_id == log_id)
    return {
        row.signer: StoredWord(row.outcome, row.size, row.sentence, row.said_at)
        for row in connection.execute(query)
    }


def insert_timestamp(connection: Connection, log_id: int, made: StoredTimestamp) -> None:
    """Keep a verified token; the first of an authority and size stays."""
    _insert_once(connection, timestamp, {"log_id": log_id, **asdict(made)})


def newest_timestamps(connection: Connection, log_id: int) -> list[StoredTimestamp]:
    """The newest token of each authority, by its name."""
    newest = (
        select(timestamp.c.authority, func.max(timestamp.c.size).label("size"))
        .where(timestamp.c.log_id == log_id)
        .group_by(timestamp.c.authority)
        .subquery()
    )
    query = (
        select(timestamp)
        .join(
            newest,
            (timestamp.c.authority == newest.c.authority) & (timestamp.c.size == newest.c.size),
        )
        .where(timestamp.c.log_id == log_id)
        .order_by(timestamp.c.authority)
    )
    return [_token(row) for row in connection.execute(query)]


def read_timestamps(connection: Connection, log_id: int, after: int) -> list[StoredTimestamp]:
    """The tokens over trees of more than ``after`` entries, oldest first."""
    query = (
        select(timestamp)
        .where(timestamp.c.log_id == log_id, timestamp.c.size > after)
        .order_by(timestamp.c.size, timestamp.c.authority)
    )
    return [_token(row) for row in connection.execute(query)]


def _token(row: Any) -> StoredTimestamp:
    return StoredTimestamp(row.size, row.authority, row.token, row.received_at)


def _insert_once(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    connection.execute(dialect_of(connection).insert(table).on_conflict_do_nothing(), row)


def read_publications(
    connection: Connection, log_id: int, after: int, limit: int
) -> list[Publication]:
    """Published checkpoints of trees of more than ``after`` entries, smallest first."""
    query = (
        select(publication)
        .where(publication.c.log_id == log_id, publication.c.size > after)
        .order_by(publication.c.size)
        .limit(limit)
    )
    return [Publication(row.size, row.note, row.published_at) for row in connection.execute(query)]


def read_all_cosignatures(
    connection: Connection, log_id: int, size: int
) -> list[StoredCosignature]:
    """Every line that was added to the published checkpoint of a size, by signer."""
    query = (
        select(cosignature)
        .where(cosignature.c.log_id == log_id, cosignature.c.size == size)
        .order_by(cosignature.c.signer)
    )
    return [
        StoredCosignature(row.size, row.signer, row.line, row.received_at)
        for row in connection.execute(query)
    ]
