"""The witness itself: its keys, its memory, and what it answers to a request.

A checkpoint is kept before it is signed, and signed before it is answered. A process that is killed
in between has kept what nobody saw signed; asked again, it signs the same checkpoint.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger import clock
from ledger.core.checkpoint import parse_checkpoint
from ledger.core.cosignature import cosign, format_lines
from ledger.core.digest import hex_digest
from ledger.core.note import (
    ED25519_COSIGNATURE,
    ML_DSA_44_COSIGNATURE,
    Vkey,
    parse_note,
    vkey,
)
from ledger.core.witnessing import TEXT, Refusal, parse_add_checkpoint
from ledger.errors import ProofError
from ledger.keys.signer import create_cosigner, create_signer, open_cosigner, open_signer
from ledger.store.witness import FILE, Notebook, Seen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ledger.keys.signer import Signer

_LOGGER = logging.getLogger("counterseal.witness")
ED25519_FILE: Final = "ed25519.pem"
ML_DSA_44_FILE: Final = "ml-dsa-44.pem"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    media_type: str = TEXT


@dataclass(frozen=True)
class Cosigner:
    """A witness that is open. Safe from several threads, and several processes on one folder."""

    notebook: Notebook
    keys: tuple[tuple[Vkey, Signer], ...]
    now: Callable[[], int]

    @property
    def vkeys(self) -> tuple[str, ...]:
        """The verifier keys that logs and auditors need."""
        return tuple(str(key) for key, _ in self.keys)

    def add_checkpoint(self, body: bytes) -> Answer:
        """What is answered to the body of a request ``add-checkpoint``."""
        try:
            request = parse_add_checkpoint(body)
        except ProofError as error:
            return Answer(400, f"{error.sentence}\n".encode())
        origin = request.checkpoint.origin
        decided = self.notebook.consider(request, self.now)
        if isinstance(decided, Refusal):
            if decided.split:
                _LOGGER.error("%s has signed a checkpoint that does not follow: refused", origin)
            return Answer(decided.status, decided.body.encode(), decided.media_type)
        return Answer(200, self._sign(origin, decided))

    def checkpoint(self, origin: str) -> bytes | None:
        """The newest checkpoint of a log that was granted, with the log's and the own lines."""
        seen = self.notebook.seen(origin)
        if seen is None:
            return None
        return seen.note + (seen.lines or self._sign(origin, seen))

    def origin_of(self, digest: str) -> str | None:
        """The log whose origin has this SHA-256."""
        known = (origin for origin, _ in self.notebook.logs())
        return next((one for one in known if hex_digest(one.encode()) == digest), None)

    def close(self) -> None:
        """Give back connections."""
        self.notebook.close()

    def _sign(self, origin: str, seen: Seen) -> bytes:
        checkpoint = parse_checkpoint(parse_note(seen.note).text)
        lines = format_lines(
            cosign(key, checkpoint, seen.second, signer.sign) for key, signer in self.keys
        )
        self.notebook.keep_lines(origin, seen, lines)
        return lines


def create_witness(folder: Path, name: str, *, ml_dsa_44: bool = False) -> Cosigner:
    """Make a witness in a folder of its own.

    Args:
        folder: made where it is not there.
        name: of its keys; best a host and path without a scheme, as in ``witness.example/one``.
        ml_dsa_44: whether it also signs by ML-DSA-44, which quantum computers are thought not to
            break; each line is then 3.3 kB longer.

    Raises:
        CheckpointError: the name can't be one.
        ConflictError: the folder holds a witness.
        OutsideError: the folder can't be written.
    """
    vkey(name, bytes(32), ED25519_COSIGNATURE)
    create_signer(folder / ED25519_FILE)
    if ml_dsa_44:
        create_cosigner(folder / ML_DSA_44_FILE)
    Notebook.create(folder / FILE, name).close()
    return open_witness(folder)


def open_witness(
    folder: Path, *, now: Callable[[], int] = lambda: int(clock.now().timestamp())
) -> Cosigner:
    """Open the witness of a folder.

    Raises:
        OutsideError: there is none, or its memory or key is lost.
    """
    notebook = Notebook(folder / FILE)
    name = notebook.name
    ed25519 = open_signer(folder / ED25519_FILE)
    keys: list[tuple[Vkey, Signer]] = [(Vkey(name, ED25519_COSIGNATURE, ed25519.public), ed25519)]
    if (folder / ML_DSA_44_FILE).exists():
        second = open_cosigner(folder / ML_DSA_44_FILE)
        keys.append((Vkey(name, ML_DSA_44_COSIGNATURE, second.public), second))
    return Cosigner(notebook, tuple(keys), now)
