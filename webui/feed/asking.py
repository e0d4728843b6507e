"""What a feed asks for, step by step: recorded where the policy lets it, else proposed, else left.

Rules:

* nothing goes past the policy: what it keeps for people is proposed by the very command, once, and
  what it would refuse whoever carries it out is not asked for at all;
* ``administrator`` is only ever proposed, given or taken, whatever the policy would allow;
* steps are tried on a fork of the registry that nobody keeps, each on top of those before it, so
  what is shown beforehand is what is then asked for. Nobody is refused for the record.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from ledger.batch import Asked
from ledger.core.encoding import canonical
from ledger.errors import ConflictError
from ledger.events.change import PROPOSABLE, ChangeProposed, ChangeWithdrawn
from ledger.events.command import command_digest
from ledger.events.names import format_instant
from ledger.events.people import RoleGranted, RoleRevoked
from ledger.events.privacy import SubjectRectified
from ledger.state.aggregates import OpenChanges
from ledger.state.fold import Place, fold
from ledger.state.fold_changes import proposal_of
from ledger.state.privacy import SubjectState
from ledger.store.database import reading
from ledger.store.entries import read_head
from policies import sentence, without_asker
from webui.identity.administrators import ADMINISTRATOR
from webui.naming import namer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from ledger.events.actor import Actor
    from ledger.events.event import Event
    from ledger.state.registry import Registry
    from webui.wiring import Wiring

Outcome = Literal["recorded", "proposed", "waits", "left"]
MOST_AT_ONCE: Final = 400
# What others can still give to a proposal; anything else that is unmet, nobody could mend.
_OTHERS_GIVE: Final = frozenset({"E_NEED", "E_NOT_PROPOSED"})


@dataclass(frozen=True)
class Step:
    """What becomes of one thing that is asked for. ``why`` says why it is left."""

    event: Event
    outcome: Outcome
    why: str = ""


@dataclass
class Steps:
    """What is asked, one after another. ``commands`` are those to submit, in groups."""

    wiring: Wiring
    asker: Actor
    registry: Registry
    now: str
    _at: int
    _name_of: Callable[[str], str]
    commands: list[list[Event]] = field(default_factory=lambda: [[]])

    def begin(self) -> None:
        """What is asked from here on may be recorded apart from what was asked before."""
        if self.commands[-1]:
            self.commands.append([])

    def ask(self, event: Event, *, or_propose: bool = True) -> Step:
        """Ask for an event; what the policy keeps for people is proposed, unless that is no use."""
        decision = self.wiring.decide(self.registry, event, self.asker, self.now)
        if decision.allowed and not _is_about_administrators(event):
            return self._take(event, event)
        if event.kind not in PROPOSABLE or not or_propose:
            return Step(event, "left", self._said(decision.unmet))
        if proposal_of(self.registry, event) is not None:
            return Step(event, "waits")
        if never := [one for one in without_asker(decision.unmet) if one.code not in _OTHERS_GIVE]:
            return Step(event, "left", self._said(never))
        proposal = ChangeProposed.model_validate({"proposed": event.kind, "event": event.facts()})
        word = self.wiring.decide(self.registry, proposal, self.asker, self.now)
        if not word.allowed:
            return Step(event, "left", self._said(word.unmet))
        return self._take(proposal, event)

    def put_right(self, actor_id: str, name: str, email: str, *, or_propose: bool = True) -> Step:
        """Ask that the vault holds this name of somebody, and this address where there is one."""
        subject = self.registry.find(SubjectState, actor_id)
        last = subject.rectified if subject else None
        event = SubjectRectified(
            actor_id=actor_id,
            supersedes=self.registry.actor(actor_id).since if last is None else last,
            name=name,
            **({"email": email} if email else {}),
        )
        return self.ask(event, or_propose=or_propose)

    def withdraw(self, receiver: str, keep: Collection[str] = ()) -> int:
        """Take back what the asker proposed to give to somebody, but for some roles; how many."""
        kept = {
            command_digest(RoleGranted.kind, canonical(event.facts())).hex()
            for event in (RoleGranted(actor_id=receiver, role=role) for role in keep)
        }
        found = self.registry.find(OpenChanges, RoleGranted.kind)
        count = 0
        for number in sorted(found.commands.values() if found else ()):
            change = self.registry.change(number)
            ours = (change.receiver, change.proposer) == (receiver, self.asker.id)
            if ours and change.command not in kept:
                event = ChangeWithdrawn(change=number, command=change.command)
                count += self.ask(event).outcome == "recorded"
        return count

    def _take(self, command: Event, event: Event) -> Step:
        place = Place(self._at, self.now, self.asker.id)
        try:
            self.registry.apply(fold(self.registry, command, place), self._at)
        except ConflictError as error:
            return Step(event, "left", error.sentence)
        self._at += 1
        self.commands[-1].append(command)
        return Step(event, "recorded" if command is event else "proposed")

    def _said(self, results: Sequence[object]) -> str:
        told = dict.fromkeys(sentence(one, self._name_of) for one in results)  # type: ignore[arg-type]
        return "; ".join(told)


@contextmanager
def steps(wiring: Wiring, asker: Actor) -> Iterator[Steps]:
    """Steps on the ledger as it stands, for the length of a block, which only reads."""
    with reading(wiring.engine) as connection:
        head = read_head(connection, wiring.log.log_id)
        yield Steps(
            wiring,
            asker,
            wiring.reader.registry(connection).fork(),
            max(format_instant(wiring.now()), head.recorded_at),
            head.size,
            namer(wiring.reader, connection),
        )


def submit(wiring: Wiring, asker: Actor, commands: Sequence[Sequence[Event]]) -> int:
    """Submit groups of commands, as many groups at once as fit; how many commands.

    All of what fits is recorded or none, and a group is never parted.

    Raises:
        ConflictError: the ledger moved on meanwhile, or the policy changed: look again.
        LedgerError: as ``Submitter.submit``.
    """
    done, together = 0, list[Asked]()
    for group in [*commands, None]:
        if together and (group is None or len(together) + len(group) > MOST_AT_ONCE):
            receipts = wiring.submitter.submit_batch(asker, together)
            if any(receipt.outcome == "deny" for receipt in receipts):
                raise ConflictError(
                    "The policy refused what it would have allowed a moment ago.",
                    code="moved-on",
                    remedy="Look at the difference again.",
                )
            done += len(together)
            together = []
        together += [Asked(event) for event in group or ()]
    return done


def _is_about_administrators(event: Event) -> bool:
    return isinstance(event, RoleGranted | RoleRevoked) and event.role == ADMINISTRATOR


__all__ = ["MOST_AT_ONCE", "Outcome", "Step", "Steps", "steps", "submit"]
