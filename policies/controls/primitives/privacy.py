"""T15 erasure: was every request of a data subject answered in time?"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from pydantic import Field

from ledger.events.privacy import ErasureRequested
from ledger.state.privacy import ErasureState
from policies.controls.finding import Deviation, Tally, both, many
from policies.controls.primitives.arguments import Arguments

if TYPE_CHECKING:
    from policies.controls.finding import Finding
    from policies.controls.material import Material

_SOURCES = (
    "erasure.requested",
    "erasure.approved",
    "erasure.refused",
    "subject.erased",
)


class ErasureArguments(Arguments):
    """``days`` from the day on which a request was received until it is answered."""

    days: int = Field(ge=1, le=365)


def erasure(material: Material, arguments: ErasureArguments) -> Finding:
    """T15: each request of the period was refused with its ground, or carried out, in time.

    An approval alone is no answer: what was asked for is that the data be gone. A request whose
    time is not over is neither in time nor late, and is counted as not computed.
    """
    asked = [item.entry.sequence for item in material.of_kind(ErasureRequested.kind)]
    states = [one for one in material.history.registry.all(ErasureState) if one.since in set(asked)]
    last = min(material.scope.period.until, date.fromisoformat(material.as_of[:10]))
    late, open_ones = [], []
    for state in states:
        due = date.fromisoformat(state.received) + timedelta(days=arguments.days)
        answered = _answered_on(state)
        entries = tuple(sorted({state.since, *_answers(state)}))
        if answered is not None and answered <= due:
            continue
        if answered is None and due > last:
            said = f"Request {state.since}, received {state.received}: due {due}, not answered yet."
            open_ones.append(Deviation(entries, said))
            continue
        how = f"answered on {answered}" if answered is not None else "not answered"
        late.append(Deviation(entries, f"Request {state.since}, received {state.received}: {how}."))
    tally = Tally(
        len(states),
        len(states) - len(open_ones),
        tuple(late),
        tuple(open_ones),
        both(*((state.since, *_answers(state)) for state in states)),
    )
    held = many(len(states), "request for erasure", "requests for erasure")
    within = many(arguments.days, "day")
    sentence = {
        "pass": f"{held} in the period, each refused or carried out within {within}.",
        "fail": f"{held} in the period, {len(late):,} not answered within {within}.",
        "insufficient_evidence": f"{held} in the period, {len(open_ones):,} not due yet.",
    }.get(tally.verdict, "Nobody asked for erasure in the period, as far as this ledger knows.")
    return tally.found("T15", 2, _SOURCES, sentence)


def _answers(state: ErasureState) -> tuple[int, ...]:
    return tuple(entry for entry in (state.answered, state.carried_out) if entry is not None)


def _answered_on(state: ErasureState) -> date | None:
    at = state.carried_out_at or (state.answered_at if state.status == "refused" else None)
    return None if at is None else date.fromisoformat(at[:10])
