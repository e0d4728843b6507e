"""Passkeys: enrolled, revoked, and used to sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.core.assertion import check_public_key, parse_authenticator_data
from ledger.core.rfc4648 import from_base64
from ledger.errors import ConflictError, InputError, SignatureError
from ledger.events.approval import read_statement
from ledger.state.fold_changes import proposal_of
from ledger.state.fold_people import check_beginning
from ledger.state.passkeys import ActorPasskeys, PasskeyState, Used, credential_key

if TYPE_CHECKING:
    from ledger.events import passkey
    from ledger.events.proof import WebAuthnProof
    from ledger.state.aggregates import Aggregate
    from ledger.state.place import Place
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]

MOST_KEYS = 16
"""Of one actor that count at a time."""


def key_enrolled(registry: Registry, event: passkey.KeyEnrolled, place: Place) -> Changes:
    """A person has one more key, that nobody had before."""
    if registry.actor(event.actor_id).type != "person":
        raise ConflictError("Only persons have passkeys.", pointer="/event/actor_id")
    try:
        check_public_key(event.algorithm, from_base64(event.public))
    except SignatureError as error:
        raise InputError(error.sentence, pointer="/event/public", code=error.code) from None
    digest = credential_key(event.credential)
    if registry.find(PasskeyState, digest) is not None:
        raise ConflictError("This key was enrolled before.", pointer="/event/credential")
    held = registry.find(ActorPasskeys, event.actor_id)
    keys = held.passkeys if held else ()
    if len(keys) >= MOST_KEYS:
        raise ConflictError(f"A person has at most {MOST_KEYS} passkeys.", pointer="/event")
    if event.earlier is not None:
        check_beginning(registry, "/event/earlier")
    asked = proposal_of(registry, event)
    agreed = () if asked is None else asked.votes
    made = PasskeyState(
        since=place.sequence,
        actor=event.actor_id,
        credential=event.credential,
        algorithm=event.algorithm,
        public=event.public,
        rp_id=event.rp_id,
        origin=event.origin,
        backup_eligible=event.backup_eligible,
        aaguid=event.aaguid,
        attestation_format=event.attestation_format,
        enrolled_at=place.at,
        by=place.actor,
        change=None if asked is None else asked.since,
        countersigned=tuple(vote.actor for vote in agreed if vote.approves),
    )
    if event.earlier is not None:
        made = _as_it_was(made, event.earlier)
    since = held.since if held else place.sequence
    return (made, ActorPasskeys(since=since, actor=event.actor_id, passkeys=(*keys, digest)))


def _as_it_was(made: PasskeyState, earlier: passkey.EarlierEnrolment) -> PasskeyState:
    """A key that comes over: who enrolled it, who agreed and how far it counted go on."""
    return made.but(
        enrolled_at=earlier.at,
        by=earlier.by,
        countersigned=earlier.countersigned,
        count=earlier.count,
        earlier=(earlier.origin, earlier.entry),
    )


def key_revoked(registry: Registry, event: passkey.KeyRevoked, place: Place) -> Changes:
    """A key counts no more."""
    found = registry.find(PasskeyState, credential_key(event.credential))
    held = registry.find(ActorPasskeys, event.actor_id)
    if found is None or held is None or found.actor != event.actor_id or found.until is not None:
        raise ConflictError(
            "This person has no such key in force.",
            pointer="/event/credential",
            remedy="Name one of the person's keys by its credential id.",
        )
    rest = tuple(key for key in held.passkeys if key != found.key)
    return (
        found.but(until=place.sequence, until_at=place.at),
        held.but(passkeys=rest),
    )


def signed(registry: Registry, proof: WebAuthnProof, place: Place) -> Changes:
    """A key has signed: its counter moves on, and the nonce is spent.

    Nonces whose statements have expired are forgotten: what has expired is refused anyway.
    """
    found = registry.passkey(proof.credential)
    statement = read_statement(from_base64(proof.statement))
    count = parse_authenticator_data(from_base64(proof.authenticator_data)).count
    lasting = tuple(one for one in found.used if one.expires >= place.at)
    spent = Used(nonce=statement.nonce, expires=statement.expires)
    return (found.but(count=max(count, found.count), used=(*lasting, spent)),)
