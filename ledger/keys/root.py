"""The root key, which certifies the log's keys and is kept offline.

Two small files go between the machine of the log and the one where the root is: a request, which
names keys, and what the root answers. Neither holds a secret. The root signs nothing but the
messages of ``ledger.state.keys``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ledger.core.strict_json import read_strictly
from ledger.errors import InputError
from ledger.events.log import CertifiedKey, RootNamed
from ledger.events.names import KeyText, PublicText, SignatureText
from ledger.keys.signer import FileSigner, create_signer
from ledger.state.keys import ROOT, certificate_message, root_message

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.state.keys import KeyHistory


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def written(self) -> bytes:
        """The file's bytes."""
        return self.model_dump_json(indent=1).encode() + b"\n"


File = TypeVar("File", bound=_File)
_MOST_BYTES: Final = 64 * 1024


class RequestedKey(_File):
    """A key that the root is asked to certify."""

    use: Literal["entries", "checkpoints", "cosignatures", "admissions"]
    public: KeyText


class KeyRequest(_File):
    """What a log asks of its root: to certify keys; ``root`` is the one it has, if any."""

    format: Literal["counterseal-key-request/1"] = "counterseal-key-request/1"
    origin: PublicText
    root: KeyText | None = None
    keys: tuple[RequestedKey, ...]


class Certificate(_File):
    """A key and the root's signature for it."""

    use: Literal["entries", "checkpoints", "cosignatures", "admissions"]
    public: KeyText
    certificate: SignatureText


class KeyCertificates(_File):
    """What a root answers. ``proof`` and ``by_previous`` serve to name a new root."""

    format: Literal["counterseal-key-certificates/1"] = "counterseal-key-certificates/1"
    origin: PublicText
    root: KeyText
    proof: SignatureText
    by_previous: SignatureText | None = None
    keys: tuple[Certificate, ...]


def create_root(path: Path, passphrase: bytes) -> FileSigner:
    """Make a root key in a new, encrypted file.

    Raises:
        InputError: ``passphrase-missing``: a root is never stored as it is.
        OutsideError: the file exists already or can't be written.
    """
    if not passphrase:
        raise InputError(
            "A root key is never stored without a passphrase.",
            code="passphrase-missing",
            remedy="Name a file that holds it with --passphrase-file.",
        )
    return create_signer(path, passphrase)


def request_of(history: KeyHistory, new: tuple[str, bytes] | None = None) -> KeyRequest:
    """What to ask of the root: for a new key of a use, or for all keys that are in force."""
    asked = [new] if new else [(use, history.now(use) or b"") for use in history.certified_uses()]
    root = history.now(ROOT)
    return KeyRequest.model_validate(
        {
            "origin": history.origin,
            "root": root.hex() if root else None,
            "keys": [{"use": use, "public": public.hex()} for use, public in asked],
        }
    )


def certify(
    request: KeyRequest, root: FileSigner, previous: FileSigner | None = None
) -> KeyCertificates:
    """What the root answers; ``previous`` is the root that this one replaces.

    Raises:
        InputError: ``other-root``: the log has another root than these.
    """
    signing = previous or root
    if request.root is not None and request.root != signing.public.hex():
        raise InputError(
            f"The log has another root: {request.root}.",
            code="other-root",
            remedy="Certify with that one; to replace it, give it with --previous.",
        )
    old = request.root if previous is not None else None
    message = root_message(request.origin, old or "-", root.public.hex())
    return KeyCertificates(
        origin=request.origin,
        root=root.public.hex(),
        proof=root.sign(message).hex(),
        by_previous=previous.sign(message).hex() if previous is not None else None,
        keys=tuple(
            Certificate(
                use=one.use,
                public=one.public,
                certificate=root.sign(
                    certificate_message(request.origin, one.use, one.public)
                ).hex(),
            )
            for one in request.keys
        ),
    )


def naming(answer: KeyCertificates) -> RootNamed:
    """The event that names the root of an answer."""
    return RootNamed(
        public=answer.root,
        proof=answer.proof,
        by_previous=answer.by_previous,
        certificates=tuple(
            CertifiedKey(use=one.use, certificate=one.certificate) for one in answer.keys
        ),
    )


def read_request(data: bytes) -> KeyRequest:
    """Read a request.

    Raises:
        InputError: it is none.
    """
    return _read(KeyRequest, data)


def read_certificates(data: bytes) -> KeyCertificates:
    """Read what a root answered.

    Raises:
        InputError: it is no answer of a root.
    """
    return _read(KeyCertificates, data)


def _read(kind: type[File], data: bytes) -> File:
    try:
        plain = read_strictly(data, max_bytes=_MOST_BYTES, max_depth=8, max_digits=19)
        return kind.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"This is not the file it should be: {place}: {first['msg']}.", code="wrong-file"
        ) from None
