"""Controls as they stand: kept up over logs of several sizes, and read for pages.

A log begins with people and with changes that went the whole way through the ledger's own door:
registered, three documents, asked for, approved by two, granted, deployed. They are a full page at
least, else one entry in twenty, and at most ``CHANGES`` changes; what follows are observations
(``bench.big``).

``kept`` is the state made from the first entry; ``again`` one more observation and one more change
taken into it; ``matrix`` every control of every framework worked out from the state, in a process
that has just opened the log; ``scratch`` the same from the entries, at 10,000 of them and fewer.
The pages are read functions, each beside the same one over the smallest log.

``python -m bench.standing FOLDER ENTRIES...`` runs it by hand; the logs stay in the folder.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench import big
from bench.installation import show, timed
from ledger.batch import Asked
from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from ledger.genesis import new_actor_id
from ledger.state.history import replay
from ledger.store.database import reading
from policies.controls.assess import assess_material
from policies.controls.material import Material
from policies.controls.outside import Integrity
from policies.controls.standing.part import standing_scope
from webui.frameworks import every_framework
from webui.standing.board import board
from webui.standing.due import due_dates
from webui.standing.follower import Follower
from webui.standing.one import stood
from webui.standing.population import changes, deviations

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from webui.wiring import Wiring

SIZES: Final = (1_000, 10_000)
CHANGES: Final = 5_000
ENTRIES_OF_A_CHANGE: Final = 10
SHARE: Final = 20
A_PAGE: Final = 50
TURNS: Final = 15
_FROM_SCRATCH: Final = 10_000
_AT_ONCE: Final = 1_000
_CHANGES_AT_ONCE: Final = 40
_DOCUMENTS: Final = ("evaluation_report", "dpia", "model_card")
_CONTROL: Final = "soc2-cc6-1"


class Company:
    """People who bring versions of one model to production."""

    def __init__(self, made: Wiring) -> None:
        self._made = made
        self._pipeline = big.workload(made)
        root = next(one for one in made.reader.holding("administrator", "9"))
        self._root = Actor(id=root, type="person", via="password")
        self._people = {role: self._enrol(role) for role in ("ml_lead", "compliance", "operations")}
        described = {
            "model": "triage",
            "version_scheme": "semantic",
            "task": "classification",
            "risk_tier": "low",
            "purposes": ["retention"],
            "owner": self._pipeline.id,
        }
        self._ask(self._pipeline, "model.registered", described)

    def change(self, *numbers: int) -> None:
        """Changes, the whole way; each person does with all of them what is theirs at once."""
        asked = [self._beginning(number) for number in numbers]
        told = self._all(self._pipeline, [one for events in asked for one in events])
        releases = told[len(asked[0]) - 1 :: len(asked[0])]
        votes = [
            ("release.approved", {"release": release, "artifact": _digest(number)})
            for number, release in zip(numbers, releases, strict=True)
        ]
        for role in ("ml_lead", "compliance"):
            self._all(self._people[role], votes)
        runs = [
            ("deployment.recorded", {**_place(number), "artifact": _digest(number)})
            for number in numbers
        ]
        self._all(self._people["operations"], runs)

    def _beginning(self, number: int) -> list[tuple[str, dict[str, Any]]]:
        """What the pipeline does for a change; the request comes last."""
        of = {"model": "triage", "version": f"1.{number}.0"}
        metric = {"name": "accuracy", "value": "0.93", "data_set": "held", "held_out": True}
        registered = {
            **of,
            "artifact": {"sha256": _digest(number), "size_bytes": 1, "format": "onnx"},
            "trained_at": "2026-10-30T10:00:00Z",
            "code": {"repository": "git", "commit": "ab" * 20, "dirty": False},
            "data_sets": [_data_set(number)],
            "metrics": [{**metric, "higher_is_better": True}],
        }
        papers = [
            {"type": kind, "sha256": f"{number * 4 + place:064x}", "size_bytes": 4_096}
            for place, kind in enumerate(_DOCUMENTS)
        ]
        return [
            ("version.registered", registered),
            *(
                ("evidence.attached", {**of, **paper, "media_type": "application/pdf"})
                for paper in papers
            ),
            ("release.requested", _place(number)),
        ]

    def _enrol(self, role: str) -> Actor:
        one = Actor(id=new_actor_id(), type="person", via="password")
        self._ask(self._root, "actor.enrolled", {"actor_id": one.id, "actor_type": "person"})
        self._ask(self._root, "role.granted", {"actor_id": one.id, "role": role})
        return one

    def _ask(self, who: Actor, kind: str, fields: dict[str, Any]) -> int:
        return self._all(who, [(kind, fields)])[0]

    def _all(self, who: Actor, wanted: Sequence[tuple[str, dict[str, Any]]]) -> list[int]:
        asked = [Asked(read_command(kind, fields)) for kind, fields in wanted]
        receipts = self._made.submitter.submit_batch(who, asked)
        refused = [one for one in receipts if one.outcome != "allow"]
        if refused:
            raise SystemExit(f"the policy refuses a change: {refused[0].decision}")
        return [one.sequence for one in receipts]


def _place(number: int) -> dict[str, Any]:
    return {"model": "triage", "version": f"1.{number}.0", "environment": "production"}


def _digest(number: int) -> str:
    return f"{number:016x}" * 4


def _data_set(number: int) -> dict[str, Any]:
    """One of a hundred."""
    return {
        "name": f"visits-{number % 100}",
        "version": "1",
        "sha256": f"{number % 100:064x}",
        "source": "warehouse",
        "classification": "internal",
    }


def opened(home: Path, entries: int, url: str = "") -> tuple[Wiring, Company]:
    """A log of so many entries, made anew where there is none."""
    made = big.begun(big.settings(home.resolve(), url))
    company = Company(made)
    wanted = range(_changes(entries))
    for start in wanted[::_CHANGES_AT_ONCE]:
        company.change(*wanted[start : start + _CHANGES_AT_ONCE])
    big.grow(made, entries)
    return made, company


def _changes(entries: int) -> int:
    """How many changes a log has: a full page of them, however small it is."""
    return min(CHANGES, max(A_PAGE, entries // SHARE // ENTRIES_OF_A_CHANGE))


def measure(made: Wiring, company: Company, entries: int) -> dict[str, float]:
    """Keep a log up and read it; seconds of each page."""
    at_first = Follower(made, at_once=_AT_ONCE)
    seconds = timed(at_first.catch_up)
    show("standing.kept", entries=entries, seconds=seconds, an_entry_ms=1_000 * seconds / entries)
    observed = big.observation(0, 0, 0)
    made.submitter.submit_batch(big.workload(made), [Asked(observed)])
    show("standing.again", entries=entries, of="an observation", seconds=timed(at_first.catch_up))
    company.change(900_000)
    show("standing.again", entries=entries, of="a change", seconds=timed(at_first.catch_up))
    position = made.reader.head().size
    follower = Follower(made)
    follower.look()
    with reading(made.engine) as connection:
        found: dict[str, Any] = {}
        taken = timed(lambda: found.update(follower.results(connection, position)))
    show("standing.matrix", entries=position, controls=len(found), seconds=taken)
    if position <= _FROM_SCRATCH + ENTRIES_OF_A_CHANGE + 1:
        show("standing.scratch", entries=position, seconds=timed(lambda: _scratch(made, position)))
    pages: dict[str, Callable[[], object]] = {
        "board": lambda: board(made, "soc2"),
        "due": lambda: due_dates(made, "soc2"),
        "control": lambda: stood(made, _CONTROL),
        "exceptions": lambda: deviations(made, _CONTROL),
        "population": lambda: changes(made, control=_CONTROL),
    }
    return {
        name: statistics.median(timed(read) for _ in range(TURNS)) for name, read in pages.items()
    }


def _scratch(made: Wiring, position: int) -> None:
    history = replay(made.reader.past(position))
    scope = standing_scope(history.recorded[-1].entry.recorded_at)
    material = Material(history, scope, Integrity(position))
    for framework in every_framework(made.reader):
        assess_material(framework, material)


def run(folder: Path, sizes: Sequence[int], make_url: Callable[[], str]) -> None:
    """Measure logs of some sizes on SQLite, the pages beside those of the first."""
    del make_url
    first: dict[str, float] = {}
    for entries in sizes:
        home = folder / f"standing-{entries}"
        made, company = opened(home, entries)
        try:
            pages = measure(made, company, entries)
        finally:
            made.close()
        first = first or pages
        for name, seconds in pages.items():
            show(
                "standing.page",
                page=name,
                entries=entries,
                seconds=seconds,
                times_the_smallest=seconds / first[name],
            )


if __name__ == "__main__":
    run(Path(sys.argv[1]), [int(size) for size in sys.argv[2:]], str)
