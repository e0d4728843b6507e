"""Safekeeping of an installation: backups by hand and by the clock, drills, and the way back.

Each leaves an entry. A backup that can't be recorded (the ledger is read-only) is made all the
same, and said to be unrecorded: just then it is needed most.
"""

from __future__ import annotations

import logging
import shutil
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ledger.audit import audit
from ledger.backup import file_digest, make_backup, open_backup, opened_copy
from ledger.core.checkpoint import Checkpoint
from ledger.core.proof import HEADER, parse_proof
from ledger.errors import InputError, LedgerError, OutsideError
from ledger.events.custody import BackupRestored, BackupVerified, RestoreTested
from ledger.events.entry import decode_entry
from ledger.events.names import format_instant
from ledger.keys.keyring import open_keyring
from ledger.query import MOST_ON_A_PAGE
from ledger.store.database import reading
from ledger.store.entries import Filter
from ledger.store.guards import open_guard
from ledger.store.snapshot import put_back
from policies.replay import Replayer
from webui.settings import log_name
from webui.tombstones import ErasedAgain, erase_again
from webui.wiring import passphrase_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ledger.audit import Audit
    from ledger.backup import Backup, Opened
    from ledger.events.event import Event
    from ledger.log import Log
    from ledger.store.guards import Guarded
    from webui.settings import Settings
    from webui.wiring import Wiring

    Progress = Callable[[str, int, int], None]

_LOGGER = logging.getLogger("counterseal.backup")
SUFFIX: Final = ".counterseal-backup"
PENDING: Final = "restored.json"
_SECONDS_IN_AN_HOUR: Final = 3600


@dataclass(frozen=True)
class Kept:
    """A backup that was made: the entry that recorded it, and what was removed for it.

    Where none did, ``sequence`` is -1 and ``unrecorded`` says why.
    """

    backup: Backup
    sequence: int
    unrecorded: str
    removed: tuple[str, ...]


@dataclass(frozen=True)
class InFolder:
    """A backup in the folder, what its entry says of it, and how its last drill went."""

    name: str
    size_bytes: int
    sequence: int | None = None
    position: int | None = None
    encrypted: bool | None = None
    drill: RestoreTested | None = None
    drilled_at: str = ""


@dataclass(frozen=True)
class Drill:
    """A restore for practice: what the audit of the copy found, and the entry that recorded it."""

    found: Audit
    behind: int
    sequence: int
    unrecorded: str

    @property
    def passed(self) -> bool:
        """Whether the copy was whole and of this ledger."""
        return self.found.sound


@dataclass(frozen=True)
class Restored:
    """A ledger put back: how far it reaches, and how far it was once promised to reach.

    ``again`` is what was destroyed again, of people who were erased after the backup.
    """

    position: int
    root: str
    backup: str
    promised: int
    witness: str
    again: ErasedAgain

    @property
    def lost(self) -> int:
        """How many promised entries it lacks."""
        return max(0, self.promised - self.position)


def back_up(wiring: Wiring, *, plain: bool = False) -> Kept:
    """Make a backup, read it back, record it, and remove those beyond the number to keep.

    Raises:
        InputError: there is no recipient to encrypt for, and ``plain`` was not said.
        OutsideError: it can't be written.
        IntegrityError: the copy does not verify.
    """
    settings = wiring.settings
    if not settings.backup_recipient and not plain:
        raise InputError(
            "There is no recipient to encrypt backups for.",
            code="recipient-missing",
            remedy="Set COUNTERSEAL_BACKUP_RECIPIENT (`counterseal backup keygen` makes a pair), "
            "or say --plain to write it unencrypted.",
        )
    moment = format_instant(wiring.now())
    stamp = moment[:19].replace("-", "").replace(":", "")
    target = settings.backups / f"{wiring.log.name}-{stamp}{SUFFIX}"
    folders = {"reports": settings.reports}
    recipient = "" if plain else settings.backup_recipient
    made = make_backup(wiring.log, target, folders, recipient=recipient, made_at=moment)
    event = BackupVerified(
        backup=made.sha256,
        size_bytes=made.size_bytes,
        position=made.manifest.position,
        root=made.manifest.root,
        database=made.manifest.database,
        encrypted=made.encrypted,
        checked="archive",
    )
    sequence, why = _record(wiring, event, f"backup/{made.sha256}")
    return Kept(made, sequence, why, _thin_out(wiring))


