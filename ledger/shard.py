"""A log that continues another: the next year's, or the way out of one that can't go on.

* Without a loss, the old log's last entry is ``log.frozen`` and names the new one; the new one's
  entry 0 holds the old log's last checkpoint.
* With a loss (an older copy was put back, entries are damaged, and no copy anywhere holds them) the
  old log takes no entry more, because it would fork what was promised. Entry 0 of the new log holds
  the last checkpoint of the old one that still verifies, and what had been promised beyond it.

Both take over people, roles, delegations, publishers, keys and policy (``ledger.carried``). The new
log has a name, an origin and keys of its own; the old one still verifies, is served and exported.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.audit import audit
from ledger.carried import carried_over
from ledger.core.checkpoint import parse_checkpoint
from ledger.core.note import parse_note
from ledger.errors import ConflictError, IntegrityError
from ledger.events.log import Loss, Predecessor
from ledger.events.names import format_instant
from ledger.genesis import create_log
from ledger.store.database import reading
from ledger.store.entries import checkpoint_covering

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from ledger.core.checkpoint import Checkpoint
    from ledger.keys.keyring import Keyring
    from ledger.log import Log

    Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Plan:
    """A log to begin: ``seal_certificate`` and ``generator`` as for the first one."""

    name: str
    origin: str
    keyring: Keyring
    seal_certificate: str
    generator: str
    now: datetime


@dataclass(frozen=True)
class Promise:
    """A tree head that was promised, its signed note (or empty), and who kept it."""

    size: int
    root: bytes
    note: bytes
    source: str


def continue_frozen(old: Log, plan: Plan) -> Log:
    """Begin the log that continues a frozen one.

    Raises:
        ConflictError: ``log-not-frozen``; ``log-exists``; it names another successor.
        IntegrityError: the old log is read-only; see ``continue_with_loss``.
    """
    if old.alarm:
        raise IntegrityError(
            f"The log to continue is read-only: {old.alarm}",
            code="ledger-read-only",
            remedy="Bring back what is missing (`counterseal log import`); if no copy holds it, "
            "state the loss: `counterseal log shard --with-loss`.",
        )
    old.learn_successor()
    named = old.successor
    if named != plan.origin:
        raise ConflictError(
            f"The log to continue names {named} as its successor."
            if named
            else "The log to continue is not frozen.",
            code="log-not-frozen",
            remedy="Freeze it first: `counterseal log freeze`.",
        )
    return _begin(old, plan, old.head().checkpoint, None)


def continue_with_loss(
    old: Log, plan: Plan, progress: Progress, *, promised: bytes | None = None
) -> Log:
    """Begin the log that continues one that can't go on, and state what is lost.

    Args:
        old: the log, open with an alarm.
        plan: the log to begin.
        progress: is told how far the verification of the old log is.
        promised: a checkpoint of the old log that somebody holds (a witness, a receipt), where it
            reaches further than the guard.

    Raises:
        ConflictError: ``log-goes-on``: the log takes entries; ``log-exists``.
        IntegrityError: ``nothing-trusted``: no checkpoint of it verifies.
        CheckpointError, SignatureError: ``promised`` is no checkpoint of it.
        OutsideError: ``guard-failed``: what the guard promised is not known at the moment.
    """
    if not old.alarm:
        raise ConflictError(
            "This log takes entries, so nothing is lost.",
            code="log-goes-on",
            remedy="Freeze it: `counterseal log freeze`.",
        )
    found = audit(old, progress)
    with reading(old.engine) as connection:
        note = checkpoint_covering(connection, old.log_id, found.trusted_size - 1)
    if not found.trusted_size or note is None:
        raise IntegrityError(
            "No checkpoint of this log verifies, so there is nothing to continue.",
            code="nothing-trusted",
            remedy="Put a backup back first: `counterseal restore`.",
        )
    tree = old.read_checkpoint(note)
    ours = Promise(tree.size, tree.root, note, "checkpoint")
    return _begin(old, plan, note, _loss(old, tree, [ours, *_promises(old, promised)]))


def _promises(old: Log, promised: bytes | None) -> list[Promise]:
    found = []
    try:
        guarded = old.guard.read(old.origin)
    except IntegrityError:
        guarded = None  # a damaged guard promises nothing that could be told
    if guarded is not None:
        note = guarded.checkpoint.encode("utf-8")
        found.append(Promise(guarded.size, guarded.root, note, "guard"))
    if promised is not None:
        tree = old.read_checkpoint(promised)
        found.append(Promise(tree.size, tree.root, promised, "checkpoint"))
    return found


def _loss(old: Log, tree: Checkpoint, promises: Sequence[Promise]) -> Loss:
    """From where on entries are lost: all of a history that can't be shown to have been ours."""
    with reading(old.engine) as connection:
        others = [
            one
            for one in promises
            if one.size <= tree.size and old.root_at(connection, one.size) != one.root
        ]
    most = max(others or promises, key=lambda one: one.size)
    since = 0 if others else tree.size
    return Loss(
        since=since,
        promised_size=most.size,
        promised_root=most.root.hex(),
        checkpoint=base64.b64encode(most.note).decode("ascii") if most.note else None,
        source="guard" if most.source == "guard" else "checkpoint",
    )


def _begin(old: Log, plan: Plan, note: bytes, loss: Loss | None) -> Log:
    old.guard.prepare()
    tree = parse_checkpoint(parse_note(note).text)
    with reading(old.engine) as connection:
        carried = carried_over(connection, old, tree.size, at=format_instant(plan.now), names=True)
    signer = next(
        key
        for key in (old.keys.at("checkpoints", tree.size - 1), old.keyring.checkpoints.public)
        if key is not None
    )
    previous = Predecessor(
        origin=old.origin,
        size=tree.size,
        root=tree.root.hex(),
        checkpoint=base64.b64encode(note).decode("ascii"),
        key=signer.hex(),
        carried=len(carried.events),
        loss=loss,
    )
    made = create_log(
        old.engine,
        old.guard,
        plan.keyring,
        name=plan.name,
        origin=plan.origin,
        policy=carried.policy,
        seal_certificate=plan.seal_certificate,
        generator=plan.generator,
        now=plan.now,
        service=carried.service,
        previous=previous,
        carried=carried.events,
    )
    old.successor = plan.origin
    return made
