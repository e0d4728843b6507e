"""Samples: the population that was frozen, drawn with the auditor's nonce, and checked again.

Nothing here chooses: which rows there are follows from the entries up to the one that opened the
sample, which of them are drawn from the nonce and the root of the tree of those entries.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Final

from ledger.core.sampling import (
    commitment_to,
    drawn,
    rows_digest,
    seed_of,
    size_by_table,
)
from ledger.errors import InputError
from ledger.events.sample import SampleDrawn, SampleExtended
from ledger.recheck import Step
from ledger.state.history import History, replay
from ledger.store.database import reading
from policies.controls.material import Material
from policies.controls.outside import Integrity
from policies.controls.scope import Period, Scope

if TYPE_CHECKING:
    from ledger.events.actor import Actor
    from ledger.events.event import Event
    from ledger.state.samples import SampleState
    from ledger.submit import Receipt
    from policies.controls.changes import Change
    from webui.wiring import Wiring

_HEX: Final = re.compile("[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class Frozen:
    """A population as it was when its sample was opened; ``root`` is that of its entries' tree."""

    sample: SampleState
    history: History
    root: bytes

    @cached_property
    def material(self) -> Material:
        """What its controls look at, within the sample's scope."""
        return Material(self.history, scope_of(self.sample), Integrity(self.history.position))

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every row of the population."""
        return self.material.changes

    @property
    def rows(self) -> tuple[int, ...]:
        """The entry of every row."""
        return tuple(change.entry for change in self.changes)

    def draw(self, nonce: str) -> tuple[int, ...]:
        """The rows that a nonce draws (64 hexadecimal digits)."""
        return _drawn(self.sample, nonce, self.rows, self.root)


def scope_of(sample: SampleState) -> Scope:
    """Period, models and environments of a sample."""
    period = Period(date.fromisoformat(sample.period_from), date.fromisoformat(sample.period_until))
    return Scope(period, sample.models, sample.environments)


def frozen(wiring: Wiring, sample: SampleState) -> Frozen:
    """The population of a sample, from the entries that were frozen with it."""
    history = replay(wiring.reader.past(sample.position))
    with reading(wiring.engine) as connection:
        root = wiring.log.root_at(connection, sample.position)
    return Frozen(sample, history, root)


def draw_sample(wiring: Wiring, actor: Actor, number: int, nonce: str, key: str = "") -> Receipt:
    """Draw a sample with the nonce that it was opened with.

    Raises:
        UnknownSubjectError: there is no such sample.
        InputError: ``invalid-nonce``, ``other-nonce``.
        ConflictError: it is drawn already, or somebody else opened it.
    """
    sample = wiring.reader.sample(number)
    nonce = read_nonce(nonce)
    # Said before the population is worked out, which takes long in a large ledger.
    if commitment_to(bytes.fromhex(nonce)) != sample.commitment:
        raise InputError(
            "This is not the nonce that the sample was opened with.",
            pointer="/nonce",
            code="other-nonce",
            remedy="Its SHA-256 must be the commitment. Nothing was drawn.",
        )
    refused = _refused(wiring, actor, _draw(sample, nonce, (), b""), key)
    if refused is not None:
        return refused
    held = frozen(wiring, sample)
    event = _draw(sample, nonce, held.rows, held.root)
    return wiring.submitter.submit(actor, event, key)


def _draw(sample: SampleState, nonce: str, rows: tuple[int, ...], root: bytes) -> SampleDrawn:
    return SampleDrawn(
        sample=sample.since,
        nonce=nonce,
        position=sample.position,
        root=root.hex() or "0" * 64,
        population=len(rows),
        rows=rows_digest(rows),
        drawn=_drawn(sample, nonce, rows, root),
    )


def _drawn(sample: SampleState, nonce: str, rows: tuple[int, ...], root: bytes) -> tuple[int, ...]:
    size = sample.size or size_by_table(len(rows))
    return drawn(rows, seed_of(bytes.fromhex(nonce), root), size)


def _refused(wiring: Wiring, actor: Actor, event: Event, key: str) -> Receipt | None:
    """Ask before the population is worked out; a refusal is recorded like any other.

    Raises:
        ConflictError: it can't happen as things stand.
    """
    if wiring.submitter.preview(actor, event).allowed:
        return None
    return wiring.submitter.submit(actor, event, key)


def extend_sample(  # noqa: PLR0917 (which sample, whose, what, why)
    wiring: Wiring, actor: Actor, number: int, rows: tuple[int, ...], reason: str, key: str = ""
) -> Receipt:
    """Add rows of the population to a sample by hand.

    Raises:
        UnknownSubjectError: there is no such sample.
        InputError: ``not-of-the-population``.
        ConflictError: it is not drawn yet, or rows are in it already.
    """
    sample = wiring.reader.sample(number)
    event = SampleExtended(sample=number, added=tuple(sorted(rows)), reason=reason)
    refused = _refused(wiring, actor, event, key)
    if refused is not None:
        return refused
    strange = sorted({*rows} - {*frozen(wiring, sample).rows})
    if strange:
        raise InputError(
            f"Entry {strange[0]} is not a row of this population.",
            pointer="/rows",
            code="not-of-the-population",
            remedy="Give the entries of production changes that the sample's period holds.",
        )
    return wiring.submitter.submit(actor, event, key)


def read_nonce(text: str) -> str:
    """A nonce as somebody hands it in.

    Raises:
        InputError: ``invalid-nonce``.
    """
    nonce = text.strip().lower()
    if not _HEX.fullmatch(nonce):
        raise InputError(
            "A nonce is 64 hexadecimal digits.", pointer="/nonce", code="invalid-nonce"
        )
    return nonce


def recomputed(held: Frozen) -> tuple[Step, ...]:
    """A drawn sample computed again: each comparison with what its entries say."""
    sample = held.sample
    if sample.status != "drawn":
        return ()
    bound = commitment_to(bytes.fromhex(sample.nonce))
    again = held.draw(sample.nonce)
    rows, digest = held.rows, rows_digest(held.rows)
    strange = sorted({*sample.added} - {*rows})
    return (
        Step(
            "The nonce is the one that was bound before the population was frozen",
            holds=bound == sample.commitment,
            detail=f"SHA-256 of the nonce is {bound}, bound in entry {sample.since}",
        ),
        Step(
            "The root is that of the frozen entries",
            holds=held.root.hex() == sample.root,
            detail=f"the first {sample.position} entries have the root {held.root.hex()}",
        ),
        Step(
            "The population is the whole population",
            holds=(len(rows), digest) == (sample.many, sample.rows),
            detail=f"{len(rows)} production changes, SHA-256 {digest}",
        ),
        Step(
            "The rows are those that nonce and root draw",
            holds=again == sample.drawn,
            detail=f"drawn again: {', '.join(map(str, again)) or 'none'}",
        ),
        Step(
            "Rows that were added by hand are of the population",
            holds=not strange,
            detail=f"{len(sample.added)} added"
            + (f"; not of it: {', '.join(map(str, strange))}" if strange else ""),
        ),
    )
