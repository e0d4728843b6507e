"""End the log of an installation and begin the one that continues it, in the same database.

Each step can be done again after an interruption: the keys of the new log are made before they are
needed and found again, and a frozen log names the origin of the one to begin.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from ledger.errors import ConflictError, InputError, RefusedError
from ledger.events.catalogue import read_command
from ledger.keys.keyring import create_keyring, open_keyring
from ledger.shard import Plan, continue_frozen, continue_with_loss
from ledger.store.database import reading
from ledger.store.entries import logs_there
from webui.settings import log_name
from webui.wiring import DEMO_PREFIX, generator, passphrase_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.keys.keyring import Keyring
    from ledger.log import Log
    from ledger.receipt import Receipt
    from webui.settings import Settings
    from webui.wiring import Wiring

    Progress = Callable[[str, int, int], None]


def freeze(wiring: Wiring, successor: str, reason: str | None = None) -> Receipt:
    """Record the last entry of a log, which names the origin of the one that continues it.

    Raises:
        RefusedError: the policy does not allow it.
        ConflictError: it is frozen already.
        InputError, IntegrityError, OutsideError: as whatever is recorded.
    """
    fields = {"successor": successor, **({"reason": reason} if reason else {})}
    receipt = wiring.submitter.submit(wiring.service, read_command("log.frozen", fields))
    if receipt.outcome != "allow":
        raise RefusedError(
            "The policy does not allow this log to be ended.",
            remedy="The refusal is recorded. A policy with a gate for log.frozen allows it.",
            entry=receipt.sequence,
        )
    wiring.log.successor = successor
    return receipt


def shard(wiring: Wiring, name: str, origin: str = "", reason: str | None = None) -> Log:
    """Freeze the log, unless it is frozen, and begin the one that continues it.

    Raises:
        InputError: the name or origin can't be one.
        LedgerError: as ``freeze`` and ``continue_frozen``.
    """
    name = _free_name(wiring, name)
    log = wiring.log
    _check_not_continued(wiring)
    if not log.alarm and not log.successor:
        freeze(wiring, _origin(wiring, name, origin), reason)
    elif origin and log.successor not in {"", origin}:
        raise InputError(
            f"This log names {log.successor} as its successor already.", code="other-successor"
        )
    return continue_frozen(log, _plan(wiring, name, log.successor))


def shard_with_loss(
    wiring: Wiring,
    name: str,
    progress: Progress,
    *,
    origin: str = "",
    promised: bytes | None = None,
) -> Log:
    """Begin the log that continues one that can't go on, and state there what is lost.

    Raises:
        LedgerError: as ``continue_with_loss``.
    """
    name = _free_name(wiring, name)
    plan = _plan(wiring, name, _origin(wiring, name, origin))
    return continue_with_loss(wiring.log, plan, progress, promised=promised)


def _check_not_continued(wiring: Wiring) -> None:
    """A log is continued once; whoever asks again is told by which."""
    log = wiring.log
    with reading(wiring.engine) as connection:
        there = {origin: name for _, name, origin in logs_there(connection)}
    if log.successor in there:
        raise ConflictError(
            f"This log has ended, and {log.successor}, which continues it, exists already.",
            code="log-exists",
            remedy=f"Set COUNTERSEAL_LOG={there[log.successor]} to go on there.",
        )


def _free_name(wiring: Wiring, name: str) -> str:
    if log_name(name) == wiring.log.name:
        raise InputError(
            "The log to begin has the name of the one that it continues.", code="setting-invalid"
        )
    return name


def _origin(wiring: Wiring, name: str, wanted: str) -> str:
    """The origin beside the old one: ``example.org/log/main`` is continued by ``.../log/2027``.

    What continues a demonstration is one too.
    """
    log = wiring.log
    origin = wanted or f"{log.origin.removesuffix(f'/{log.name}')}/{name}"
    demo = wiring.is_demo and not origin.startswith(DEMO_PREFIX)
    return f"{DEMO_PREFIX}{origin}" if demo else origin


def _plan(wiring: Wiring, name: str, origin: str) -> Plan:
    return Plan(
        name=name,
        origin=origin,
        keyring=_new_keyring(replace(wiring.settings, log=name)),
        seal_certificate=wiring.seal_fingerprint(),
        generator=generator(),
        now=wiring.now(),
    )


def _new_keyring(settings: Settings) -> Keyring:
    """Keys of the log's own, all of them or none; those of an interrupted try are used."""
    passphrase = passphrase_of(settings)
    if not settings.log_keys.exists():
        partial = settings.keys / f"{settings.log}.partial-{secrets.token_hex(4)}"
        create_keyring(partial, passphrase)
        partial.rename(settings.log_keys)
    return open_keyring(settings.log_keys, passphrase)
