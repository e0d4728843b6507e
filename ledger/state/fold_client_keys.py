"""Keys of workloads: enrolled once, revoked once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.core.signature import check_ed25519, key_fingerprint
from ledger.errors import ConflictError, InputError, SignatureError, UnknownSubjectError
from ledger.events.client_key import possession_message
from ledger.events.names import parse_instant
from ledger.state.aggregates import LogState
from ledger.state.client_keys import ClientKeyState
from ledger.state.fold_people import check_beginning

if TYPE_CHECKING:
    from ledger.events import client_key
    from ledger.state.aggregates import Aggregate
    from ledger.state.place import Place
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]


def key_enrolled(
    registry: Registry, event: client_key.WorkloadKeyEnrolled, place: Place
) -> Changes:
    """A workload has one more key, that nobody had before, and that it holds."""
    if registry.actor(event.actor_id).type != "workload":
        raise InputError("Only a workload has such keys.", pointer="/event/actor_id")
    state, public = registry.find(LogState, "log"), bytes.fromhex(event.public)
    origin = "" if state is None else state.origin
    if event.shown_in is not None:
        check_beginning(registry, "/event/shown_in")
        origin = event.shown_in
    try:
        message = possession_message(origin, event.actor_id, event.public)
        check_ed25519(public, bytes.fromhex(event.possession), message)
    except SignatureError as error:
        raise InputError(
            f"That the key is held is not shown: {error.sentence}",
            pointer="/event/possession",
            code=error.code,
        ) from None
    keyid = key_fingerprint(public)
    if registry.find(ClientKeyState, keyid) is not None:
        raise ConflictError("This key was enrolled before.", pointer="/event/public")
    if parse_instant(event.until) <= parse_instant(place.at):
        raise InputError("The key's time would be over.", pointer="/event/until")
    kept = event.model_dump(exclude={"possession", "shown_in"})
    return (ClientKeyState(since=place.sequence, keyid=keyid, **kept),)


def key_revoked(registry: Registry, event: client_key.WorkloadKeyRevoked, place: Place) -> Changes:
    """The key ends."""
    found = registry.find(ClientKeyState, event.key)
    if found is None:
        raise UnknownSubjectError(
            "No such key was enrolled.",
            pointer="/event/key",
            remedy="Name its fingerprint, the SHA-256 of the raw public key.",
        )
    if found.revoked is not None:
        raise ConflictError("This key was revoked before.", pointer="/event/key")
    return (found.but(revoked=place.sequence),)
