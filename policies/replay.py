"""Replay: every decision of a ledger taken again, and compared byte for byte.

A decision is a function of the state before its entry, the event, the asker, the recorded time and
the policy in force, all of which the ledger holds. So it must come out the same again, in canonical
JSON, for as long as the engine that took it is at hand. What does not is named by requirement:
somebody with the log's key wrote a decision that no policy took, or a program decided wrongly.

A refusal keeps only the digest of what was refused; where the command can't be told from it
(``policies.refused``), it is checked that the policy asks what the refusal names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ledger.core.encoding import canonical
from ledger.errors import LedgerError
from ledger.events.assurance import AccessDenied, PolicyActivated
from ledger.events.release import ReleaseGranted, ReleaseLapsed
from ledger.state.fold import Place, fold
from ledger.state.redecide import DIFFERS, IMPOSSIBLE, NOT_KEPT, Redecided
from ledger.state.registry import Registry
from policies.decide import ENGINE, compile_document, decide_with
from policies.document import Document, document_digest
from policies.errors import PolicyError
from policies.filed import filed_in, whole
from policies.refused import refused_command

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ledger.events.decision import Decision
    from ledger.events.entry import Entry
    from ledger.events.event import Event
    from policies.decide import Compiled

ENGINES: Final = frozenset({ENGINE})
"""The engines that this program can decide with."""
_MOST_TOLD: Final = 5
MOST_WRONG: Final = 100
_MOST_KNOWN: Final = 4_096


@dataclass(frozen=True)
class Difference:
    """One requirement that says something else now; empty text where it said nothing.

    ``recorded`` and ``found`` are canonical JSON.
    """

    gate: str
    requirement: str
    recorded: str
    found: str


@dataclass(frozen=True)
class Replayed:
    """One entry, decided again: ``code`` is empty where the same came out byte for byte."""

    entry: Entry
    code: str = ""
    why: str = ""
    differences: tuple[Difference, ...] = ()

    @property
    def sentence(self) -> str:
        """What is to be said of it, empty where the same came out."""
        if self.code != DIFFERS:
            return self.why
        named = [f"{one.gate}/{one.requirement}" for one in self.differences[:_MOST_TOLD]]
        more = len(self.differences) - len(named)
        others = f" and {more} more" if more else ""
        return f"Decided again, it comes out otherwise: {', '.join(named)}{others}."


@dataclass
class Tally:
    """What came out of many: how many the same, how many refusals not kept, and what is wrong."""

    same: int = 0
    not_kept: int = 0
    wrong: list[Replayed] = field(default_factory=list)
    more: int = 0

    def add(self, one: Replayed) -> None:
        """Count one; of what is wrong the first ``MOST_WRONG`` are kept."""
        if not one.code:
            self.same += 1
        elif one.code == NOT_KEPT:
            self.not_kept += 1
        elif len(self.wrong) < MOST_WRONG:
            self.wrong.append(one)
        else:
            self.more += 1


class Replayer:
    """Decides entries again, in their order from the first. One for each run."""

    def __init__(self) -> None:
        self._compiled: Compiled | None = None
        self._unreadable = ""
        self._asked: frozenset[tuple[str, str, str]] = frozenset()
        self._known: dict[int, tuple[Decision, bytes]] = {}

    def __call__(self, registry: Registry, entry: Entry) -> Redecided | None:
        """As ``ledger.state.redecide`` says."""
        found = self.replay(registry, entry)
        return None if found is None else Redecided(found.code, found.sentence)

    def replay(self, registry: Registry, entry: Entry) -> Replayed | None:
        """Decide one entry again on the registry before it; None if nobody decided it."""
        found = None if entry.decision is None else self._again(registry, entry, entry.decision)
        self.follow(registry, entry)
        return found

    def follow(self, registry: Registry, entry: Entry) -> None:
        """Take note of an entry without deciding it again: it may change the policy."""
        if isinstance(entry.event, PolicyActivated):
            self._turn(entry.event, registry)

    @property
    def compiled(self) -> Compiled | None:
        """The policy in force behind the last entry, where it can be read."""
        return self._compiled

    def command(self, registry: Registry, entry: Entry) -> Event | None:
        """What was decided about in an entry, where that can be told."""
        roles = () if self._compiled is None else tuple(self._compiled.document.roles)
        return decided_event(registry, entry, roles)

    def _turn(self, event: PolicyActivated, registry: Registry) -> None:
        self._compiled, self._unreadable, self._asked = None, "", frozenset()
        try:
            document = Document.from_canonical(whole(event, filed_in(registry)))
        except PolicyError as error:
            self._unreadable = error.bare
            return
        if document_digest(document) != event.digest:
            self._unreadable = "it is not the one that its digest names"
            return
        self._compiled = compile_document(document, event.digest)
        self._asked = frozenset(
            (gate.event, gate.id, item.id) for gate in document.gates for item in gate.require
        )

    def _again(self, registry: Registry, entry: Entry, recorded: Decision) -> Replayed:
        if recorded.engine not in ENGINES:
            why = f"It can't be replayed: engine {recorded.engine} is not present."
            return Replayed(entry, IMPOSSIBLE, why)
        if self._compiled is None:
            why = f"It can't be replayed: the policy in force can't be read ({self._unreadable})."
            return Replayed(entry, IMPOSSIBLE, why)
        event = self.command(registry, entry)
        if event is None:
            return self._at_least_asked(entry, recorded)
        found = decide_with(
            self._compiled, registry, event, entry.actor, entry.recorded_at, entry.proof
        )
        if _bytes(found) == self._recorded(recorded):
            return Replayed(entry)
        return Replayed(entry, DIFFERS, differences=_differences(recorded, found))

    def _recorded(self, decision: Decision) -> bytes:
        """The bytes of a recorded decision; the same one is often read again and again."""
        kept = self._known.get(id(decision))
        if kept is not None and kept[0] is decision:
            return kept[1]
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        written = _bytes(decision)
        self._known[id(decision)] = (decision, written)
        return written

    def _at_least_asked(self, entry: Entry, recorded: Decision) -> Replayed:
        """A refusal whose command is not known: its policy at least asks what it names."""
        kind = entry.event.attempted if isinstance(entry.event, AccessDenied) else entry.kind
        strange = tuple(
            Difference(item.gate, item.requirement, _text(item), "")
            for item in recorded.results
            if item.gate != "policy" and (kind, item.gate, item.requirement) not in self._asked
        )
        if strange or (self._compiled and recorded.policy != self._compiled.digest):
            wrong = strange or (Difference("policy", "digest", recorded.policy, ""),)
            return Replayed(entry, DIFFERS, differences=wrong)
        return Replayed(entry, NOT_KEPT, "Of what was refused only a digest is kept.")


def decided_event(registry: Registry, entry: Entry, roles: tuple[str, ...]) -> Event | None:
    """What an entry's decision was about, on the registry before it; None if it can't be told."""
    event = entry.event
    if isinstance(event, AccessDenied):
        return refused_command(event, registry, entry.actor.id, roles)
    if isinstance(event, (ReleaseGranted, ReleaseLapsed)):
        return ReleaseGranted(
            release=event.release,
            model=event.model,
            version=event.version,
            environment=event.environment,
            artifact=event.artifact,
            approvals=(),
        )
    return event


def replay(entries: Iterable[Entry]) -> Iterator[Replayed]:
    """Decide a whole ledger again, from its first entry on; flat in memory but for the registry.

    Raises:
        LedgerError: an entry makes no sense on the state before it; the ledger does not verify.
    """
    replayer = Replayer()
    for registry, entry in folding(entries):
        found = replayer.replay(registry, entry)
        if found is not None:
            yield found


def folding(entries: Iterable[Entry]) -> Iterator[tuple[Registry, Entry]]:
    """Each entry with the registry as it stood before; folded in once the next is asked for.

    Raises:
        LedgerError: an entry makes no sense on the state before it; ``numbers["entry"]`` is its.
    """
    registry = Registry()
    for entry in entries:
        yield registry, entry
        place = Place(entry.sequence, entry.recorded_at, entry.actor.id, entry.proof)
        try:
            registry.apply(fold(registry, entry.event, place), entry.sequence)
        except LedgerError as error:
            error.numbers["entry"] = entry.sequence
            raise


def _bytes(decision: Decision) -> bytes:
    return canonical(decision.model_dump(mode="json", exclude_defaults=True))


def _text(part: Any) -> str:
    return canonical(part.model_dump(mode="json", exclude_defaults=True)).decode()


def _differences(recorded: Decision, found: Decision) -> tuple[Difference, ...]:
    """Where two decisions part: by requirement, then the rest."""
    before, after = (
        {(item.gate, item.requirement): _text(item) for item in decision.results}
        for decision in (recorded, found)
    )
    parted = [
        Difference(*place, before.get(place, ""), after.get(place, ""))
        for place in {**before, **after}
        if before.get(place) != after.get(place)
    ]
    parted += [
        Difference("policy", name, str(getattr(recorded, name)), str(getattr(found, name)))
        for name in ("outcome", "policy", "engine")
        if getattr(recorded, name) != getattr(found, name)
    ]
    return tuple(parted) or (Difference("policy", "order", _text(recorded), _text(found)),)
