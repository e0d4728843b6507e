"""What a simulation found: what would have come out otherwise under another policy."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.events.decision import Result

Verdict = Literal["newly_allowed", "newly_refused", "not_decidable"]
VERDICTS: Final[tuple[Verdict, ...]] = ("newly_allowed", "newly_refused", "not_decidable")
MOST_KEPT: Final = 500


@dataclass
class Change:
    """Something that would have come out otherwise, at one entry.

    ``results`` say why: what the candidate finds missing, or, where it newly allows, what was
    missing then. ``later`` is the entry at which a release that is newly refused would have been
    granted after all; -1 where it never would.
    """

    verdict: Verdict
    entry: int
    kind: str
    model: str
    version: str
    environment: str
    actor: str
    release: int
    results: tuple[Result, ...]
    later: int = -1

    @property
    def rules(self) -> tuple[str, ...]:
        """The requirements that make the difference, as gate/requirement."""
        return rules_of(self.results)

    def as_object(self) -> dict[str, Any]:
        """The same as plain JSON."""
        members = {name: value for name, value in vars(self).items() if name != "results"}
        return {**members, "rules": list(self.rules), "results": _plain(self.results)}


@dataclass(frozen=True)
class OpenRelease:
    """A release that is open or granted at the end, and what it lacks before and after."""

    release: int
    model: str
    version: str
    environment: str
    status: str
    before: tuple[Result, ...]
    after: tuple[Result, ...]

    def as_object(self) -> dict[str, Any]:
        """The same as plain JSON."""
        lacks = {"before": _plain(self.before), "after": _plain(self.after)}
        return {**vars(self), **lacks}


@dataclass
class Simulation:
    """Every decision of a past beside what a candidate would have decided.

    ``decided`` were compared, ``same`` of them came out as they did. Of ``refusals_unknown`` only a
    digest of what was refused is kept, so the candidate can't be asked. ``numbers`` count by
    verdict; ``by_rule`` and ``by_model`` count (verdict, name). Of each verdict the first
    ``MOST_KEPT`` changes are kept.
    """

    candidate: str
    in_force: str = ""
    size: int = 0
    since: int = 0
    decided: int = 0
    same: int = 0
    refusals_unknown: int = 0
    numbers: Counter[Verdict] = field(default_factory=Counter)
    by_rule: Counter[tuple[Verdict, str]] = field(default_factory=Counter)
    by_model: Counter[tuple[Verdict, str]] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)
    releases: list[OpenRelease] = field(default_factory=list)

    def of(self, verdict: Verdict) -> list[Change]:
        """The kept changes of one verdict, oldest first."""
        return [change for change in self.changes if change.verdict == verdict]

    def add(self, change: Change) -> None:
        """Count a change, and keep it if there is room."""
        verdict = change.verdict
        self.numbers[verdict] += 1
        for rule in change.rules:
            self.by_rule[verdict, rule] += 1
        if change.model:
            self.by_model[verdict, change.model] += 1
        if self.numbers[verdict] <= MOST_KEPT:
            self.changes.append(change)

    def as_object(self) -> dict[str, Any]:
        """The same as plain JSON, newly allowed first."""
        return {
            "candidate": self.candidate,
            "in_force": self.in_force,
            "size": self.size,
            "since": self.since,
            "decided": self.decided,
            "same": self.same,
            "refusals_unknown": self.refusals_unknown,
            "numbers": {verdict: self.numbers[verdict] for verdict in VERDICTS},
            "by_rule": _grouped(self.by_rule),
            "by_model": _grouped(self.by_model),
            "changes": [one.as_object() for verdict in VERDICTS for one in self.of(verdict)],
            "releases": [one.as_object() for one in self.releases],
        }


def rules_of(results: Iterable[Result]) -> tuple[str, ...]:
    """Results as gate/requirement, each once."""
    return tuple(dict.fromkeys(f"{item.gate}/{item.requirement}" for item in results))


def _plain(results: Iterable[Result]) -> list[dict[str, Any]]:
    return [item.model_dump(mode="json", exclude_defaults=True) for item in results]


def _grouped(counts: Counter[tuple[Verdict, str]]) -> dict[str, dict[str, int]]:
    return {
        verdict: {name: number for (of, name), number in counts.most_common() if of == verdict}
        for verdict in VERDICTS
    }