def in_folder(wiring: Wiring) -> list[InFolder]:
    """The backups of this log in the folder, the newest first, held against its entries."""
    settings, reader = wiring.settings, wiring.reader
    made: dict[str, InFolder] = {}
    drills: dict[str, tuple[RestoreTested, str]] = {}
    wanted = Filter(kinds=(BackupVerified.kind, RestoreTested.kind))
    for row in reader.entries(wanted, limit=MOST_ON_A_PAGE):
        entry = decode_entry(row.envelope)
        event = entry.event
        if isinstance(event, RestoreTested):
            drills.setdefault(event.backup, (event, entry.recorded_at))
        elif isinstance(event, BackupVerified):
            known = InFolder("", 0, entry.sequence, event.position, event.encrypted)
            made.setdefault(event.backup, known)
    found = []
    files = settings.backups.glob(f"{wiring.log.name}-*{SUFFIX}")
    for file in sorted(files, reverse=True):
        digest, size = file_digest(file), file.stat().st_size
        drill, at = drills.get(digest, (None, ""))
        one = replace(made.get(digest, InFolder("", 0)), name=file.name, size_bytes=size)
        found.append(replace(one, drill=drill, drilled_at=at))
    return found


def _thin_out(wiring: Wiring) -> tuple[str, ...]:
    """Remove the oldest backups of this log beyond the number to keep; never the newest."""
    settings = wiring.settings
    there = sorted(settings.backups.glob(f"{wiring.log.name}-*{SUFFIX}"))
    old = there[: -max(1, settings.backup_keep)]
    for file in old:
        file.unlink()
    return tuple(file.name for file in old)


def drill(wiring: Wiring, file: Path, identity: str, scratch: str, progress: Progress) -> Drill:
    """Restore a backup beside the ledger, verify all of it, compare it with the ledger, record it.

    Args:
        wiring: the installation.
        file: the backup.
        identity: the age identity that opens it.
        scratch: an empty database to restore into; for a backup of SQLite a file of our own.
        progress: is told how far the verification is.

    Raises:
        InputError: it is no backup, or of another log, or ``scratch`` is missing.
    """
    log = wiring.log
    digest = file_digest(file)
    with open_backup(file, identity) as opened:
        _check_ours(opened, log.origin)
        url = _scratch(opened, scratch)
        put_back(opened.database, url)
        guard_file = opened.folder / "guard.db"
        with opened_copy(url, log.name, log.keyring, guard_file) as copy:
            found = audit(copy, progress, redecide=wiring.redecide())
        manifest = opened.manifest
    if (found.size, found.root.hex()) != (manifest.position, manifest.root):
        found.note("head", -1, "manifest-mismatch", "The copy does not end where it should.")
    head = log.head()
    with reading(log.engine) as connection:
        known = head.size >= found.size and log.root_at(connection, found.size) == found.root
    if not known:
        found.note("head", -1, "not-ours", "The copy is not a beginning of this ledger.")
    event = RestoreTested(
        backup=digest,
        position=found.size,
        root=found.root.hex(),
        behind=max(0, head.size - found.size),
        problems=len(found.problems) + found.more,
        outcome="pass" if found.sound else "fail",
    )
    return Drill(found, event.behind, *_record(wiring, event, ""))


def restore(
    settings: Settings, file: Path, identity: str, against: Path | None, progress: Progress
) -> tuple[Restored, Audit]:
    """Put a backup back as the ledger of this home, verify it, and say how old it is.

    The home must hold the keys, and no database. Its age is told by the guard, and by ``against``:
    a checkpoint (a witness's, one that somebody kept) or a proof that was given out.

    Raises:
        ConflictError: there is a database already; nothing is changed.
        InputError, IntegrityError, OutsideError: see ``open_backup``; ``guard-failed``.
    """
    digest = file_digest(file)
    with open_backup(file, identity) as opened:
        name = log_name(opened.manifest.log)
        own = replace(settings, log=name)
        keyring = open_keyring(own.log_keys, passphrase_of(own))
        guarded = _guarded(settings, opened.manifest.origin)
        put_back(opened.database, settings.database_url)
        _put_back_folders(opened, settings)
        with opened_copy(settings.database_url, name, keyring, opened.folder / "guard.db") as copy:
            found = audit(copy, progress, redecide=Replayer())
            promises = _promises(copy, guarded, against)
            for source, tree in promises:
                _hold_against(copy, found, source, tree)
            again = erase_again(settings, copy)
    source, promised = max(
        ((source, tree.size) for source, tree in promises), key=lambda one: one[1], default=("", 0)
    )
    restored = Restored(found.size, found.root.hex(), digest, promised, source, again)
    _leave_word(settings, restored)
    return restored, found


