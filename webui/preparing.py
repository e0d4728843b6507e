"""What a report will lack: looked at before it is made, without a seal and without an entry.

The ledger is taken as verified here; making the report verifies it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.state.history import replay
from policies.controls.assess import assess_material
from policies.controls.material import Material
from policies.controls.outside import Integrity
from policies.controls.own import frameworks_in_force
from webui.issuing import anchors, scope_wanted
from webui.reports.assemble.kinds import report_kind

if TYPE_CHECKING:
    from policies.controls.assess import Result
    from webui.issuing import Wanted
    from webui.wiring import Wiring


@dataclass(frozen=True)
class Lack:
    """A control for which something lacks: what people must write, or evidence of a test."""

    control: str
    framework: str
    ref: str
    title: str
    texts: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class Prepared:
    """What a report over ``position`` entries would lack: texts, evidence; and what would fail."""

    kind: str
    position: int
    missing: tuple[Lack, ...]
    expired: tuple[Lack, ...]
    uncomputed: tuple[Lack, ...]
    failing: tuple[Lack, ...]


def prepare(wiring: Wiring, wanted: Wanted) -> Prepared:
    """Compute what a report would say is missing.

    Raises:
        InputError: no such kind, the days are no period, or what the kind is about is not named.
        UnknownSubjectError: no such model or sample.
    """
    scope = scope_wanted(wiring, wanted)
    size = wiring.log.head().size
    history = replay(wiring.reader.past(size))
    kind = report_kind(wanted.kind, frameworks_in_force(history.registry))
    material = Material(history, scope, Integrity(size, (), anchors(wiring)))
    found = assess_material(kind.framework, material).results
    return Prepared(
        kind=wanted.kind,
        position=size,
        missing=_human(found, "missing"),
        expired=_human(found, "expired"),
        uncomputed=tuple(_lack(one) for one in found if one.verdict == "insufficient_evidence"),
        failing=tuple(_lack(one) for one in found if one.verdict == "fail"),
    )


def _human(found: tuple[Result, ...], state: str) -> tuple[Lack, ...]:
    return tuple(
        _lack(one) for one in found if one.human_part == state and one.verdict != "not_applicable"
    )


def _lack(result: Result) -> Lack:
    control = result.control
    return Lack(
        control.id, control.framework, control.ref, control.title, control.human, result.sentence
    )
