"""What is done for people whose data the vault holds: requests with their clock, erasure, holds.

One door for page, API and command. Every change is a command that the policy decides.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from ledger.errors import ConflictError, LedgerError
from ledger.events.names import format_instant
from ledger.events.privacy import SubjectErased
from ledger.store.database import reading
from webui.beside import duties_of
from webui.identity.errors import AdministratorError
from webui.tombstones import keep_tombstones, read_tombstones

if TYPE_CHECKING:
    from ledger.events.actor import Actor
    from ledger.receipt import Receipt
    from ledger.state.privacy import ErasureState
    from policies.retention import Duty
    from webui.wiring import Wiring

PRIVACY_ROLE: Final = "data_protection_officer"
READERS: Final = (PRIVACY_ROLE, "compliance", "auditor")
"""Who may look at the requests of others."""
_ATTEMPTS: Final = 3
_MONTHS: Final = 12


@dataclass(frozen=True)
class Request:
    """A request for erasure, when its answer is due, and what would keep its data now."""

    state: ErasureState
    due: str
    overdue: bool
    texts: int
    duties: tuple[Duty, ...]


def due_on(received: str) -> str:
    """The day one month after a request was received (Art. 12(3); Regulation 1182/71, Art. 3)."""
    day = date.fromisoformat(received)
    year, month = divmod(day.year * _MONTHS + day.month, _MONTHS)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last)).isoformat()


def request_of(wiring: Wiring, state: ErasureState) -> Request:
    """A request with what a person must know to answer it."""
    today = wiring.now().date().isoformat()
    done = state.status in {"refused", "carried_out"}
    policy = wiring.policy()
    with reading(wiring.engine) as connection:
        texts = 0 if done else wiring.log.vault.count(connection, state.actor)
        keeping = [] if done else duties_of(wiring.reader, connection, policy, state.actor)
    due = due_on(state.received)
    kept = tuple(duty for duty in keeping if not duty.over(today))
    return Request(state, due, not done and due < today, texts, kept)


def carry_out(wiring: Wiring, actor: Actor, erasure: int) -> Receipt:
    """Carry out an approved erasure: count what is there, say so, destroy it.

    Raises:
        UnknownSubjectError: there is no such request.
        ConflictError: it is not approved, a hold or a rule keeps the data, or the person still
            holds roles.
    """
    state = wiring.reader.erasure(erasure)
    return erase(wiring, actor, state.actor, erasure=erasure)


def erase(
    wiring: Wiring,
    actor: Actor,
    subject: str,
    *,
    erasure: int | None = None,
    lost: int | None = None,
) -> Receipt:
    """Record what is destroyed of a person and destroy it; again where texts were added meanwhile.

    Raises:
        ConflictError: as ``carry_out``.
    """
    for attempt in range(_ATTEMPTS):
        with reading(wiring.engine) as connection:
            texts = wiring.log.vault.count(connection, subject)
            keys = wiring.log.vault.key_ids(connection, subject)
        event = SubjectErased(actor_id=subject, erasure=erasure, lost=lost, texts=texts, keys=keys)
        try:
            receipt = wiring.submitter.submit(actor, event)
        except ConflictError as error:
            if error.code != "erasure-outdated" or attempt + 1 == _ATTEMPTS:
                raise
        else:
            keep_tombstones(wiring)
            return receipt
    raise AssertionError  # the loop returns or raises


def record_erased_again(wiring: Wiring) -> list[int]:
    """Record the erasures that the ledger does not know, where that can be done; their entries."""
    if wiring.log.alarm:
        return []
    found = []
    for stone in read_tombstones(wiring.settings, wiring.log.origin):
        known = wiring.reader.subject(stone.actor_id)
        if known is not None and known.erased is not None:
            continue
        try:
            wiring.reader.actor(stone.actor_id)
            receipt = erase(wiring, wiring.service, stone.actor_id, lost=stone.entry)
        except LedgerError:
            continue  # never enrolled in what was put back, or held: asked again at the next start
        if receipt.outcome == "allow":
            found.append(receipt.sequence)
    return found


def may_read(wiring: Wiring, actor_id: str) -> bool:
    """Whether somebody may look at what others asked for."""
    actor = wiring.reader.actor(actor_id)
    now = format_instant(wiring.now())
    return any(actor.holds(role, now) for role in READERS)


def check_reader(wiring: Wiring, actor_id: str, subject: str = "") -> None:
    """Let only those look who may: the privacy role, compliance, auditors, and whom it is about.

    Raises:
        AdministratorError: none of them.
    """
    if actor_id != subject and not may_read(wiring, actor_id):
        raise AdministratorError(
            "Only the data protection officer, compliance and auditors may see this.",
            remedy="Ask one of them. What is about yourself is on your own account's page.",
        )
