"""A backup: one file with a consistent copy of the database and the checkpoint that it reached.

Inside is a tar of ``manifest.json``, ``database`` and whatever folders come along; outside, where a
recipient is given, the file format of age (age-encryption.org/v1), so that the machine that makes
backups can't read them. The keys of the installation and the guard are never in it: whoever has a
backup and the guard of the same day could put back an older ledger unseen.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import pyrage

from ledger.core.checkpoint import parse_checkpoint
from ledger.core.encoding import canonical
from ledger.core.note import parse_note
from ledger.errors import InputError, IntegrityError, OutsideError
from ledger.events.names import Count, Instant, PublicText, Sha256, Slug, Value
from ledger.log import Log, open_log
from ledger.store.database import open_engine
from ledger.store.guards import open_guard
from ledger.store.snapshot import check_archive, take_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.keys.keyring import Keyring

MANIFEST: Final = "manifest.json"
DATABASE: Final = "database"
_MANIFEST_BYTES: Final = 2_000_000
_AGE: Final = b"age-encryption.org/"


class Manifest(Value):
    """What a backup holds. ``checkpoint`` is the signed note of its head."""

    format: Literal["counterseal-backup-v1"] = "counterseal-backup-v1"
    log: Slug
    origin: PublicText
    made_at: Instant
    database: Literal["sqlite", "postgresql"]
    database_sha256: Sha256
    position: Count
    root: Sha256
    checkpoint: str


@dataclass(frozen=True)
class Backup:
    """A backup file that was made. ``sha256`` is that of the file, encrypted or not."""

    path: Path
    sha256: str
    size_bytes: int
    manifest: Manifest
    encrypted: bool


@dataclass(frozen=True)
class Opened:
    """A backup taken apart into a folder that is gone afterwards."""

    manifest: Manifest
    database: Path
    folder: Path


def make_backup(
    log: Log, target: Path, folders: Mapping[str, Path], *, recipient: str, made_at: str
) -> Backup:
    """Copy the database, with the checkpoint it has reached, into the new file ``target``.

    Args:
        log: the log whose head says how far the backup reaches.
        target: is replaced only by a whole file.
        folders: come along under these names, where they are there.
        recipient: an age recipient (``age1...``) to encrypt for; empty for no encryption.
        made_at: the time to write into the manifest, RFC 3339 in UTC.

    Raises:
        InputError: the recipient is none.
        IntegrityError: the copy does not end where its head says.
        OutsideError: something can't be read or written.
    """
    database: Literal["sqlite", "postgresql"] = (
        "postgresql" if log.engine.dialect.name == "postgresql" else "sqlite"
    )
    with _workplace(target.parent) as place:
        before = log.head()
        take_snapshot(log.engine, place / DATABASE)
        check_archive(place / DATABASE, database)
        note = _reached(place / DATABASE, log) if database == "sqlite" else before.checkpoint
        tree = parse_checkpoint(parse_note(note).text)
        manifest = Manifest(
            log=log.name,
            origin=log.origin,
            made_at=made_at,
            database=database,
            database_sha256=file_digest(place / DATABASE),
            position=tree.size,
            root=tree.root.hex(),
            checkpoint=note.decode("utf-8"),
        )
        (place / MANIFEST).write_bytes(canonical(manifest.model_dump(mode="json")))
        whole = place / "backup.tar"
        _pack(whole, {MANIFEST: place / MANIFEST, DATABASE: place / DATABASE, **folders})
        if recipient:
            whole = _encrypt(whole, place / "backup.age", recipient)
        _settle(whole, target)
    return Backup(target, file_digest(target), target.stat().st_size, manifest, bool(recipient))


def _reached(copy: Path, log: Log) -> bytes:
    """The checkpoint of the copy's own head, which is this log's."""
    engine = open_engine(f"sqlite:///{copy}")
    try:
        note = Log(engine, log.log_id, log.name, log.origin, log.keyring, log.guard).head()
    finally:
        engine.dispose()
    log.read_checkpoint(note.checkpoint)
    return note.checkpoint


@contextmanager
def open_backup(file: Path, identity: str = "") -> Iterator[Opened]:
    """Take a backup apart, and check that it is whole.

    Args:
        file: the backup.
        identity: the age identity (``AGE-SECRET-KEY-1...``) that it was encrypted for.

    Raises:
        InputError: it is no backup, or the identity is missing or another.
        IntegrityError: its database is not the one that its manifest names.
        OutsideError: it can't be read.
    """
    with _workplace(None) as place:
        whole = file
        try:
            with file.open("rb") as source:
                encrypted = source.read(len(_AGE)) == _AGE
            if encrypted:
                whole = _decrypt(file, place / "backup.tar", identity)
            manifest = _take_apart(whole, place / "inside")
        except OSError as error:
            raise OutsideError(
                f"The backup can't be read: {error.strerror}.", code="backup-unreadable"
            ) from error
        database = place / "inside" / DATABASE
        if file_digest(database) != manifest.database_sha256:
            raise IntegrityError(
                "The backup's database is not the one its manifest names.", code="backup-damaged"
            )
        yield Opened(manifest, database, place / "inside")


def _take_apart(whole: Path, inside: Path) -> Manifest:
    """Unpack a tar that a stranger may have made: plain files and folders, no larger than it is."""
    try:
        # Uncompressed, as it was written: what unpacks to more than it is would fill the disk.
        with tarfile.open(whole, "r:") as archive:
            parts = archive.getmembers()
            plain = all((part.isreg() or part.isdir()) and not part.issparse() for part in parts)
            if not plain or sum(part.size for part in parts) > whole.stat().st_size:
                raise _not_a_backup()
            archive.extractall(inside, parts, filter="data")
        if not (inside / MANIFEST).is_file() or not (inside / DATABASE).is_file():
            raise _not_a_backup()
        with (inside / MANIFEST).open("rb") as file:
            return Manifest.model_validate_json(file.read(_MANIFEST_BYTES))
    except (tarfile.TarError, ValueError, KeyError, RecursionError) as error:
        raise _not_a_backup() from error


def _not_a_backup() -> InputError:
    return InputError("This is no backup of a ledger.", code="not-a-backup")


@contextmanager
def opened_copy(url: str, name: str, keyring: Keyring, guard_file: Path) -> Iterator[Log]:
    """The log of a database that a backup was put back into, for verifying it.

    A guard of its own begins at the copy's head, because the true one speaks of the ledger.
    """
    engine = open_engine(url)
    guard = open_guard(f"sqlite:///{guard_file}")
    try:
        open_log(engine, name, keyring, guard).begin_guard()
        yield open_log(engine, name, keyring, guard)
    finally:
        guard.close()
        engine.dispose()


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _workplace(beside: Path | None) -> Iterator[Path]:
    """A folder that only we can read, on the disk of ``beside``."""
    if beside is not None:
        beside.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".counterseal-backup-", dir=beside) as folder:
        yield Path(folder)


def _pack(target: Path, parts: Mapping[str, Path]) -> None:
    # A link would lead out of the backup: what it names is packed instead.
    with tarfile.open(target, "w", dereference=True) as archive:
        for name, path in parts.items():
            if path.exists():
                archive.add(path, arcname=name, filter=_anonymous)


def _anonymous(item: tarfile.TarInfo) -> tarfile.TarInfo:
    item.uid = item.gid = 0
    item.uname = item.gname = ""
    return item


def _encrypt(source: Path, target: Path, recipient: str) -> Path:
    try:
        wanted = pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError:
        raise InputError(
            "This is no recipient for backups.",
            code="recipient-invalid",
            remedy="Make a pair with `age-keygen` or `counterseal backup keygen`; age1... is it.",
        ) from None
    pyrage.encrypt_file(str(source), str(target), [wanted])
    source.unlink()
    return target


def _decrypt(source: Path, target: Path, identity: str) -> Path:
    if not identity:
        raise InputError(
            "The backup is encrypted.",
            code="identity-missing",
            remedy="Give the file with its identity (AGE-SECRET-KEY-1...) by --identity.",
        )
    try:
        known = pyrage.x25519.Identity.from_str(identity)
        pyrage.decrypt_file(str(source), str(target), [known])
    except pyrage.IdentityError:
        raise InputError("This is no identity of a backup.", code="identity-invalid") from None
    except (pyrage.DecryptError, OSError) as error:
        # A damaged middle is told by an OSError without a number.
        if getattr(error, "errno", None) is not None:
            raise
        raise InputError(
            "The backup does not open: it is for another identity, or damaged.",
            code="backup-locked",
        ) from error
    return target


def _settle(whole: Path, target: Path) -> None:
    """Make the file durable, then give it its name."""
    try:
        with whole.open("rb+") as file:
            os.fsync(file.fileno())
        whole.chmod(0o600)
        whole.replace(target)
        handle = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise OutsideError(
            f"The backup can't be written: {error.strerror}.", code="backup-unwritable"
        ) from error


__all__ = [
    "Backup",
    "Manifest",
    "Opened",
    "file_digest",
    "make_backup",
    "open_backup",
    "opened_copy",
]
