"""Who is told of an entry by name, subscribed or not: whom it asks, answers, or the policy names.

Somebody who is asked to look is told, and whoever stands in for them; of a comment, those who were
asked and whoever asked for the release; of a recall, whoever answers for a model of which a version
descends from what was recalled; of a deprecation, whoever owns the model, asked for a release of
the version or deployed it. Nobody is told of what they did themselves, but for what
their passkey signed: that they should hear of, with the digest of the statement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.core.envelope import parse_envelope
from ledger.events.entry import decode_entry, decode_envelope
from ledger.events.model import VersionDeprecated
from ledger.events.names import format_instant
from ledger.events.proof import WebAuthnProof
from ledger.events.recall import RecallPlaced
from ledger.events.release import (
    ReleaseApproved,
    ReleaseAssigned,
    ReleaseCommented,
    ReleaseRejected,
)
from ledger.state.aggregates import ModelState
from ledger.store.database import reading
from policies import whose_turn
from policies.decide import NOTIFY
from policies.holding import Reach, holders
from webui.life.lineage import owners_of_descendants
from webui.life.retiring import users_of

if TYPE_CHECKING:
    from ledger.store.entries import StoredEntry
    from webui.wiring import Wiring

TOLD_BY_NAME: Final = frozenset(
    {
        ReleaseAssigned.kind,
        ReleaseCommented.kind,
        ReleaseApproved.kind,
        ReleaseRejected.kind,
        RecallPlaced.kind,
        VersionDeprecated.kind,
    }
)
_NOTIFY: Final = f'"{NOTIFY}"'.encode()


def asked_by_name(wiring: Wiring, release: int) -> frozenset[str]:
    """Who was asked last to look at a release, and who stands in for them now."""
    with reading(wiring.engine) as connection:
        registry = wiring.reader.registry(connection)
        assignment = registry.assignment(release)
        if assignment is None:
            return frozenset()
        turn = whose_turn(registry, assignment, format_instant(wiring.now()))
    return frozenset(turn).union(*turn.values())


def concerned_by_name(wiring: Wiring, row: StoredEntry) -> frozenset[str]:
    """Whom an entry of these kinds is told to by name."""
    entry = decode_entry(row.envelope)
    event = entry.event
    if isinstance(entry.proof, WebAuthnProof):
        return frozenset({row.actor})
    found: frozenset[str] = frozenset()
    if isinstance(event, (ReleaseAssigned, ReleaseCommented)):
        found = asked_by_name(wiring, event.release)
    if isinstance(event, ReleaseCommented):
        found |= {wiring.reader.release(event.release).requester}
    if isinstance(event, RecallPlaced):
        found = owners_of_descendants(wiring.reader, event.material)
    if isinstance(event, VersionDeprecated):
        found = users_of(wiring.reader, event.model, event.version)
    return found - {row.actor}


def owed_by_policy(wiring: Wiring, row: StoredEntry) -> frozenset[str]:
    """Whom the policy told to be told: parties as they were then, holders of roles as they are now.

    A role that is given for some models counts for these.
    """
    envelope = parse_envelope(row.envelope)
    if _NOTIFY not in envelope.payload:
        return frozenset()  # nearly every entry, and reading one whole takes twenty times as long
    decision = decode_envelope(row.envelope, envelope).decision
    duties = [one.params for one in decision.owed if one.code == NOTIFY] if decision else []
    if not duties:
        return frozenset()
    with reading(wiring.engine) as connection:
        registry = wiring.reader.registry(connection)
        model = registry.find(ModelState, row.model) if row.model else None
        tags = (model.tags or ()) if model else ()
        reach = Reach(row.model, tags, format_instant(wiring.now()))
        held = {
            holder
            for params in duties
            for role in _list(params.get("roles"))
            for holder in holders(registry, role, reach)
            if registry.actor(holder).type == "person"
        }
    return frozenset(held).union(*(_list(params.get("people")) for params in duties))


def _list(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else []


def still_concerns(wiring: Wiring, row: StoredEntry) -> bool:
    """Whether there still is something to look at: nobody is sent to a release that is over."""
    event = decode_entry(row.envelope).event
    if not isinstance(event, ReleaseAssigned):
        return True
    assignment = wiring.reader.assignment(event.release)
    status = wiring.reader.release(event.release).status
    return status == "open" and assignment is not None and assignment.asked == row.sequence