def record_restore(wiring: Wiring) -> int:
    """Record a restore that was not recorded yet, where that can be done; its entry or -1."""
    file = wiring.settings.home / PENDING
    if wiring.log.alarm or not file.exists():
        return -1
    event = BackupRestored.model_validate_json(file.read_bytes())
    sequence, _ = _record(wiring, event, "")
    if sequence >= 0:
        file.unlink()
    return sequence


class BackupClock:
    """Makes backups at an interval, in a thread of its own, while the service runs."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="counterseal-backup", daemon=True)

    def start(self) -> None:
        """Begin, where an interval is set."""
        if self._wiring.settings.backup_hours:
            self._thread.start()

    def stop(self) -> None:
        """End; a backup under way is finished first."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._wiring.settings.backup_hours * _SECONDS_IN_AN_HOUR):
            try:
                kept = back_up(self._wiring)
            except LedgerError:
                _LOGGER.exception("a scheduled backup failed")
            else:
                _LOGGER.info("backup %s", kept.backup.path.name)


def _record(wiring: Wiring, event: Event, key: str) -> tuple[int, str]:
    """Record an event as the service: its entry, or -1 and why the ledger does not take it."""
    try:
        receipt = wiring.submitter.submit(wiring.service, event, key)
    except LedgerError as error:
        _LOGGER.warning("%s could not be recorded: %s", event.kind, error)
        return -1, error.sentence
    if receipt.outcome != "allow":
        return -1, f"The policy refused it (entry {receipt.sequence})."
    return receipt.sequence, ""


def _check_ours(opened: Opened, origin: str) -> None:
    if opened.manifest.origin != origin:
        raise InputError("This is a backup of another log.", code="other-log")


def _scratch(opened: Opened, scratch: str) -> str:
    if opened.manifest.database == "sqlite":
        return f"sqlite:///{opened.folder / 'scratch.db'}"
    if not scratch:
        raise InputError(
            "A drill of a PostgreSQL backup needs an empty database.",
            code="scratch-missing",
            remedy="Make one (createdb) and name it with --scratch postgresql://...",
        )
    return scratch


def _guarded(settings: Settings, origin: str) -> Guarded | None:
    """What the guard says; asked before anything is put back, because it may be out of reach."""
    guard = open_guard(settings.guard_url)
    try:
        return guard.read(origin)
    finally:
        guard.close()


def _promises(
    copy: Log, guarded: Guarded | None, against: Path | None
) -> list[tuple[str, Checkpoint]]:
    """Checkpoints of this log that stand outside the backup: where from, and what they say."""
    found = []
    if guarded is not None:
        found.append(("the guard", Checkpoint(copy.origin, guarded.size, guarded.root)))
    if against is not None:
        try:
            data = against.read_bytes()
        except OSError as error:
            raise OutsideError(
                f"The file {against} can't be read: {error.strerror}.", code="file-unreadable"
            ) from error
        note = parse_proof(data).checkpoint if data.startswith(HEADER.encode()) else data
        found.append((against.name, copy.read_checkpoint(note)))
    return found


def _hold_against(copy: Log, found: Audit, source: str, tree: Checkpoint) -> None:
    """A promise within the copy's reach must be one that it keeps."""
    if tree.size <= found.size:
        with reading(copy.engine) as connection:
            root = copy.root_at(connection, tree.size)
        if root != tree.root:
            sentence = f"The copy is another history than the one that {source} speaks for."
            found.note("head", -1, "forked", sentence)


def _put_back_folders(opened: Opened, settings: Settings) -> None:
    """Bring back issued reports that are not there; none is replaced."""
    source = opened.folder / "reports"
    if source.is_dir():
        settings.reports.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file in source.iterdir():
            if not (settings.reports / file.name).exists():
                shutil.copyfile(file, settings.reports / file.name)


def _leave_word(settings: Settings, restored: Restored) -> None:
    """Remember that this must be recorded when the ledger takes entries again."""
    event = BackupRestored(
        backup=restored.backup,
        position=restored.position,
        root=restored.root,
        promised=restored.promised,
        lost=restored.lost,
    )
    (settings.home / PENDING).write_text(event.model_dump_json(), encoding="utf-8")
