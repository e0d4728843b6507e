"""The log itself: its beginning and end, its keys, and when its checkpoints were time-stamped."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ledger.core.digest import hex_digest
from ledger.events.event import Event, named
from ledger.events.names import (
    Count,
    Instant,
    KeyText,
    NoteText,
    PrivateText,
    PublicText,
    Sequence,
    Sha256,
    SignatureText,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


class LogKey(Value):
    """A public key and what it may sign.

    ``public`` is the raw key in hexadecimal (32 bytes of Ed25519, 1312 of ML-DSA-44), or for the
    seal the SHA-256 of the X.509 certificate in DER.
    """

    use: Literal["entries", "checkpoints", "cosignatures", "admissions", "seal"]
    algorithm: Literal["ed25519", "ml-dsa-44", "x509-sha256"]
    public: KeyText


class Loss(Value):
    """What a log had promised and no longer holds: entries ``since`` to ``promised_size`` - 1.

    ``promised_root`` is the root that was promised, ``checkpoint`` the signed note that promised it
    in base64, where it was kept, and ``source`` who kept it.
    """

    since: Sequence
    promised_size: Count
    promised_root: Sha256
    checkpoint: NoteText | None = None
    source: Literal["guard", "checkpoint"]


class Predecessor(Value):
    """The log that this one continues, and how far it reached.

    ``checkpoint`` is its last checkpoint, the signed note in base64, ``key`` the Ed25519 key that
    signed it. ``carried`` entries follow entry 0, before the first policy: the people, machines,
    roles and keys of the predecessor. ``loss`` says what the predecessor had promised beyond
    ``size``; with none, its last entry is the ``log.frozen`` that names this log.
    """

    origin: PublicText
    size: Count
    root: Sha256
    checkpoint: NoteText
    key: KeyText
    carried: Count
    loss: Loss | None = None


class LogCreated(Event):
    """Entry 0 of every log: its origin, its first keys and the set of schemas it starts with.

    ``previous`` binds a log that continues another to the end of that one.
    """

    kind: ClassVar[str] = "log.created"
    written_by_submit: ClassVar[bool] = True

    origin: PublicText
    keys: tuple[LogKey, ...]
    schemas: Sha256
    generator: PublicText
    previous: Predecessor | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"log:{self.origin}")


class CheckpointTimestamped(Event):
    """An authority stated that the published checkpoint of ``size`` entries existed by ``time``.

    ``note`` is the SHA-256 of the published note (the checkpoint and the log's own two lines),
    which is what was time-stamped; ``token`` that of the authority's answer in DER (RFC 3161,
    TimeStampResp), which is kept beside the log.
    """

    kind: ClassVar[str] = "checkpoint.timestamped"

    size: Count
    root: Sha256
    note: Sha256
    authority: PublicText
    token: Sha256
    time: Instant

    def subject_digests(self) -> Mapping[str, str]:
        return {f"checkpoint:{self.size}": self.root}


class KeyRotated(Event):
    """One of the log's own keys is replaced, with a proof that the new one is held.

    Without ``old`` it is the first key for admissions, of a log that was made without one.

    ``proof`` is the new key's signature, in hexadecimal, over five lines: a label, the log's
    origin, the use, and both public keys (see ``ledger.state.keys``). ``certificate`` is the root
    key's signature for the new key, once the log has a root.
    """

    kind: ClassVar[str] = "key.rotated"

    use: Literal["entries", "checkpoints", "cosignatures", "admissions"]
    algorithm: Literal["ed25519", "ml-dsa-44"]
    old: KeyText | None = None
    new: KeyText
    proof: SignatureText
    certificate: SignatureText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return {f"key:{self.use}": hex_digest(bytes.fromhex(self.new))}


class CertifiedKey(Value):
    """The root key's signature for one of the log's keys."""

    use: Literal["entries", "checkpoints", "cosignatures", "admissions"]
    certificate: SignatureText


class RootNamed(Event):
    """A root key, kept offline, from now on certifies every key of the log.

    ``public`` is an Ed25519 key; ``proof`` its signature, and ``by_previous`` that of the root that
    it replaces, over four lines; ``certificates`` are for the keys in force (see
    ``ledger.state.keys``).
    """

    kind: ClassVar[str] = "root.named"

    public: KeyText
    proof: SignatureText
    by_previous: SignatureText | None = None
    certificates: tuple[CertifiedKey, ...]

    def subject_digests(self) -> Mapping[str, str]:
        return {"key:root": hex_digest(bytes.fromhex(self.public))}


class KeyCompromised(Event):
    """A key that was replaced is not to be trusted from the entry ``trusted_until`` on."""

    kind: ClassVar[str] = "key.compromised"

    use: Literal["entries", "checkpoints", "cosignatures", "admissions"]
    public: KeyText
    trusted_until: Sequence
    reason: PrivateText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return {f"key:{self.use}": hex_digest(bytes.fromhex(self.public))}


class LogFrozen(Event):
    """The last entry of a log: everything after it is recorded in ``successor``, by its origin."""

    kind: ClassVar[str] = "log.frozen"

    successor: PublicText
    reason: PrivateText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"log:{self.successor}")
