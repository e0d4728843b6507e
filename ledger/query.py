"""The reading side: what pages, API answers and commands ask for.

Every method reads only what it returns. Lists are newest first and continue before a sequence
number. Names and other private texts come from the vault and may have been erased.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from ledger.errors import UnknownSubjectError
from ledger.events.assurance import PolicyActivated
from ledger.events.catalogue import read_proposed
from ledger.events.change import ChangeProposed
from ledger.events.entry import decode_entry
from ledger.state.access import AccessDigest, AccessReview, ActivityReview
from ledger.state.aggregates import (
    ActorState,
    Aggregate,
    ChangeState,
    DelegationState,
    DeploymentState,
    ModelState,
    PolicyState,
    ReleaseState,
    ReportState,
    RoleState,
    SlotState,
    StandIns,
    VersionState,
    number_key,
    version_key,
)
from ledger.state.client_keys import ClientKeyState
from ledger.state.exceptions import ExceptionState, ReviewState
from ledger.state.lineage import Lineage, lineage_of
from ledger.state.passkeys import PasskeyState
from ledger.state.privacy import ErasureState, HoldState, SubjectState
from ledger.state.publishers import PublisherState
from ledger.state.registry import Registry
from ledger.state.samples import SampleState
from ledger.store import folded
from ledger.store.database import reading
from ledger.store.entries import (
    Filter,
    Matches,
    count_entries,
    find_entries,
    read_entries,
    read_head,
    scan_entries,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection

    from ledger.events.entry import Entry
    from ledger.events.event import Event
    from ledger.log import Log
    from ledger.state.approvers import AssignmentState
    from ledger.store.entries import Head, StoredEntry

Kind = TypeVar("Kind", bound=Aggregate)
MOST_ON_A_PAGE = 500
MOST_PASSKEYS = 10_000
MOST_COUNTED = 10_000
NEWEST_LOOKED_AT = 100_000


@dataclass(frozen=True)
class Person:
    """An actor and what the vault still knows; ``name`` is empty where it knows nothing.

    ``erased`` is the entry by which the person's data was erased, and ``erased_at`` when.
    """

    actor: ActorState
    name: str
    email: str
    erased: int | None = None
    erased_at: str = ""


@dataclass(frozen=True)
class Told:
    """An entry with the columns it stands under and its private texts (None: no longer there)."""

    row: StoredEntry
    entry: Entry
    private: dict[str, str | None]


class Reader:
    """Reads one log. Safe from several threads; holds nothing between calls."""

    def __init__(self, log: Log) -> None:
        self.log = log

    def head(self) -> Head:
        """The head as it stands."""
        return self.log.head()

    def registry(self, connection: Connection) -> Registry:
        """The registry at the head, loaded as it is asked, within a caller's transaction."""

        @cache
        def load(table: str, key: str) -> Aggregate | None:
            return folded.load(connection, self.log.log_id, table, key)

        return Registry(load)

    def models(self, *, before: int | None = None, limit: int = 50) -> list[ModelState]:
        """Models, newest first."""
        return self._find(ModelState, before, limit)

    def model(self, name: str) -> ModelState:
        """One model, or UnknownSubjectError."""
        return self._get(ModelState, name, "model")

    def versions(
        self, model: str, *, before: int | None = None, limit: int = 50
    ) -> list[VersionState]:
        """Versions of a model, newest first."""
        return self._find(VersionState, before, limit, model=model)

    def version(self, model: str, version: str) -> VersionState:
        """One version, or UnknownSubjectError."""
        return self._get(VersionState, version_key(model, version), "version")

    def passkeys(self, *, actor: str = "", status: str = "") -> list[PasskeyState]:
        """Passkeys, newest first: of an actor, or all; in force, revoked, or both."""
        return self._find(PasskeyState, None, MOST_PASSKEYS, actor=actor, status=status)

    def releases(
        self,
        *,
        model: str = "",
        version: str = "",
        environment: str = "",
        status: str = "",
        before: int | None = None,
        limit: int = 50,
    ) -> list[ReleaseState]:
        """Releases, newest first."""
        return self._find(
            ReleaseState,
            before,
            limit,
            model=model,
            version=version,
            environment=environment,
            status=status,
        )

    def release(self, number: int) -> ReleaseState:
        """One release by the entry that asked for it, or UnknownSubjectError."""
        return self._get(ReleaseState, number_key(number), "release")

    def assignment(self, release: int) -> AssignmentState | None:
        """Whom somebody asked last to look at a release, if anybody was asked by name."""
        with reading(self.log.engine) as connection:
            return self.registry(connection).assignment(release)

    def changes(
        self, *, status: str = "", before: int | None = None, limit: int = 50
    ) -> list[ChangeState]:
        """Proposed changes, newest first."""
        return self._find(ChangeState, before, limit, status=status)

    def change(self, number: int) -> ChangeState:
        """One proposed change by the entry that proposed it, or UnknownSubjectError."""
        return self._get(ChangeState, number_key(number), "change")

    def proposed(self, number: int) -> Event:
        """The event that would come of a proposed change, or UnknownSubjectError."""
        event = self.log.entry(self.change(number).since).event
        if not isinstance(event, ChangeProposed):
            raise UnknownSubjectError("The proposal can't be read.", pointer="/change")
        return read_proposed(event)

    def exceptions(
        self, *, status: str = "", before: int | None = None, limit: int = 50
    ) -> list[ExceptionState]:
        """Exceptions, newest first."""
        return self._find(ExceptionState, before, limit, status=status)

    def exception(self, number: int) -> ExceptionState:
        """One exception by the entry that opened it, or UnknownSubjectError."""
        return self._get(ExceptionState, number_key(number), "exception")

    def reviews(
        self, *, model: str = "", status: str = "", before: int | None = None, limit: int = 50
    ) -> list[ReviewState]:
        """Reviews that are owed or were made, newest first."""
        return self._find(ReviewState, before, limit, model=model, status=status)

    def stand_ins(self, actor_id: str) -> tuple[list[DelegationState], list[DelegationState]]:
        """The delegations that an actor gave, and those that the actor holds, not ended."""
        found = self.state_of(StandIns, actor_id)
        if found is None:
            return [], []
        get = self.delegation
        return [get(entry) for entry in found.given], [get(entry) for entry in found.held]

    def delegation(self, number: int) -> DelegationState:
        """One delegation by the entry that began it, or UnknownSubjectError."""
        return self._get(DelegationState, number_key(number), "delegation")

    def holds(
        self, *, status: str = "", before: int | None = None, limit: int = 50
    ) -> list[HoldState]:
        """Holds, newest first."""
        return self._find(HoldState, before, limit, status=status)

    def erasures(
        self, *, status: str = "", actor: str = "", before: int | None = None, limit: int = 50
    ) -> list[ErasureState]:
        """Requests for erasure, newest first."""
        return self._find(ErasureState, before, limit, status=status, actor=actor)

    def erasure(self, number: int) -> ErasureState:
        """One request for erasure by its entry, or UnknownSubjectError."""
        return self._get(ErasureState, number_key(number), "request")

    def subject(self, actor_id: str) -> SubjectState | None:
        """What became of a person's data; None where nothing did."""
        return self.state_of(SubjectState, actor_id)

    def erased(self) -> list[SubjectState]:
        """Everybody whose data was erased, newest first."""
        return list(self.every(SubjectState, status="erased"))

    def deployments(
        self,
        *,
        model: str = "",
        version: str = "",
        environment: str = "",
        status: str = "",
        before: int | None = None,
        limit: int = 50,
    ) -> list[DeploymentState]:
        """Deployments, newest first."""
        return self._find(
            DeploymentState,
            before,
            limit,
            model=model,
            version=version,
            environment=environment,
            status=status,
        )

    def deployment(self, number: int) -> DeploymentState:
        """One deployment by its entry, or UnknownSubjectError."""
        return self._get(DeploymentState, number_key(number), "deployment")

    def running(self, model: str = "") -> list[DeploymentState]:
        """What runs now, by model and environment."""
        slots = self.every(SlotState, model=model)
        found = [self.deployment(slot.deployment) for slot in slots if slot.deployment is not None]
        return sorted(found, key=lambda item: (item.model, item.environment))

    def lineage(self, model: str, version: str) -> Lineage:
        """The lineage of one version."""
        found = self.version(model, version)
        runs = self.deployments(model=model, version=version, limit=MOST_ON_A_PAGE)
        return lineage_of(found, runs)

    def reports(self, *, before: int | None = None, limit: int = 50) -> list[ReportState]:
        """Reports, newest first."""
        return self._find(ReportState, before, limit)

    def report(self, number: int) -> ReportState:
        """One report by its entry, or UnknownSubjectError."""
        return self._get(ReportState, number_key(number), "report")

    def sample(self, number: int) -> SampleState:
        """One sample by the entry that opened it, or UnknownSubjectError."""
        return self._get(SampleState, number_key(number), "sample")

    def policy(self) -> tuple[PolicyState, PolicyActivated]:
        """The policy in force and the event that put it there."""
        state = self._get(PolicyState, "in-force", "policy")
        event = self.log.entry(state.since).event
        if not isinstance(event, PolicyActivated):
            raise UnknownSubjectError("The policy in force can't be read.")
        return state, event

    def access_digest(self) -> AccessDigest | None:
        """How far the access log was digested, or None before the first digest."""
        return self.state_of(AccessDigest, "newest")

    def activity_reviews(
        self, *, before: int | None = None, limit: int = 50
    ) -> list[ActivityReview]:
        """Sign-offs of days of the access log, newest first."""
        return self._find(ActivityReview, before, limit)

    def access_reviews(
        self, *, status: str = "", before: int | None = None, limit: int = 50
    ) -> list[AccessReview]:
        """Campaigns to look at who holds which role, newest first."""
        return self._find(AccessReview, before, limit, status=status)

    def access_review(self, number: int) -> AccessReview:
        """One access review by the entry that opened it, or UnknownSubjectError."""
        return self._get(AccessReview, number_key(number), "access review")

    def actors(self, *, before: int | None = None, limit: int = 50) -> list[ActorState]:
        """Actors, newest first."""
        return self._find(ActorState, before, limit)

    def actor(self, actor_id: str) -> ActorState:
        """One actor, or UnknownSubjectError."""
        return self._get(ActorState, actor_id, "actor")

    def publishers(
        self,
        *,
        status: str = "",
        actor: str = "",
        before: int | None = None,
        limit: int = 50,
    ) -> list[PublisherState]:
        """Trusted publishers, newest first; by whether they still are, and by workload."""
        return self._find(PublisherState, before, limit, status=status, actor=actor)

    def client_keys(
        self, *, actor: str = "", before: int | None = None, limit: int = 50
    ) -> list[ClientKeyState]:
        """Keys of workloads, newest first; revoked ones too."""
        return self._find(ClientKeyState, before, limit, actor=actor)

    def client_key(self, keyid: str) -> ClientKeyState:
        """One key by its fingerprint, or UnknownSubjectError."""
        return self._get(ClientKeyState, keyid, "key")

    def publisher(self, number: int) -> PublisherState:
        """One publisher, or UnknownSubjectError."""
        return self._get(PublisherState, number_key(number), "publisher")

    def holders(self, role: str) -> tuple[str, ...]:
        """Who was given a role and did not lose it, over or not."""
        found = self.state_of(RoleState, role)
        return found.holders if found else ()

    def holding(self, role: str, now: str) -> tuple[str, ...]:
        """Who holds a role at an instant that is not over, for some models or for all."""
        found = ((one, self.actor(one).held(role)) for one in self.holders(role))
        return tuple(one for one, held in found if held is not None and held.in_time(now))

    def person(self, actor_id: str) -> Person:
        """An actor with name and e-mail address, as far as the vault still knows them.

        Raises:
            UnknownSubjectError: no such actor.
        """
        self.actor(actor_id)
        return self.people([actor_id])[actor_id]

    def people(
        self, actor_ids: Iterable[str], connection: Connection | None = None
    ) -> dict[str, Person]:
        """Actors with their names, by id; ids that are not enrolled are left out.

        Whoever reads already gives the connection: a second one would wait for a commit that waits
        for the first.
        """
        found = {}
        held = reading(self.log.engine) if connection is None else nullcontext(connection)
        with held as open_:
            for actor_id in sorted(set(actor_ids)):
                actor = folded.load(open_, self.log.log_id, ActorState.table, actor_id)
                if isinstance(actor, ActorState):
                    found[actor_id] = self._person(open_, actor)
        return found

    def _person(self, connection: Connection, actor: ActorState) -> Person:
        subject = folded.load(connection, self.log.log_id, SubjectState.table, actor.id)
        subject = subject if isinstance(subject, SubjectState) else None
        if subject is not None and subject.erased is not None:
            return Person(actor, "", "", subject.erased, subject.erased_at or "")
        at = actor.since if subject is None or subject.rectified is None else subject.rectified
        rows = read_entries(connection, self.log.log_id, at, at + 1)
        commitments = decode_entry(rows[0].envelope).commitments if rows else ()
        own = [item for item in commitments if item.subject == actor.id]
        texts = self.log.vault.read(connection, at, own)
        return Person(actor, texts.get("name") or "", texts.get("email") or "")

    def entries(
        self,
        wanted: Filter,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> list[StoredEntry]:
        """Entries that match, newest first; with ``after``, oldest first after that number."""
        with reading(self.log.engine) as connection:
            return find_entries(
                connection,
                self.log.log_id,
                wanted,
                before=before,
                after=after,
                limit=min(limit, MOST_ON_A_PAGE),
            )

    def past(self, stop: int) -> Iterator[Entry]:
        """Every entry before ``stop`` from the first, in order; a page in memory at a time."""
        for start in range(0, stop, MOST_ON_A_PAGE):
            with reading(self.log.engine) as connection:
                page = scan_entries(
                    connection, self.log.log_id, start, min(start + MOST_ON_A_PAGE, stop)
                )
            for row in page:
                yield decode_entry(row[1])

    def count(self, wanted: Filter) -> Matches:
        """How many entries match: up to 10,000, and by several conditions of the newest 100,000."""
        with reading(self.log.engine) as connection:
            return count_entries(
                connection, self.log.log_id, wanted, most=MOST_COUNTED, newest=NEWEST_LOOKED_AT
            )

    def told(self, rows: Iterable[StoredEntry]) -> list[Told]:
        """Entries decoded, with their private texts."""
        found = []
        with reading(self.log.engine) as connection:
            for row in rows:
                entry = decode_entry(row.envelope)
                private = self.log.vault.read(connection, row.sequence, entry.commitments)
                found.append(Told(row, entry, private))
        return found

    def tell(self, sequence: int) -> Told:
        """One entry, decoded, with its private texts, or UnknownSubjectError."""
        with reading(self.log.engine) as connection:
            rows = read_entries(connection, self.log.log_id, sequence, sequence + 1)
        if not rows:
            raise UnknownSubjectError("There is no entry of this number.", pointer="/sequence")
        return self.told(rows)[0]

    def counts(self) -> dict[str, int]:
        """How many there are: entries, models, versions, open releases, running deployments."""
        log_id = self.log.log_id
        with reading(self.log.engine) as connection:
            return {
                "entries": read_head(connection, log_id).size,
                "models": folded.count(connection, log_id, ModelState),
                "versions": folded.count(connection, log_id, VersionState),
                "open_releases": folded.count(connection, log_id, ReleaseState, status="open"),
                "running": folded.count(connection, log_id, DeploymentState, status="running"),
            }

    def _get(self, kind: type[Kind], key: str, word: str) -> Kind:
        found = self.state_of(kind, key)
        if found is None:
            raise UnknownSubjectError(f"There is no such {word}.", pointer=f"/{word}")
        return found

    def state_of(self, kind: type[Kind], key: str) -> Kind | None:
        """One thing of a kind by its key, or None."""
        with reading(self.log.engine) as connection:
            found = folded.load(connection, self.log.log_id, kind.table, key)
        return found if isinstance(found, kind) else None

    def all_of(
        self, kind: type[Kind], *, before: int | None = None, limit: int = 50, **columns: str
    ) -> list[Kind]:
        """What there is of a kind, newest first, by the columns by which it is searched."""
        return self._find(kind, before, limit, **columns)

    def every(self, kind: type[Kind], **columns: str) -> Iterator[Kind]:
        """All that there is of a kind, newest first; a page is read when it is asked for."""
        before: int | None = None
        while True:
            page = self._find(kind, before, MOST_ON_A_PAGE, **columns)
            yield from page
            if len(page) < MOST_ON_A_PAGE:
                return
            before = page[-1].since

    def _find(self, kind: type[Kind], before: int | None, limit: int, **columns: str) -> list[Kind]:
        with reading(self.log.engine) as connection:
            return folded.find(
                connection,
                self.log.log_id,
                kind,
                before=before,
                limit=min(limit, MOST_ON_A_PAGE),
                **columns,
            )
