"""The vault: names, e-mail addresses and free text, outside the ledger, one key per data subject.

A record is AES-256-GCM over ``salt || UTF-8 text`` under the subject's key; log, entry, field and
subject are bound in as associated data, so that a record can't be moved. The subject's key is
wrapped the same way under the key-encryption key. Destroying a subject's key erases every record of
that subject, wherever copies of the records are; ``erase`` destroys both. A key is told by a digest
of itself, which stays the same when it is wrapped anew.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, func, insert, select, update

from ledger.core.commitment import SALT_BYTES, check_commitment, commit
from ledger.core.digest import hex_digest
from ledger.core.encoding import canonical
from ledger.errors import ConflictError, IntegrityError
from ledger.events.entry import Commitment
from ledger.store.tables import entry, vault, vault_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_KEY_ID: Final = b"counterseal vault key\0"
_NO_SALTS: Final[Mapping[str, bytes]] = MappingProxyType({})


@dataclass(frozen=True)
class Record:
    """A private text, sealed, and where it belongs."""

    sequence: int
    field: str
    subject: str
    sealed: bytes


@dataclass(frozen=True)
class Stretch:
    """What is stored of the private texts of neighbouring entries, read in two queries.

    ``sealed`` is the records by entry and field; ``places`` says under whose key each stands, and
    ``wrapped`` holds these keys as far as they are there.
    """

    places: tuple[tuple[int, str, str], ...]
    sealed: Mapping[tuple[int, str], bytes]
    wrapped: Mapping[str, bytes]


class Vault:
    """Seals and opens private texts of one log. Subject keys are read and made as needed."""

    def __init__(
        self,
        log_id: int,
        origin: str,
        wrapping_key: bytes | None,
        current: Callable[[], bytes] | None = None,
    ) -> None:
        """``current`` reads the key-encryption key anew, for when another process turned it.

        Without ``wrapping_key`` it is read when it is first needed.
        """
        self._log_id = log_id
        self._origin = origin
        self._current = current or (lambda: wrapping_key or b"")
        self._known = wrapping_key

    def turn_to(self, wrapping_key: bytes) -> None:
        """Wrap and unwrap under another key-encryption key from now on."""
        self._known = wrapping_key

    def _wrap(self) -> AESGCM:
        if self._known is None:
            self._known = self._current()
        return AESGCM(self._known)

    def seal(
        self,
        connection: Connection,
        sequence: int,
        subject: str,
        texts: dict[str, str],
        salts: Mapping[str, bytes] = _NO_SALTS,
    ) -> tuple[list[Record], tuple[Commitment, ...]]:
        """Seal the private texts of one entry; the records are not stored yet.

        ``salts`` are those under which a text was committed to before, by field; others are new.
        """
        if not texts:
            return [], ()
        cipher = AESGCM(
            self._subject_key(connection, subject) or self._new_key(connection, subject)
        )
        records = []
        commitments = []
        for field, text in sorted(texts.items()):
            salt = salts.get(field) or secrets.token_bytes(SALT_BYTES)
            nonce = secrets.token_bytes(_NONCE_BYTES)
            place = self._place(sequence, field, subject)
            data = nonce + cipher.encrypt(nonce, salt + text.encode("utf-8"), place)
            records.append(Record(sequence, field, subject, data))
            commitments.append(
                Commitment(field=field, subject=subject, hmac_sha256=commit(salt, field, text))
            )
        return records, tuple(commitments)

    def store(self, connection: Connection, records: Sequence[Record]) -> None:
        """Store sealed records."""
        if records:
            connection.execute(
                insert(vault), [{"log_id": self._log_id, **vars(record)} for record in records]
            )

    def read(
        self,
        connection: Connection,
        sequence: int,
        commitments: Iterable[Commitment],
        stretch: Stretch | None = None,
    ) -> dict[str, str | None]:
        """The private texts of an entry by field; None where record or key are no longer there.

        With ``stretch``, which must cover the entry, its records are taken from there.

        Raises:
            IntegrityError: a record does not open, or is not what the entry is bound to.
        """
        found: dict[str, str | None] = {}
        for item in commitments:
            found[item.field] = self._open(connection, sequence, item, stretch)
        return found

    def stretch(self, connection: Connection, start: int, stop: int) -> Stretch:
        """What is stored for the entries ``start`` to ``stop - 1``."""
        of_entries = (
            (vault.c.log_id == self._log_id)
            & (vault.c.sequence >= start)
            & (vault.c.sequence < stop)
        )
        records = connection.execute(
            select(vault.c.sequence, vault.c.field, vault.c.subject, vault.c.sealed).where(
                of_entries
            )
        ).all()
        keys = connection.execute(
            select(vault_key.c.subject, vault_key.c.wrapped).where(
                vault_key.c.log_id == self._log_id,
                vault_key.c.subject.in_(select(vault.c.subject).where(of_entries)),
            )
        )
        return Stretch(
            tuple((row.sequence, row.field, row.subject) for row in records),
            {(row.sequence, row.field): row.sealed for row in records},
            {row.subject: row.wrapped for row in keys},
        )

    def count(self, connection: Connection, subject: str) -> int:
        """How many texts are held under the key of a subject."""
        query = select(func.count()).where(
            vault.c.log_id == self._log_id, vault.c.subject == subject
        )
        return connection.execute(query).scalar_one()

    def key_ids(self, connection: Connection, subject: str) -> tuple[str, ...]:
        """Digests that tell the keys of a subject, and tell nothing of what they are."""
        key = self._subject_key(connection, subject)
        return () if key is None else (hex_digest(_KEY_ID + key),)

    def places_of(self, connection: Connection, subject: str) -> list[tuple[int, str]]:
        """The entries and fields of the texts under the key of a subject, in order."""
        query = (
            select(vault.c.sequence, vault.c.field)
            .where(vault.c.log_id == self._log_id, vault.c.subject == subject)
            .order_by(vault.c.sequence, vault.c.field)
        )
        return [(row.sequence, row.field) for row in connection.execute(query)]

    def tells_of(self, connection: Connection, subject: str, model: str) -> bool:
        """Whether a text under the key of a subject belongs to an entry about a model."""
        query = (
            select(vault.c.sequence)
            .join(
                entry,
                (entry.c.log_id == vault.c.log_id) & (entry.c.sequence == vault.c.sequence),
            )
            .where(
                vault.c.log_id == self._log_id,
                vault.c.subject == subject,
                entry.c.model == model,
            )
            .limit(1)
        )
        return connection.execute(query).first() is not None

    def erase(self, connection: Connection, subject: str) -> None:
        """Destroy the texts and the key of a subject."""
        for table in (vault, vault_key):
            connection.execute(
                delete(table).where(table.c.log_id == self._log_id, table.c.subject == subject)
            )

    def remains(self, connection: Connection, subject: str) -> int:
        """How many texts and keys of a subject are there."""
        keys = select(func.count()).where(
            vault_key.c.log_id == self._log_id, vault_key.c.subject == subject
        )
        return self.count(connection, subject) + connection.execute(keys).scalar_one()

    def seal_beside(
        self, connection: Connection, subject: str, place: Mapping[str, str], text: str
    ) -> bytes:
        """Seal a text that belongs to no entry under a subject's key, bound to ``place``.

        Raises:
            ConflictError: ``no-key``: nothing of the subject is in the vault, so there is no key.
        """
        key = self._subject_key(connection, subject)
        if key is None:
            raise ConflictError(
                "The vault holds no key of whoever writes this.",
                code="no-key",
                remedy="Only somebody whose name the ledger knows, and who is not erased, writes.",
            )
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(key).encrypt(nonce, text.encode("utf-8"), self._beside(place))

    def open_beside(
        self, connection: Connection, subject: str, place: Mapping[str, str], sealed: bytes
    ) -> str | None:
        """A text that ``seal_beside`` sealed; None where the key was destroyed.

        Raises:
            IntegrityError: it does not open, or was moved.
        """
        key = self._subject_key(connection, subject)
        if key is None:
            return None
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, rest, self._beside(place)).decode("utf-8")
        except (InvalidTag, ValueError) as error:
            raise IntegrityError(
                "A text that is sealed beside the ledger does not open.", code="vault-damaged"
            ) from error

    def _beside(self, place: Mapping[str, str]) -> bytes:
        return canonical({"origin": self._origin, "beside": dict(place)})

    def rewrap(self, connection: Connection, wrapping_key: bytes) -> int:
        """Wrap every subject's key under another key-encryption key; the texts stay as they are.

        Returns how many keys there are. What was wrapped before opens under the old one alone.

        Raises:
            IntegrityError: a key does not open; nothing may be stored then.
        """
        query = select(vault_key.c.subject).where(vault_key.c.log_id == self._log_id)
        subjects = sorted(connection.execute(query).scalars())
        new = Vault(self._log_id, self._origin, wrapping_key)
        for subject in subjects:
            key = self._subject_key(connection, subject)
            if key is not None:
                connection.execute(
                    update(vault_key)
                    .where(vault_key.c.log_id == self._log_id, vault_key.c.subject == subject)
                    .values(wrapped=new._wrapped(subject, key))
                )
        return len(subjects)

    def _open(
        self, connection: Connection, sequence: int, item: Commitment, stretch: Stretch | None
    ) -> str | None:
        if stretch is None:
            query = select(vault.c.sealed).where(
                vault.c.log_id == self._log_id,
                vault.c.sequence == sequence,
                vault.c.field == item.field,
            )
            sealed: bytes | None = connection.execute(query).scalar()
            wrapped = None
        else:
            sealed = stretch.sealed.get((sequence, item.field))
            wrapped = stretch.wrapped.get(item.subject)
        key = self._subject_key(connection, item.subject, wrapped)
        if sealed is None or key is None:
            return None
        place = self._place(sequence, item.field, item.subject)
        try:
            data = AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place)
        except InvalidTag as error:
            raise IntegrityError(
                "A record of the vault does not open.", code="vault-damaged", sequence=sequence
            ) from error
        text = data[SALT_BYTES:].decode("utf-8")
        check_commitment(data[:SALT_BYTES], item.field, text, item.hmac_sha256)
        return text

    def _subject_key(
        self, connection: Connection, subject: str, wrapped: bytes | None = None
    ) -> bytes | None:
        """A subject's key, read where ``wrapped`` does not bring it; None if there is none."""
        if wrapped is None:
            query = select(vault_key.c.wrapped).where(
                vault_key.c.log_id == self._log_id, vault_key.c.subject == subject
            )
            wrapped = connection.execute(query).scalar()
        if wrapped is None:
            return None
        try:
            return self._unwrapped(subject, wrapped)
        except InvalidTag as error:
            if self._turned():
                return self._subject_key(connection, subject)
            raise IntegrityError(
                "A key of the vault does not open.", code="vault-damaged"
            ) from error

    def _unwrapped(self, subject: str, wrapped: bytes) -> bytes:
        place = canonical({"origin": self._origin, "subject": subject})
        return self._wrap().decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], place)

    def _turned(self) -> bool:
        """Take the key-encryption key that stands now; False if it is the one we have."""
        current = self._current()
        if current == self._known:
            return False
        self.turn_to(current)
        return True

    def opens(self, connection: Connection) -> bool | None:
        """Whether the key-encryption key that we have opens a stored key; None if there is none."""
        query = select(vault_key).where(vault_key.c.log_id == self._log_id).limit(1)
        row = connection.execute(query).first()
        if row is None:
            return None
        try:
            self._unwrapped(row.subject, row.wrapped)
        except InvalidTag:
            return False
        return True

    def _new_key(self, connection: Connection, subject: str) -> bytes:
        # Whoever makes a key holds the head, and so does whoever turns the key that wraps it.
        self._turned()
        key = secrets.token_bytes(KEY_BYTES)
        wrapped = self._wrapped(subject, key)
        connection.execute(
            insert(vault_key).values(log_id=self._log_id, subject=subject, wrapped=wrapped)
        )
        return key

    def _wrapped(self, subject: str, key: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        place = canonical({"origin": self._origin, "subject": subject})
        return nonce + self._wrap().encrypt(nonce, key, place)

    def _place(self, sequence: int, field: str, subject: str) -> bytes:
        return canonical(
            {"origin": self._origin, "sequence": sequence, "field": field, "subject": subject}
        )
