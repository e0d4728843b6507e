"""Who must agree, as documents write it: quorums, and what must be so of each approval."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ledger.events.names import Slug
from policies.duration import Duration
from policies.part import Part
from policies.party import Party
from policies.ways import problem_of


class Seat(Part):
    """So many people of a role.

    ``after`` names roles of which somebody else must have approved before: only later approvals
    take this seat.
    """

    role: Slug
    at_least: int = Field(ge=1, le=20)
    after: tuple[Slug, ...] | None = None


class Quorum(Part):
    """Who must agree: ``at_least`` distinct people, or what ``all_of``, or ``one_of``, quorums ask.

    Of ``at_least`` people the ``seats`` are taken first, the others come from ``any_of``. One
    person takes one seat of everything that stands in an ``all_of``, unless it ``may_overlap``;
    that can stand outermost or in a ``one_of``, not within what needs different people.
    """

    at_least: Annotated[int, Field(ge=1, le=50)] | None = None
    seats: tuple[Seat, ...] = ()
    any_of: tuple[Slug, ...] = ()
    all_of: Annotated[tuple[Quorum, ...], Field(min_length=2, max_length=8)] | None = None
    one_of: Annotated[tuple[Quorum, ...], Field(min_length=2, max_length=8)] | None = None
    may_overlap: bool = False

    @property
    def parts(self) -> tuple[Quorum, ...]:
        """The quorums that it is made of; none where it names people itself."""
        return self.all_of or self.one_of or ()

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        if sum(value is not None for value in (self.at_least, self.all_of, self.one_of)) != 1:
            msg = "give exactly one of at_least, all_of, one_of"
            raise ValueError(msg)
        if self.at_least is None and (self.seats or self.any_of):
            msg = "seats and any_of belong to at_least"
            raise ValueError(msg)
        if self.may_overlap and self.all_of is None:
            msg = "may_overlap belongs to all_of"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _every_place_has_a_role(self) -> Self:
        if self.at_least is None:
            return self
        seated = sum(seat.at_least for seat in self.seats)
        if seated > self.at_least:
            msg = "the seats ask for more people than at_least"
            raise ValueError(msg)
        if seated < self.at_least and not self.any_of:
            msg = "any_of must say which roles may fill the places that no seat names"
            raise ValueError(msg)
        return self


class Approvals(Quorum):
    """A quorum, and what must be so of every approval that counts for it.

    ``not_by`` and ``valid_for`` come from ``approvals_default`` where they are left out. Approvals
    that were given under another policy count only ``across_policies``. With ``proof: passkey``
    only those count that the approver's passkey signed, with ``device_bound`` one that can't be
    copied to other devices.
    """

    not_by: tuple[Party, ...]
    valid_for: Duration
    across_policies: bool = False
    proof: Literal["passkey"] | None = None
    device_bound: Literal[True] | None = None

    @model_validator(mode="after")
    def _bound_is_signed(self) -> Self:
        if self.device_bound and self.proof is None:
            msg = "device_bound is about the passkey that signs: say proof: passkey too"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _can_be_looked_through(self) -> Self:
        msg = problem_of(self)
        if msg:
            raise ValueError(msg)
        return self


class ApprovalsDefault(Part):
    """What holds for every quorum that does not say otherwise."""

    not_by: tuple[Party, ...] = ("registrant", "requester")
    valid_for: Duration = "P14D"
