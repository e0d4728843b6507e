"""Keys of workloads as they stand, and whether a signed request holds.

``check_signed_request`` is asked before an entry is appended and whenever entries are folded:

1. the key was enrolled for this workload by the entry that the proof names, before this one, is
   not revoked and not past its time: it comes from the ledger, never from the proof;
2. its signature holds over the exact bytes (DSSE v1.0.2, Ed25519);
3. the request is to this log, by this workload, for this very command;
4. it has not expired, and was not to last longer than fifteen minutes;
5. the key reaches as far as the command.

That the nonce is the idempotency key, and was used once, is for whoever has the requests:
``check_nonce``, with ``ledger.batch`` and ``ledger.audit.walk``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, NoReturn

from ledger.core.digest import hex_digest
from ledger.core.encoding import canonical
from ledger.core.rfc4648 import from_base64
from ledger.core.signature import check_ed25519
from ledger.errors import LedgerError, ProofError
from ledger.events.assurance import AccessDenied
from ledger.events.command import command_digest
from ledger.events.names import parse_instant
from ledger.events.request import MOST_SECONDS, SignedRequest, read_request, signed_bytes
from ledger.state.aggregates import Aggregate, LogState, Search
from ledger.state.publishers import check_scope

if TYPE_CHECKING:
    from ledger.events.entry import Request
    from ledger.events.event import Event
    from ledger.events.proof import DsseProof
    from ledger.state.place import Place
    from ledger.state.registry import Registry


class ClientKeyState(Aggregate):
    """A key, as its entry says. ``revoked`` is the entry that ended it. Key: its fingerprint."""

    table: ClassVar[str] = "client_key"
    keyid: str
    actor_id: str
    public: str
    kinds: tuple[str, ...]
    models: tuple[str, ...] | None = None
    deploys_to: tuple[str, ...] | None = None
    until: str
    revoked: int | None = None

    @property
    def key(self) -> str:
        """Its fingerprint."""
        return self.keyid

    def search(self) -> Search:
        """By workload, and whether it is in force still."""
        status = "enrolled" if self.revoked is None else "revoked"
        return Search(actor=self.actor_id, status=status)


def check_signed_request(
    registry: Registry, proof: DsseProof, event: Event, place: Place
) -> SignedRequest:
    """Check a signed request on the state before its entry; what was signed.

    Raises:
        ProofError: what does not hold; ``code`` begins with ``request-``.
        ConflictError: ``key-scope``: the key does not reach so far.
    """
    key = _key_of(registry, proof, place)
    try:
        message, signature = signed_bytes(proof)
        check_ed25519(bytes.fromhex(key.public), signature, message)
    except LedgerError:
        _refuse("request-signature", "The workload's key did not sign this request.")
    said = read_request(from_base64(proof.envelope.payload))
    state = registry.find(LogState, "log")
    if state is None or said.log != state.origin:
        _refuse("request-log", "The request was signed for another log.")
    if said.actor != place.actor:
        _refuse("request-actor", "The request was signed for another workload.")
    if not _is_of(said, event):
        _refuse("request-command", "Another command was signed than is asked for.")
    now, expires = parse_instant(place.at), parse_instant(said.expires)
    if not now <= expires <= now + timedelta(seconds=MOST_SECONDS):
        _refuse("request-expired", "The request has expired, or would hold for too long.")
    check_scope(registry, key, event, "key-scope")
    return said


def check_nonce(said: SignedRequest, request: Request | None) -> None:
    """The command was asked for under the nonce that was signed.

    Raises:
        ProofError: ``request-nonce``.
    """
    key = hex_digest(f"{said.actor}\n{said.nonce}".encode())
    if request is None or request.idempotency_key != key:
        _refuse("request-nonce", "The idempotency key is not the nonce that was signed.")


def _key_of(registry: Registry, proof: DsseProof, place: Place) -> ClientKeyState:
    key = registry.find(ClientKeyState, proof.envelope.signatures[0].keyid)
    if key is None or key.since != proof.key or key.since >= place.sequence:
        _refuse("request-key", "No such key was enrolled.")
    if key.actor_id != place.actor:
        _refuse("request-key", "The key was enrolled for another workload.")
    if key.revoked is not None or parse_instant(key.until) <= parse_instant(place.at):
        _refuse("request-key-ended", "The key was revoked, or its time is over.")
    return key


def _is_of(said: SignedRequest, event: Event) -> bool:
    facts = canonical(said.command.event)
    if isinstance(event, AccessDenied):
        return command_digest(said.command.kind, facts).hex() == event.command
    return (said.command.kind, facts) == (event.kind, canonical(event.facts()))


def _refuse(code: str, sentence: str) -> NoReturn:
    raise ProofError(sentence, code=code, remedy="Sign the command again, with the enrolled key.")
