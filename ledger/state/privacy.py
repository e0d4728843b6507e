"""What is true of holds, requests for erasure, and people whose data was put right or erased."""

from __future__ import annotations

from typing import ClassVar, Literal

from ledger.events.privacy import Ground, HoldScope
from ledger.state.aggregates import Aggregate, Search, number_key

HoldStatus = Literal["in_force", "released"]
ErasureStatus = Literal["requested", "approved", "refused", "carried_out"]


class HoldState(Aggregate):
    """A hold. Key: its entry."""

    table: ClassVar[str] = "hold"
    scope: HoldScope
    actor: str = ""
    model: str = ""
    by: str
    at: str
    status: HoldStatus = "in_force"
    released: int | None = None
    released_at: str | None = None

    @property
    def key(self) -> str:
        return number_key(self.since)

    def search(self) -> Search:
        return Search(self.model, status=self.status, actor=self.actor)


class HoldsInForce(Aggregate):
    """The holds that stand, by their entries: what each is on.

    ``all``, ``subject:ID`` or ``model:NAME``.
    """

    table: ClassVar[str] = "holds"
    on: dict[str, str]

    @property
    def key(self) -> str:
        return "in-force"


class ErasureState(Aggregate):
    """A request for erasure and what became of it. Key: its entry."""

    table: ClassVar[str] = "erasure"
    actor: str
    received: str
    by: str
    at: str
    status: ErasureStatus = "requested"
    ground: Ground | None = None
    until: str | None = None
    answered_by: str = ""
    answered: int | None = None
    answered_at: str | None = None
    carried_out: int | None = None
    carried_out_at: str | None = None

    @property
    def key(self) -> str:
        return number_key(self.since)

    def search(self) -> Search:
        return Search(status=self.status, actor=self.actor)


class SubjectState(Aggregate):
    """What became of a person's data: the open request, the last rectification, the erasure."""

    table: ClassVar[str] = "subject"
    actor: str
    request: int | None = None
    rectified: int | None = None
    erased: int | None = None
    erased_at: str | None = None

    @property
    def key(self) -> str:
        return self.actor

    def search(self) -> Search:
        return Search(status="" if self.erased is None else "erased", actor=self.actor)
