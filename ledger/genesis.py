"""The beginning of a log: its first entries, which no policy could have allowed.

Entry 0 (``log.created``) names the keys, and the log that this one continues, if it does; the
people, machines and roles that come over from there follow; then ``policy.activated`` puts the
first policy in force. From there on, everything is decided.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from ledger.batch import Batch
from ledger.commit import store_batch
from ledger.core.merkle import EMPTY_ROOT
from ledger.errors import ConflictError
from ledger.events.actor import Actor
from ledger.events.catalogue import schema_digest
from ledger.events.entry import FIRST_PREVIOUS
from ledger.events.log import LogCreated, LogKey
from ledger.events.names import format_instant
from ledger.log import Log, open_log
from ledger.state.registry import Registry
from ledger.store.database import writing
from ledger.store.entries import Head, insert_log, lock_head, logs_there

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Engine

    from ledger.events.assurance import PolicyActivated
    from ledger.events.event import Event
    from ledger.events.log import Predecessor
    from ledger.keys.keyring import Keyring
    from ledger.store.guards import Guard


def new_actor_id() -> str:
    """A random id that says nothing about who it is: 128 bits in hexadecimal."""
    return secrets.token_hex(16)


def create_log(
    engine: Engine,
    guard: Guard,
    keyring: Keyring,
    *,
    name: str,
    origin: str,
    policy: PolicyActivated,
    seal_certificate: str,
    generator: str,
    now: datetime,
    service: str = "",
    previous: Predecessor | None = None,
    carried: Sequence[tuple[Actor, Event]] = (),
) -> Log:
    """Begin a log. ``seal_certificate`` is the SHA-256 of the certificate that seals reports.

    A log that continues another says so by ``previous``; then ``carried`` are the people, roles and
    delegations that come over, each with whoever said it, and ``service`` the id under which the
    service acted there.

    Raises:
        ConflictError: a log of this name or origin is there already; nothing is changed.
    """
    with writing(engine) as connection:
        there = logs_there(connection)
        if any(name == known or origin == taken for _, known, taken in there):
            raise ConflictError(
                "A log of this name or origin exists already.",
                code="log-exists",
                remedy="Use it as it is, or choose another home.",
            )
        highest = max((log_id for log_id, _, _ in there), default=0)
        log = Log(engine, highest + 1, name, origin, keyring, guard, service or new_actor_id())
        insert_log(connection, log.log_id, name, origin, _empty_head(log, now))
        old = lock_head(connection, log.log_id)
        batch = Batch(log, connection, old, registry=Registry(), decide=None, now=now)
        actor = Actor(id=log.service, type="service", via="service")
        created = _created(log, seal_certificate, generator)
        batch.write(created.model_copy(update={"previous": previous}), actor)
        for who, event in carried:
            batch.write(event, who)
        batch.write(policy, actor)
        store_batch(log, connection, old, batch)
    log.begin_guard()
    return open_log(engine, name, keyring, guard)


def _created(log: Log, seal_certificate: str, generator: str) -> LogCreated:
    keyring = log.keyring
    return LogCreated(
        origin=log.origin,
        keys=(
            LogKey(use="entries", algorithm="ed25519", public=keyring.entries.public.hex()),
            LogKey(use="checkpoints", algorithm="ed25519", public=keyring.checkpoints.public.hex()),
            LogKey(
                use="cosignatures",
                algorithm="ml-dsa-44",
                public=keyring.cosignatures.public.hex(),
            ),
            *_admissions(keyring),
            LogKey(use="seal", algorithm="x509-sha256", public=seal_certificate),
        ),
        schemas=schema_digest(),
        generator=generator,
    )


def _admissions(keyring: Keyring) -> tuple[LogKey, ...]:
    """The key for admission receipts, where the keyring has one."""
    signer = keyring.admissions
    if signer is None:
        return ()
    return (LogKey(use="admissions", algorithm="ed25519", public=signer.public.hex()),)


def _empty_head(log: Log, now: datetime) -> Head:
    return Head(
        size=0,
        previous=bytes.fromhex(FIRST_PREVIOUS),
        frontier=b"",
        root=EMPTY_ROOT,
        recorded_at=format_instant(now),
        checkpoint=log.sign_checkpoint(0, EMPTY_ROOT),
    )
