"""The controls as they are kept up, held against a computation from the first entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.state.history import replay
from ledger.store import standing as store
from ledger.store.database import reading
from policies.controls.assess import assess_material
from policies.controls.material import Material
from policies.controls.standing.matrix import in_order
from policies.controls.standing.part import standing_scope
from webui.frameworks import every_framework
from webui.standing.follower import integrity_now
from webui.standing.results import RESULT, as_kept

if TYPE_CHECKING:
    from webui.wiring import Wiring

_WRITTEN_BY_KEEPING = frozenset({"since", "since_at"})


@dataclass(frozen=True)
class Difference:
    """A control of which something else is kept than follows from the entries."""

    control: str
    field: str
    kept: str
    computed: str


def check(wiring: Wiring) -> tuple[int, tuple[Difference, ...]]:
    """Compute every control from the first entry; after how many entries, and what differs.

    Reads the whole ledger. Nothing is changed.
    """
    with reading(wiring.engine) as connection:
        log_id = wiring.log.log_id
        position = store.read_note(connection, log_id, store.POSITION) or 0
        kept = store.read_notes(connection, log_id, RESULT)
    if not position:
        return 0, ()
    history = replay(wiring.reader.past(position))
    as_of = history.recorded[-1].entry.recorded_at
    material = Material(history, standing_scope(as_of), integrity_now(wiring, position))
    found: list[Difference] = []
    for framework in every_framework(wiring.reader):
        assessment = assess_material(framework, material)
        for result in assessment.results:
            name = result.control.id
            findings = tuple(in_order(one) for one in result.findings)
            computed = as_kept(result, findings)
            held = kept.get(f"{RESULT}{name}", {})
            found.extend(
                Difference(name, field, str(held.get(field)), str(value))
                for field, value in computed.items()
                if held.get(field) != value and field not in _WRITTEN_BY_KEEPING
            )
    return position, tuple(found)
