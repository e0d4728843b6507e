"""What an approver was shown: the pack of a release as it stood before an entry.

Folded again from the entries about the model and the policy alone, so that it comes as fast from a
large log as from a small one.
"""

from __future__ import annotations

from heapq import merge
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.errors import UnknownSubjectError
from ledger.events import assurance, deployment, metadata, model, release
from ledger.events.entry import decode_entry
from ledger.query import MOST_ON_A_PAGE
from ledger.state.aggregates import ActorState
from ledger.state.fold import Place, fold
from ledger.state.pack import pack_of
from ledger.state.registry import Registry
from ledger.store.database import reading
from ledger.store.entries import Filter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.events.entry import Entry
    from ledger.query import Reader
    from ledger.state.aggregates import Aggregate
    from ledger.state.pack import Pack

_OF_A_POLICY: Final = (assurance.PolicyFiled.kind, assurance.PolicyActivated.kind)
_OF_A_MODEL: Final = (
    model.ModelRegistered.kind,
    model.VersionRegistered.kind,
    model.EvidenceAttached.kind,
    model.MetricsObserved.kind,
    metadata.MetadataStated.kind,
    metadata.MetadataSettled.kind,
    metadata.DocumentationSigned.kind,
    model.VersionDeprecated.kind,
    model.VersionArchived.kind,
    release.ReleaseRequested.kind,
    release.ReleaseApproved.kind,
    release.ReleaseRejected.kind,
    release.ReleaseWithdrawn.kind,
    release.ApprovalRevoked.kind,
    release.ReleaseGranted.kind,
    release.ReleaseLapsed.kind,
    deployment.DeploymentRecorded.kind,
    deployment.DeploymentRolledBack.kind,
    deployment.DeploymentStopped.kind,
)


class Shown(NamedTuple):
    """The pack of a release just before ``entry``, and the digest the approval names, if any."""

    entry: Entry
    pack: Pack
    digest: str

    @property
    def matches(self) -> bool:
        """Whether the entries before the approval give the digest that it names, if any."""
        return self.digest in {"", self.pack.digest()}


def what_was_shown(reader: Reader, number: int) -> Shown:
    """What was shown to whoever gave the approval that is entry ``number``.

    Raises:
        UnknownSubjectError: there is no such entry, or it is no approval.
        LedgerError: the entries before it make no sense.
    """
    entry = reader.tell(number).entry
    event = entry.event
    if not isinstance(event, release.ReleaseApproved):
        raise UnknownSubjectError("This entry is no approval.", pointer="/sequence")
    name = reader.release(event.release).model
    registry = _model_before(reader, name, number)
    return Shown(entry, pack_of(registry, registry.release(event.release)), event.pack or "")


def _model_before(reader: Reader, name: str, number: int) -> Registry:
    """The registry before an entry, as far as it speaks of one model; actors as they are now."""
    with reading(reader.log.engine) as connection:
        now = reader.registry(connection)

        def actors(table: str, key: str) -> Aggregate | None:
            return now.find(ActorState, key) if table == ActorState.table else None

        registry = Registry(actors)
        for entry in _before(reader, name, number):
            place = Place(entry.sequence, entry.recorded_at, entry.actor.id)
            registry.apply(fold(registry, entry.event, place), entry.sequence)
    return registry


def _before(reader: Reader, name: str, number: int) -> Iterator[Entry]:
    """The entries about a model, and those that changed the policy, before another; in order."""
    of_model = _in_order(reader, Filter(kinds=_OF_A_MODEL, model=name), number)
    of_policy = _in_order(reader, Filter(kinds=_OF_A_POLICY), number)
    yield from merge(of_model, of_policy, key=lambda entry: entry.sequence)


def _in_order(reader: Reader, wanted: Filter, stop: int) -> Iterator[Entry]:
    last = -1
    while True:
        rows = reader.entries(wanted, after=last, limit=MOST_ON_A_PAGE)
        for row in rows:
            if row.sequence >= stop:
                return
            yield decode_entry(row.envelope)
        if len(rows) < MOST_ON_A_PAGE:
            return
        last = rows[-1].sequence
