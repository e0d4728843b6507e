"""The vault: names, e-mail addresses and free text, outside the ledger, one key per data subject.

A record is AES-256-GCM over ``salt || UTF-8 text`` under the subject's key; log, entry, field and
subject are bound in as associated data, so that a record can't be moved. The subject's key is
wrapped the same way under the key-encryption key. Destroying a subject's key erases every record of
that subject, wherever copies of the records are.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import insert, select

from ledger.core.commitment import SALT_BYTES, check_commitment, commit
from ledger.core.encoding import canonical
from ledger.errors import IntegrityError
from ledger.events.entry import Commitment
from ledger.store.tables import vault, vault_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


@dataclass(frozen=True)
class Record:
    """A private text, sealed, and where it belongs."""

    sequence: int
    field: str
    subject: str
    sealed: bytes


class Vault:
    """Seals and opens private texts of one log. Subject keys are read and made as needed."""

    def __init__(self, log_id: int, origin: str, wrapping_key: bytes) -> None:
        self._log_id = log_id
        self._origin = origin
        self._wrap = AESGCM(wrapping_key)

    def seal(
        self, connection: Connection, sequence: int, subject: str, texts: dict[str, str]
    ) -> tuple[list[Record], tuple[Commitment, ...]]:
        """Seal the private texts of one entry; the records are not stored yet."""
        if not texts:
            return [], ()
        cipher = AESGCM(
            self._subject_key(connection, subject) or self._new_key(connection, subject)
        )
        records = []
        commitments = []
        for field, text in sorted(texts.items()):
            salt = secrets.token_bytes(SALT_BYTES)
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
        self, connection: Connection, sequence: int, commitments: Iterable[Commitment]
    ) -> dict[str, str | None]:
        """The private texts of an entry by field; None where record or key are no longer there.

        Raises:
            IntegrityError: a record does not open, or is not what the entry is bound to.
        """
        found: dict[str, str | None] = {}
        for item in commitments:
            found[item.field] = self._open(connection, sequence, item)
        return found

    def held(self, connection: Connection, start: int, stop: int) -> list[tuple[int, str, str]]:
        """Sequence, field and subject of the records of entries ``start`` to ``stop - 1``."""
        query = select(vault.c.sequence, vault.c.field, vault.c.subject).where(
            vault.c.log_id == self._log_id, vault.c.sequence >= start, vault.c.sequence < stop
        )
        return [(row.sequence, row.field, row.subject) for row in connection.execute(query)]

    def _open(self, connection: Connection, sequence: int, item: Commitment) -> str | None:
        query = select(vault.c.sealed).where(
            vault.c.log_id == self._log_id,
            vault.c.sequence == sequence,
            vault.c.field == item.field,
        )
        sealed: bytes | None = connection.execute(query).scalar()
        key = self._subject_key(connection, item.subject)
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

    def _subject_key(self, connection: Connection, subject: str) -> bytes | None:
        query = select(vault_key.c.wrapped).where(
            vault_key.c.log_id == self._log_id, vault_key.c.subject == subject
        )
        wrapped: bytes | None = connection.execute(query).scalar()
        if wrapped is None:
            return None
        place = canonical({"origin": self._origin, "subject": subject})
        try:
            return self._wrap.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], place)
        except InvalidTag as error:
            raise IntegrityError(
                "A key of the vault does not open.", code="vault-damaged"
            ) from error

    def _new_key(self, connection: Connection, subject: str) -> bytes:
        key = secrets.token_bytes(KEY_BYTES)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        place = canonical({"origin": self._origin, "subject": subject})
        wrapped = nonce + self._wrap.encrypt(nonce, key, place)
        connection.execute(
            insert(vault_key).values(log_id=self._log_id, subject=subject, wrapped=wrapped)
        )
        return key

    def _place(self, sequence: int, field: str, subject: str) -> bytes:
        return canonical(
            {"origin": self._origin, "sequence": sequence, "field": field, "subject": subject}
        )
