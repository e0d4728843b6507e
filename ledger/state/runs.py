"""What is known of runs elsewhere: everything that was told of each, added up."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from ledger.core.digest import hex_digest
from ledger.errors import ConflictError
from ledger.state.aggregates import Aggregate, Search

if TYPE_CHECKING:
    from ledger.events.run import RunObserved
    from ledger.state.place import Place
    from ledger.state.registry import Registry

_ENDED: Final = frozenset({"completed", "failed", "aborted"})
_MOST: Final = 500


class RunState(Aggregate):
    """A run by its name: what it read and wrote, and how it ended; ``entry`` told of it last."""

    table: ClassVar[str] = "run"
    source: str
    run: str
    job: str
    status: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    entry: int
    at: str

    @property
    def key(self) -> str:
        """Source and run."""
        return run_key(self.source, self.run)

    def search(self) -> Search:
        """Found by how it ended."""
        return Search(status=self.status)


def run_key(source: str, run: str) -> str:
    """The key of a run: its name may be longer than a key is."""
    return hex_digest(f"{source}\n{run}".encode())


def run_observed(registry: Registry, event: RunObserved, place: Place) -> tuple[Aggregate, ...]:
    """Messages add up in whatever order they come; a run that ended stays ended.

    Raises:
        ConflictError: it would have read or written more than a drawing could ever show.
    """
    before = registry.find(RunState, run_key(event.source, event.run))
    inputs = _sum(before.inputs if before else (), event.inputs)
    outputs = _sum(before.outputs if before else (), event.outputs)
    if max(len(inputs), len(outputs)) > _MOST:
        raise ConflictError(
            f"A run reads and writes at most {_MOST} things each.", pointer="/event/inputs"
        )
    ended = before is not None and before.status in _ENDED and event.status not in _ENDED
    return (
        RunState(
            since=before.since if before else place.sequence,
            source=event.source,
            run=event.run,
            job=event.job,
            status=before.status if before is not None and ended else event.status,
            inputs=inputs,
            outputs=outputs,
            entry=place.sequence,
            at=place.at,
        ),
    )


def _sum(before: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*before, *more}))
