"""The key that wraps the vault's keys is replaced: every key is wrapped anew, no text is touched.

The new key stands in its file before the transaction is committed, the old one beside it; both are
put there under the lock of the head, under which new keys are made, so that none is wrapped by the
old one afterwards. A crash in between is settled when the log is next opened, by which of the two
opens what is stored. Other processes of this home read the file again when a key no longer opens.

What was wrapped before (in backups, in a database's own log) opens under the old key alone: when
every copy of that is gone, so is whatever was erased.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ledger.errors import OutsideError
from ledger.keys.cloud import WRAPPING_FAILED
from ledger.keys.keyring import VAULT, VAULT_BEFORE
from ledger.keys.signer import read_secret, write_secret
from ledger.keys.wrapping import new_wrapping_key, place_of, wrapped_at
from ledger.store.database import writing
from ledger.store.entries import lock_head
from ledger.store.tidy import forget_deleted

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.log import Log


def rotate_wrapping_key(log: Log, to: str = "") -> int:
    """Replace the key-encryption key of a log; returns how many keys were wrapped anew.

    Args:
        log: the log, open.
        to: where the new one is kept: ``file``, or the URI of the key of a service that wraps it;
            where the old one is, if it is left out.

    Raises:
        InputError: ``invalid-key-uri``; nothing is changed.
        IntegrityError: a key does not open; nothing is changed.
        OutsideError: the file or the database can't be written, or ``vault-key-away``; nothing is
            changed.
    """
    settle(log)
    folder, file = log.keyring.folder, log.keyring.wrapping_file
    old, new = read_secret(folder / VAULT), new_wrapping_key()
    file.opened(old, VAULT)
    stored = wrapped_at(to or place_of(old), new)
    file.remember(stored, new)
    part = folder / f"{VAULT}.part"
    part.unlink(missing_ok=True)
    write_secret(part, stored)
    try:
        with writing(log.engine) as connection:
            lock_head(connection, log.log_id)
            number = log.vault.rewrap(connection, new)
            write_secret(folder / VAULT_BEFORE, read_secret(folder / VAULT))
            part.replace(folder / VAULT)
            _sync(folder)
    finally:
        part.unlink(missing_ok=True)
        settle(log)
    forget_deleted(log.engine)
    return number


def settle(log: Log) -> bool:
    """End a rotation that was interrupted, either way; True if there was one.

    The key that opens what is stored stays, the other is deleted. While the service that wraps the
    one in question is away, both stay.
    """
    folder = log.keyring.folder
    before = folder / VAULT_BEFORE
    if not before.exists():
        return False
    try:
        with writing(log.engine) as connection:
            # A rotation that is under way holds the head: it is waited for, never cut off.
            lock_head(connection, log.log_id)
            if not before.exists():
                return False
            log.vault.turn_to(log.keyring.current_wrapping_key())
            if log.vault.opens(connection) is False:
                before.replace(folder / VAULT)
            else:
                before.unlink()
            _sync(folder)
        log.vault.turn_to(log.keyring.current_wrapping_key())
    except OutsideError as error:
        if error.code != WRAPPING_FAILED:
            raise
        return False
    return True


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
