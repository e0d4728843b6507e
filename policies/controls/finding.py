"""What one test says of one population: one verdict of five, numbers and the entries behind it.

Rules:
- An empty population never passes: it is ``not_exercised``.
- One exception makes a finding fail, whatever else is missing.
- What could not be computed is ``insufficient_evidence`` and says what is missing.
- Several findings combine to the worst: fail, then insufficient_evidence, then not_exercised, then
  pass. ``not_applicable`` is left aside as long as any other verdict stands beside it.
- No verdict says "compliant"; a person decides that.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Verdict = Literal["pass", "fail", "insufficient_evidence", "not_exercised", "not_applicable"]
HumanPart = Literal["none", "missing", "attached", "expired"]

VERDICTS: Final[tuple[Verdict, ...]] = (
    "fail",
    "insufficient_evidence",
    "not_exercised",
    "pass",
    "not_applicable",
)
"""Worst first."""

_HUMAN_PARTS: Final[tuple[HumanPart, ...]] = ("expired", "missing", "attached", "none")


@dataclass(frozen=True)
class Deviation:
    """One item of a population that is not as asked, and the entries where that can be seen."""

    entries: tuple[int, ...]
    sentence: str


@dataclass(frozen=True)
class Finding:
    """What one test found.

    ``population`` is how many items there are, ``tested`` how many could be tested; ``exceptions``
    are items that break the rule, ``missing`` items whose proof is not in the ledger; ``entries``
    are the sequence numbers that prove the finding, ``sources`` the kinds of event and outside
    facts it was computed from; ``human_part`` is the state of the documents it rests on;
    ``beyond`` is as in ``Tally``.
    """

    verdict: Verdict
    test: str
    version: int
    population: int
    tested: int
    exceptions: tuple[Deviation, ...]
    missing: tuple[Deviation, ...]
    entries: tuple[int, ...]
    sources: tuple[str, ...]
    sentence: str
    human_part: HumanPart = "none"
    beyond: tuple[int, int] = (0, 0)

    @property
    def failed(self) -> int:
        """How many exceptions there are, named or not."""
        return len(self.exceptions) + self.beyond[0]

    @property
    def lacking(self) -> int:
        """How many proofs are missing, named or not."""
        return len(self.missing) + self.beyond[1]


@dataclass(frozen=True)
class Tally:
    """What a test gathers while it walks its population; ``verdict`` is worked out from it.

    ``noted`` counts items of a sort that the test names in its sentence. ``beyond`` says how many
    exceptions, and how many missing, there are besides those that are named here: a tally that was
    added up from parts names the first of them only.
    """

    population: int
    tested: int
    exceptions: tuple[Deviation, ...] = ()
    missing: tuple[Deviation, ...] = ()
    entries: tuple[int, ...] = ()
    noted: int = 0
    beyond: tuple[int, int] = (0, 0)

    @property
    def failed(self) -> int:
        """How many exceptions there are."""
        return len(self.exceptions) + self.beyond[0]

    @property
    def lacking(self) -> int:
        """How many proofs are missing."""
        return len(self.missing) + self.beyond[1]

    @property
    def verdict(self) -> Verdict:
        """The verdict by the rules above."""
        if self.population == 0:
            return "not_exercised"
        if self.failed:
            return "fail"
        if self.lacking or self.tested == 0:
            return "insufficient_evidence"
        return "pass"

    def found(
        self,
        test: str,
        version: int,
        sources: tuple[str, ...],
        sentence: str,
        *,
        population: int | None = None,
        human_part: HumanPart = "none",
    ) -> Finding:
        """The finding; ``population`` is given where another number than the tally's is shown."""
        return Finding(
            verdict=self.verdict,
            test=test,
            version=version,
            population=self.population if population is None else population,
            tested=self.tested,
            exceptions=self.exceptions,
            missing=self.missing,
            entries=self.entries,
            sources=sources,
            sentence=sentence,
            human_part=human_part,
            beyond=self.beyond,
        )


def not_recorded(test: str, version: int, sentence: str) -> Finding:
    """The finding where the ledger has no place for what the test needs; ``sentence`` says so."""
    tally = Tally(population=1, tested=0, missing=(Deviation((), sentence),))
    return tally.found(test, version, (), sentence, population=0, human_part="missing")


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a control whose tests gave these; of none at all, not_applicable."""
    given = set(verdicts)
    return next((verdict for verdict in VERDICTS if verdict in given), "not_applicable")


def worst_human_part(parts: Iterable[HumanPart]) -> HumanPart:
    """The state of several human parts together: expired, then missing, then attached."""
    given = set(parts)
    return next((part for part in _HUMAN_PARTS if part in given), "none")


def many(number: int, singular: str, plural: str = "") -> str:
    """A number with its noun: "1 change", "3 changes", "1,204 entries"."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def both(*groups: Iterable[int]) -> tuple[int, ...]:
    """Entry numbers of several groups together, ascending, each once."""
    return tuple(sorted(set(chain.from_iterable(groups))))
