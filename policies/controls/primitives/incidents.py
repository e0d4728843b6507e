"""T5 over incidents: opened, closed with a cause, and whoever must be told was told in time.

Rules:
- An incident belongs to the period in which it was detected.
- One that is still open is not wrong by itself: it is missing evidence, until it has been open for
  longer than ``open_days``.
- Hours are counted from the detection, which is when somebody became aware.

Sources of the clocks that controls set: GDPR Art. 33(1), 45 CFR 164.404(b) and 164.408, AI Act
Art. 73.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from ledger.events.incident import IncidentClosed, IncidentOpened, Nature
from ledger.events.names import parse_instant
from ledger.state.assurance import IncidentState
from policies.controls.finding import Deviation, Tally, both, many
from policies.controls.primitives.arguments import Arguments

if TYPE_CHECKING:
    from policies.controls.finding import Finding
    from policies.controls.material import Material

Told = Literal["authority_told_at", "persons_told_at"]
_TOLD: Final[dict[Told, str]] = {
    "authority_told_at": "the authority",
    "persons_told_at": "those concerned",
}


class IncidentArguments(Arguments):
    """Which incidents, and the clocks. Left out, all natures; ``only`` keeps to some of them.

    ``within_hours`` says how soon after the detection somebody must have been told.
    """

    natures: tuple[Nature, ...] = ()
    only: Literal["personal_data", "serious"] | None = None
    open_days: int = Field(default=30, ge=1, le=3660)
    within_hours: dict[Told, int] = Field(default_factory=dict)


def incidents(material: Material, arguments: IncidentArguments) -> Finding:
    """T5 over the incidents detected in the period."""
    found = tuple(one for one in _detected(material) if _asked(one, arguments))
    as_of = material.as_of
    wrong: list[Deviation] = []
    waiting: list[Deviation] = []
    for one in found:
        entries = tuple(entry for entry in (one.since, one.closed) if entry is not None)
        late = _late(one, arguments, as_of)
        if late:
            wrong.append(Deviation(entries, f"Incident {one.since}: {'; '.join(late)}."))
        elif one.status == "open":
            waiting.append(Deviation(entries, f"Incident {one.since} is still open."))
    tally = Tally(
        len(found),
        len(found) - len(waiting),
        tuple(wrong),
        tuple(waiting),
        both(*((one.since, one.closed or one.since) for one in found)),
    )
    held = many(len(found), "incident")
    sentence = {
        "pass": f"{held}: each was closed with its cause, and told of in time.",
        "fail": f"{held}: {len(wrong):,} told of too late, or open for too long.",
        "insufficient_evidence": f"{held}: {len(waiting):,} still open.",
    }.get(tally.verdict, "No such incident was recorded as detected in the period.")
    return tally.found("T5", 2, (IncidentOpened.kind, IncidentClosed.kind), sentence)


def _detected(material: Material) -> tuple[IncidentState, ...]:
    return tuple(
        one
        for one in material.history.registry.all(IncidentState)
        if material.scope.period.holds(one.detected_at)
        and (not one.model or material.scope.covers(one.model))
    )


def _asked(one: IncidentState, arguments: IncidentArguments) -> bool:
    if arguments.natures and one.nature not in arguments.natures:
        return False
    return arguments.only is None or bool(getattr(one, arguments.only))


def _late(one: IncidentState, arguments: IncidentArguments, as_of: str) -> list[str]:
    """What is overdue: being closed, or somebody being told."""
    found = []
    end = parse_instant(one.closed_at or as_of)
    if one.status == "open" and end - parse_instant(one.opened_at) > timedelta(
        days=arguments.open_days
    ):
        found.append(f"open for more than {many(arguments.open_days, 'day')}")
    for name, hours in sorted(arguments.within_hours.items()):
        told: str | None = getattr(one, name)
        due = parse_instant(one.detected_at) + timedelta(hours=hours)
        if told is not None and parse_instant(told) > due:
            found.append(f"{_TOLD[name]} told later than {hours} hours after the detection")
        elif told is None and (one.status == "closed" or parse_instant(as_of) > due):
            found.append(f"nothing says that {_TOLD[name]} was told within {hours} hours")
    return found
