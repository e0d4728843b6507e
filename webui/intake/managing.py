"""Connections made, listed and removed. Secrets are sealed: they are needed again to prove by.

A secret is given out once, when it is made. Whoever a connection speaks for is a workload, so that
the policy says what may come of its deliveries.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import orjson

from ledger.errors import InputError, UnknownSubjectError
from ledger.events.names import format_instant
from ledger.store.connections import (
    Source,
    delete_source,
    insert_source,
    read_source,
    read_sources,
)
from ledger.store.database import reading, writing
from webui.identity.sealing import seal, unseal
from webui.identity.secret import new_secret
from webui.intake.document import NoProof, read_mapping
from webui.intake.shipped import SHIPPED, TYPES

if TYPE_CHECKING:
    from webui.intake.document import Mapping
    from webui.wiring import Wiring

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LEAST_SECRET: Final = 24
_MOST_SECRET: Final = 500
MOST_HOURS: Final = 24 * 366


def add_connection(
    wiring: Wiring,
    name: str,
    type_: str,
    *,
    actor: str,
    by: str,
    secret: str = "",
    document: Any = None,
    silent_hours: int = 24,
) -> str:
    """Make a connection; its secret, drawn where none is given.

    Args:
        wiring: the installation.
        name: what it is called here, and in its address.
        type_: one of ``TYPES``; a generic one needs a document.
        actor: the workload that it speaks for.
        by: who makes it.
        secret: what the source proves itself by.
        document: its own document in place of the shipped one.
        silent_hours: after how many hours without a delivery it is silent; 0 never.

    Raises:
        InputError: a name, type, secret or document that can't be used; the pointer names it.
        ConflictError: there is one of this name.
        UnknownSubjectError: there is no such actor.
    """
    if not _NAME.fullmatch(name):
        raise InputError("This is no short name.", pointer="/name", remedy="Write mlflow-main.")
    if type_ not in TYPES:
        raise InputError(
            "There is no such type of connection.",
            pointer="/type",
            remedy=f"Types are: {', '.join(TYPES)}.",
        )
    if wiring.reader.actor(actor).type != "workload":
        raise InputError(
            "A connection speaks for a workload.", pointer="/actor", remedy="Enrol one on People."
        )
    if document is None and type_ not in SHIPPED:
        raise InputError("A generic connection needs a document.", pointer="/document")
    plain = document if document is not None else SHIPPED[type_]()
    read_mapping(plain)
    if secret and not _LEAST_SECRET <= len(secret) <= _MOST_SECRET:
        raise InputError(
            f"A secret has {_LEAST_SECRET} to {_MOST_SECRET} characters.", pointer="/secret"
        )
    if not 0 <= silent_hours <= MOST_HOURS:
        raise InputError("Write hours, or 0 for never.", pointer="/silent_hours")
    chosen = secret or new_secret()
    made = Source(
        name=name,
        type=type_,
        actor=actor,
        document=orjson.dumps(plain).decode(),
        secret=seal(wiring, "connection", name, chosen.encode()),
        silent_hours=silent_hours,
        created_at=format_instant(wiring.now()),
        created_by=by,
    )
    with writing(wiring.engine) as connection:
        insert_source(connection, wiring.log.log_id, made)
    return chosen


def list_connections(wiring: Wiring) -> list[Source]:
    """All connections, by name."""
    with reading(wiring.engine) as connection:
        return read_sources(connection, wiring.log.log_id)


def get_connection(wiring: Wiring, name: str) -> Source:
    """One connection.

    Raises:
        UnknownSubjectError: there is none of this name.
    """
    with reading(wiring.engine) as connection:
        found = read_source(connection, wiring.log.log_id, name)
    if found is None:
        raise UnknownSubjectError("There is no such connection.", pointer="/name")
    return found


def remove_connection(wiring: Wiring, name: str) -> None:
    """Remove a connection: its address answers nobody any more.

    Raises:
        UnknownSubjectError: there is none of this name.
    """
    with writing(wiring.engine) as connection:
        if not delete_source(connection, wiring.log.log_id, name):
            raise UnknownSubjectError("There is no such connection.", pointer="/name")


def mapping_of(source: Source) -> Mapping:
    """How its deliveries are proved and read."""
    return read_mapping(orjson.loads(source.document))


def secret_of(wiring: Wiring, source: Source) -> str:
    """What it proves itself by.

    Raises:
        OutsideError: ``sealed-damaged``.
    """
    return unseal(wiring, "connection", source.name, source.secret).decode()


def is_unproved(source: Source) -> bool:
    """Whether anybody who reaches the address can say anything."""
    return isinstance(mapping_of(source).proof, NoProof)


def path_of(source: Source) -> str:
    """Where it is posted to."""
    return f"/hooks/{source.type}/{source.name}"
