"""Simulate: the real past of a ledger under another policy.

Every decision that was taken is taken again by the candidate, on the state as it then was: the
approvals that were given, the documents and metrics that were there. Where an event could have
completed or undone a release, the candidate is asked about that release as well. What is found is
not a forecast: people would have acted otherwise under other rules.

Three verdicts: newly allowed, newly refused, and not decidable, where all that keeps the candidate
from allowing is that it reads what nobody recorded then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.errors import UnknownSubjectError
from ledger.events.actor import Actor
from ledger.events.assurance import AccessDenied
from ledger.events.release import ReleaseApproved, ReleaseGranted, ReleaseLapsed
from ledger.state.aggregates import ReleaseState
from ledger.state.concerns import about
from ledger.state.consequences import affected_releases
from policies.decide import compile_document, decide_with
from policies.document import document_digest
from policies.pending import granting
from policies.replay import Replayer, folding
from policies.simulation import Change, OpenRelease, Simulation, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.events.decision import Decision, Result
    from ledger.events.entry import Entry
    from ledger.events.event import Event
    from ledger.events.proof import Proof
    from ledger.state.registry import Registry
    from policies.decide import Compiled
    from policies.document import Document

_NOBODY = Actor(id="0" * 32, type="service", via="service")
_SUBMITTED_BY_NOBODY = (ReleaseGranted, ReleaseLapsed)


def simulate(
    entries: Iterable[Entry], candidate: Document, *, since: int = 0, now: str = ""
) -> Simulation:
    """Decide the past of a ledger under another policy.

    Args:
        entries: all of them, in order from the first; taken one at a time.
        candidate: the policy that might have been in force.
        since: entries before this one are folded, but not compared.
        now: for the releases that are open at the end (RFC 3339); the last entry's time by default.

    Raises:
        LedgerError: an entry makes no sense on the state before it; the ledger does not verify.
    """
    run = _Run(candidate, since)
    for registry, entry in folding(entries):
        run.take(registry, entry)
    run.end(now)
    return run.found


class _Run:
    def __init__(self, candidate: Document, since: int) -> None:
        digest = document_digest(candidate)
        self.found = Simulation(digest, since=since)
        self._candidate = compile_document(candidate, digest)
        self._in_force = Replayer()
        self._service = _NOBODY
        self._registry: Registry | None = None
        self._last: Entry | None = None
        self._cause: Entry | None = None
        self._touched: list[int] = []
        self._allowed: set[int] = set()
        self._refused: dict[int, Change | None] = {}

    def take(self, registry: Registry, entry: Entry) -> None:
        """One entry, on the registry before it."""
        if self._last is None:
            self._service = entry.actor
        self._after_last(registry, entry)
        self.found.size = entry.sequence + 1
        if entry.decision is not None and entry.sequence >= self.found.since:
            self._compare(registry, entry, entry.decision)
        self._in_force.follow(registry, entry)
        self._registry, self._last = registry, entry
        if not isinstance(entry.event, (*_SUBMITTED_BY_NOBODY, AccessDenied)):
            self._touched = [-1]

    def _after_last(self, registry: Registry, entry: Entry | None) -> None:
        """Ask about the releases that the event before may have completed or undone.

        The ledger asked about them in turn, and what it concluded stands in the entries right
        behind; so each is asked about on the state as it was in its turn.
        """
        last = self._last
        if last is None or not self._touched:
            return
        if self._touched == [-1]:
            affected = affected_releases(registry, last.event, last.sequence)
            self._touched = [asked.since for asked in affected]
            self._cause = last
        concluded = entry.event if entry is not None else None
        while self._touched:
            number = self._touched.pop(0)
            if isinstance(concluded, _SUBMITTED_BY_NOBODY) and concluded.release == number:
                return
            if self._cause is not None and self._cause.sequence >= self.found.since:
                self._not_concluded(registry, number, self._cause)

    def _not_concluded(self, registry: Registry, number: int, cause: Entry) -> None:
        """A release that stayed as it was when its turn came: would it have, too?"""
        asked = registry.release(number)
        decision = self._decide(registry, granting(asked), self._service, cause.recorded_at)
        if asked.status == "open" and decision.allowed and number not in self._allowed:
            self._allowed.add(number)
            lacked = self._lacking(self._in_force.compiled, registry, asked, cause.recorded_at)
            self._add("newly_allowed", registry, cause, granting(asked), lacked)
        elif asked.status == "granted" and decision.allowed:
            change = self._refused.pop(number, None)
            if change is not None:
                change.later = cause.sequence
        elif asked.status == "granted" and not decision.allowed and number not in self._refused:
            verdict = _why_not(decision)
            self._refused[number] = self._add(
                verdict, registry, cause, granting(asked), decision.unmet
            )

    def _compare(self, registry: Registry, entry: Entry, recorded: Decision) -> None:
        event = self._in_force.command(registry, entry)
        if event is None:
            self.found.refusals_unknown += 1
            return
        self.found.decided += 1
        decision = self._decide(registry, event, entry.actor, entry.recorded_at, entry.proof)
        if decision.allowed == recorded.allowed:
            self.found.same += 1
        elif decision.allowed:
            number = entry.event.release if isinstance(entry.event, ReleaseLapsed) else -1
            self._allowed.add(number)
            self._add("newly_allowed", registry, entry, event, recorded.unmet, _lapse(entry))
        else:
            change = self._add(_why_not(decision), registry, entry, event, decision.unmet)
            if isinstance(event, ReleaseGranted):
                self._refused[event.release] = change

    def _decide(
        self,
        registry: Registry,
        event: Event,
        actor: Actor,
        now: str,
        proof: Proof | None = None,
    ) -> Decision:
        return decide_with(self._candidate, registry, event, actor, now, proof)

    def _add(  # noqa: PLR0917 (which verdict, on what, and why)
        self,
        verdict: Verdict,
        registry: Registry,
        entry: Entry,
        event: Event,
        results: tuple[Result, ...],
        kind: str = "",
    ) -> Change:
        try:
            concerned = about(registry, event)
        except UnknownSubjectError:
            concerned = event.about()
        release = concerned.release if not isinstance(event, ReleaseApproved) else event.release
        change = Change(
            verdict,
            entry.sequence,
            kind or event.kind,
            concerned.model,
            concerned.version,
            concerned.environment,
            entry.actor.id,
            release,
            results,
        )
        self.found.add(change)
        return change

    def _lacking(
        self, compiled: Compiled | None, registry: Registry, asked: ReleaseState, now: str
    ) -> tuple[Result, ...]:
        if compiled is None:
            return ()
        return decide_with(compiled, registry, granting(asked), self._service, now).unmet

    def end(self, now: str) -> None:
        """What stands behind the last entry: the releases that are open or granted."""
        registry, last = self._registry, self._last
        if registry is None or last is None:
            return
        self._after_last(registry, None)
        now = now or last.recorded_at
        state = registry.policy()
        self.found.in_force = state.digest if state else ""
        for asked in registry.all(ReleaseState):
            if asked.status not in {"open", "granted"}:
                continue
            before = self._lacking(self._in_force.compiled, registry, asked, now)
            after = self._lacking(self._candidate, registry, asked, now)
            if before != after:
                self.found.releases.append(
                    OpenRelease(
                        asked.since,
                        asked.model,
                        asked.version,
                        asked.environment,
                        asked.status,
                        before,
                        after,
                    )
                )


def _lapse(entry: Entry) -> str:
    """The kind of an entry that says that a release lapsed, which would not have happened."""
    return entry.kind if isinstance(entry.event, ReleaseLapsed) else ""


def _why_not(decision: Decision) -> Verdict:
    """Refused, or only lacking what nobody recorded then."""
    only_unknown = all(item.state == "not_known" for item in decision.unmet)
    return "not_decidable" if only_unknown else "newly_refused"
