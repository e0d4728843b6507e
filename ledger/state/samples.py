"""What is true of a sample, and how its entries change it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Literal

from ledger.core.sampling import commitment_to, size_by_table
from ledger.errors import ConflictError, InputError, UnknownSubjectError
from ledger.events.sample import MOST_ROWS
from ledger.state.aggregates import Aggregate, Search, number_key
from ledger.state.rooms import check_sample

if TYPE_CHECKING:
    from ledger.events import sample
    from ledger.state.place import Place
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]

SampleStatus = Literal["open", "drawn"]


class SampleState(Aggregate):
    """A sample. Key: the entry that opened it, which is the last one of its frozen population."""

    table: ClassVar[str] = "sample"
    population: str
    period_from: str
    period_until: str
    models: tuple[str, ...]
    environments: tuple[str, ...]
    size: int | None
    commitment: str
    opener: str
    opened_at: str
    status: SampleStatus = "open"
    entry: int | None = None
    drawn_at: str = ""
    nonce: str = ""
    root: str = ""
    many: int = 0
    rows: str = ""
    drawn: tuple[int, ...] = ()
    added: tuple[int, ...] = ()
    extensions: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """The entry that opened it."""
        return number_key(self.since)

    def search(self) -> Search:
        """Found by its state and by who opened it."""
        return Search(status=self.status, actor=self.opener)

    @property
    def position(self) -> int:
        """How many entries are frozen: all up to the one that opened it."""
        return self.since + 1

    @property
    def chosen(self) -> tuple[int, ...]:
        """The rows to look at: drawn and added, ascending."""
        return tuple(sorted({*self.drawn, *self.added}))


def sample_opened(registry: Registry, event: sample.SampleOpened, place: Place) -> Changes:
    """A sample is wanted, over a period that has begun, under a commitment of its own."""
    asked = (event.period_from, event.period_until, event.models)
    check_sample(registry, place.actor, place.at, asked)
    if event.period_until < event.period_from:
        raise InputError("The period ends before it begins.", pointer="/event/period_until")
    return (
        SampleState(
            since=place.sequence,
            population=event.population,
            period_from=event.period_from,
            period_until=event.period_until,
            models=event.models,
            environments=event.environments,
            size=event.size,
            commitment=event.commitment,
            opener=place.actor,
            opened_at=place.at,
        ),
    )


def sample_drawn(registry: Registry, event: sample.SampleDrawn, place: Place) -> Changes:
    """The nonce is the one that was bound, the tree the one that was frozen, the size as asked.

    Which rows there are and which are drawn of them follows from the entries; ``webui.sampling``
    computes it, and so does whoever verifies the sample.
    """
    found = _own(registry, event.sample, place)
    if found.status != "open":
        raise ConflictError("This sample is drawn already.", pointer="/event/sample")
    if commitment_to(bytes.fromhex(event.nonce)) != found.commitment:
        raise ConflictError(
            "This is not the nonce that the sample was opened with.",
            code="other-nonce",
            pointer="/event/nonce",
            remedy="Give the 64 hexadecimal digits whose SHA-256 is the commitment.",
        )
    if event.position != found.position:
        raise ConflictError("Another tree was frozen.", pointer="/event/position")
    wanted = size_by_table(event.population) if found.size is None else found.size
    if len(event.drawn) != min(wanted, event.population) or not _ascending(event.drawn):
        raise ConflictError("The sample is of another size.", pointer="/event/drawn")
    if any(row > found.since for row in event.drawn):
        raise ConflictError("A row is not of the frozen population.", pointer="/event/drawn")
    return (
        found.but(
            status="drawn",
            entry=place.sequence,
            drawn_at=place.at,
            nonce=event.nonce,
            root=event.root,
            many=event.population,
            rows=event.rows,
            drawn=event.drawn,
        ),
    )


def sample_extended(registry: Registry, event: sample.SampleExtended, place: Place) -> Changes:
    """Rows that were not drawn are looked at as well."""
    found = _own(registry, event.sample, place)
    if found.status != "drawn":
        raise ConflictError("This sample is not drawn yet.", pointer="/event/sample")
    if set(event.added) & set(found.chosen) or not _ascending(event.added):
        raise ConflictError(
            "These are not new rows in ascending order.",
            pointer="/event/added",
            remedy="Leave out the rows that are in the sample already.",
        )
    if any(row > found.since for row in event.added):
        raise ConflictError("A row is not of the frozen population.", pointer="/event/added")
    if len(found.added) + len(event.added) > MOST_ROWS:
        raise ConflictError(
            f"At most {MOST_ROWS} rows are added to a sample.", pointer="/event/added"
        )
    return (
        found.but(
            added=tuple(sorted((*found.added, *event.added))),
            extensions=(*found.extensions, place.sequence),
        ),
    )


def _own(registry: Registry, entry: int, place: Place) -> SampleState:
    """A sample that the one who asks has opened."""
    found = registry.find(SampleState, number_key(entry))
    if found is None:
        raise UnknownSubjectError("There is no such sample.", pointer="/event/sample")
    if found.opener != place.actor:
        raise ConflictError(
            "Somebody else opened this sample.",
            pointer="/event/sample",
            remedy="Whoever is bound to the nonce draws the sample and adds to it.",
        )
    return found


def _ascending(rows: tuple[int, ...]) -> bool:
    return all(one < two for one, two in pairwise(rows))
