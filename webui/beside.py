"""What an installation adds to an erasure: the duties of its policy, and its accounts.

Both are asked within the transaction of the entry, so that neither the API nor a command can go
around them, and so that nothing is half done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.erasing import Beside
from ledger.errors import ConflictError
from ledger.events.entry import decode_entry
from ledger.events.privacy import SubjectErased
from ledger.store.entries import read_entries
from policies.retention import Held, duties
from webui.identity.accounts import normal_address
from webui.identity.erased import change_lookup, forget_actor
from webui.identity.secret import keyed_lookup

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from ledger.events.privacy import SubjectRectified
    from ledger.query import Reader
    from policies import Document
    from policies.retention import Duty


def beside(
    reader: Reader,
    policy: Callable[[], Document],
    session_key: Callable[[], bytes],
    now: Callable[[], datetime],
) -> Beside:
    """The parts of an installation that an erasure concerns.

    Args:
        reader: of the ledger.
        policy: the policy in force.
        session_key: what addresses are looked up under.
        now: the clock.
    """

    def refuse(connection: Connection, event: SubjectErased) -> None:
        if event.erasure is None:
            return
        today = now().date().isoformat()
        for duty in duties_of(reader, connection, policy(), event.actor_id):
            if not duty.over(today):
                raise kept(duty)

    def follow(connection: Connection, event: SubjectErased | SubjectRectified) -> None:
        if isinstance(event, SubjectErased):
            forget_actor(connection, event.actor_id)
        elif event.email:
            lookup = keyed_lookup(session_key(), "email-lookup", normal_address(event.email))
            change_lookup(connection, event.actor_id, lookup)

    return Beside(refuse, follow)


def duties_of(
    reader: Reader, connection: Connection, document: Document, actor_id: str
) -> list[Duty]:
    """The rules of a policy that keep what the vault holds of somebody, the longest first."""
    if not document.retention:
        return []
    log = reader.log
    kinds = {kind for rule in document.retention for kind in rule.events}
    held = []
    for sequence in sorted({at for at, _ in log.vault.places_of(connection, actor_id)}):
        (row,) = read_entries(connection, log.log_id, sequence, sequence + 1)
        if row.kind in kinds:
            event = decode_entry(row.envelope).event
            held.append(Held(sequence, event, row.recorded_at[:10]))
    return duties(document, held, reader.registry(connection))


def kept(duty: Duty) -> ConflictError:
    """What whoever would destroy something that a duty keeps is told."""
    until = f"until {duty.until}" if duty.until else "as long as the version runs, and after that"
    return ConflictError(
        f"The rule {duty.rule} keeps entry {duty.entry} {until}: {duty.basis}.",
        code="kept-by-schedule",
        remedy="Refuse the request with its ground and day; or change the policy's retention.",
        entry=duty.entry,
        rule=duty.rule,
        until=duty.until or "",
    )
