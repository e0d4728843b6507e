"""The log's own keys over time: which key may sign what, at which place.

Rules:

* entry 0 names the first keys; a rotation is an entry, signed like every other by the old key for
  entries, with a proof that whoever asks holds the new key;
* a new key for entries counts from the next entry on; a new key for checkpoints or cosignatures
  counts for every tree that holds the rotation;
* a retired key stays the key of its time: what it signed then still verifies;
* a key that was replaced may be said to be compromised from an entry on: what it signed from there
  to its replacement stands by the tree and by whoever witnessed it, not by the signature;
* no key is ever used twice;
* once a root key is named, every new key carries the root's certificate, and another root the word
  of the one before it. The root's private half is never on a machine of the service.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ledger.core.cosignature import check_ml_dsa_44
from ledger.core.signature import check_ed25519
from ledger.errors import ConflictError, InputError, SignatureError
from ledger.events.log import KeyCompromised, KeyRotated, LogCreated, RootNamed

if TYPE_CHECKING:
    from ledger.events.event import Event

KEY_KINDS: Final = frozenset(
    {LogCreated.kind, KeyRotated.kind, KeyCompromised.kind, RootNamed.kind}
)
USES: Final = ("entries", "checkpoints", "cosignatures")
"""The uses that every log has a key for, which a root certifies."""
ADMISSIONS: Final = "admissions"
"""Signs admission receipts, never an entry; a log may have none. A root certifies it too."""
ROOT: Final = "root"
_POSSESSION: Final = "counterseal/key-possession/v1"
_CERTIFICATE: Final = "counterseal/key-certificate/v1"
_ROOT_NAMED: Final = "counterseal/root/v1"


@dataclass(frozen=True, slots=True)
class KeySpan:
    """A key and the places where it counts: from ``since`` to ``until - 1``, or for ever (-1).

    ``doubtful`` is the entry from which on it is said to be compromised, or -1.
    """

    use: str
    public: bytes
    since: int
    until: int = -1
    doubtful: int = -1

    def holds(self, sequence: int) -> bool:
        """Whether it counts at a place."""
        return self.since <= sequence and (self.until < 0 or sequence < self.until)


@dataclass(frozen=True, slots=True)
class KeyHistory:
    """Every key that the log ever had, oldest first."""

    origin: str = ""
    spans: tuple[KeySpan, ...] = ()

    def at(self, use: str, sequence: int) -> bytes | None:
        """The public key that may sign for a use at a place; for a tree, that of its last entry."""
        for span in reversed(self.spans):
            if span.use == use and span.holds(sequence):
                return span.public
        return None

    def now(self, use: str) -> bytes | None:
        """The public key in force after the last entry."""
        for span in reversed(self.spans):
            if span.use == use and span.until < 0:
                return span.public
        return None

    def of(self, use: str) -> tuple[KeySpan, ...]:
        """The keys of a use, oldest first."""
        return tuple(span for span in self.spans if span.use == use)

    def certified_uses(self) -> tuple[str, ...]:
        """The uses whose keys in force a root certifies."""
        return USES if self.now(ADMISSIONS) is None else (*USES, ADMISSIONS)

    def doubtful(self) -> tuple[KeySpan, ...]:
        """Keys that signed in a time from which on they are said to be compromised."""
        return tuple(
            span for span in self.spans if span.doubtful >= 0 and span.doubtful < span.until
        )

    def after(self, event: Event, sequence: int) -> KeyHistory:
        """The history after an entry of ``KEY_KINDS``; any other entry changes nothing.

        Raises:
            ConflictError: the key that it replaces is not in force, or the new one was used before.
            InputError: the new key's proof of possession does not hold.
        """
        if isinstance(event, LogCreated):
            spans = tuple(KeySpan(key.use, bytes.fromhex(key.public), 0) for key in event.keys)
            return KeyHistory(event.origin, spans)
        if isinstance(event, KeyRotated):
            return self._rotated(event, sequence)
        if isinstance(event, KeyCompromised):
            return self._compromised(event)
        if isinstance(event, RootNamed):
            return self._rooted(event, sequence)
        return self

    def _rotated(self, event: KeyRotated, sequence: int) -> KeyHistory:
        old = bytes.fromhex(event.old) if event.old is not None else None
        new = bytes.fromhex(event.new)
        if self.now(event.use) != old or (old is None and event.use != ADMISSIONS):
            raise ConflictError(
                "Another key is in force than the one this rotation replaces.",
                pointer="/event/old",
                remedy="Read the keys in force with `counterseal key list`.",
            )
        if any(span.public == new for span in self.spans):
            raise ConflictError("A key is never used twice.", pointer="/event/new")
        check_possession(self.origin, event)
        root = self.now(ROOT)
        if root is not None:
            check_certificate(self.origin, root, event.use, event.new, event.certificate)
        turn = sequence + 1 if event.use == "entries" else sequence
        spans = tuple(
            replace(span, until=turn) if span.use == event.use and span.until < 0 else span
            for span in self.spans
        )
        return KeyHistory(self.origin, (*spans, KeySpan(event.use, new, turn)))

    def _rooted(self, event: RootNamed, sequence: int) -> KeyHistory:
        old, new = self.now(ROOT), bytes.fromhex(event.public)
        if any(span.public == new for span in self.spans):
            raise ConflictError("A key is never used twice.", pointer="/event/public")
        message = root_message(self.origin, old.hex() if old else "-", event.public)
        _check_word(new, event.proof, message, "/event/proof")
        if old is not None:
            _check_word(old, event.by_previous, message, "/event/by_previous")
        given: dict[str, str] = {one.use: one.certificate for one in event.certificates}
        for use in self.certified_uses():
            public = self.now(use) or b""
            check_certificate(self.origin, new, use, public.hex(), given.get(use))
        spans = tuple(
            replace(span, until=sequence) if span.use == ROOT and span.until < 0 else span
            for span in self.spans
        )
        return KeyHistory(self.origin, (*spans, KeySpan(ROOT, new, sequence)))

    def _compromised(self, event: KeyCompromised) -> KeyHistory:
        public = bytes.fromhex(event.public)
        known = next((one for one in self.spans if one.public == public), None)
        if known is None or known.use != event.use:
            raise ConflictError("The log never had this key.", pointer="/event/public")
        if known.until < 0:
            raise ConflictError(
                "This key is in force; it is replaced first.",
                pointer="/event/public",
                remedy="Run `counterseal key rotate` first.",
            )
        spans = tuple(
            replace(span, doubtful=event.trusted_until) if span.public == public else span
            for span in self.spans
        )
        return KeyHistory(self.origin, spans)


def possession_message(origin: str, use: str, old: str | None, new: str) -> bytes:
    """What a new key signs to show that whoever brings it holds it: five lines of ASCII.

    A key that replaces none has a dash in the place of the old one.
    """
    return f"{_POSSESSION}\n{origin}\n{use}\n{old or '-'}\n{new}\n".encode("ascii")


def check_possession(origin: str, event: KeyRotated) -> None:
    """Check the proof of a rotation.

    Raises:
        InputError: it does not hold.
    """
    message = possession_message(origin, event.use, event.old, event.new)
    check = check_ml_dsa_44 if event.algorithm == "ml-dsa-44" else check_ed25519
    try:
        check(bytes.fromhex(event.new), bytes.fromhex(event.proof), message)
    except SignatureError:
        raise InputError(
            "The new key's proof of possession does not hold.",
            pointer="/event/proof",
            code="possession-unproved",
            remedy="Rotate with `counterseal key rotate`, which makes the proof.",
        ) from None


def certificate_message(origin: str, use: str, public: str) -> bytes:
    """What a root signs for one of the log's keys: four lines of ASCII."""
    return f"{_CERTIFICATE}\n{origin}\n{use}\n{public}\n".encode("ascii")


def root_message(origin: str, old: str, new: str) -> bytes:
    """What a new root signs, and the root before it (``-``: none): four lines of ASCII."""
    return f"{_ROOT_NAMED}\n{origin}\n{old}\n{new}\n".encode("ascii")


def check_certificate(
    origin: str, root: bytes, use: str, public: str, certificate: str | None
) -> None:
    """Check a root's certificate for a key.

    Raises:
        InputError: ``not-certified``: there is none, or it does not hold.
    """
    message = certificate_message(origin, use, public)
    _check_word(root, certificate, message, "/event/certificate")


def _check_word(public: bytes, signature: str | None, message: bytes, pointer: str) -> None:
    try:
        check_ed25519(public, bytes.fromhex(signature or ""), message)
    except SignatureError:
        raise InputError(
            "The word of the root key is missing, or does not hold.",
            pointer=pointer,
            code="not-certified",
            remedy="Let the root certify it: `counterseal key request`, then `key certify`.",
        ) from None
