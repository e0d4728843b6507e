"""The tests T1 to T15 by their ids, each with its version, title and the class of its arguments.

T5 looks at fields of things; over incidents, which have clocks, it has the name ``T5-incidents``.
T7 counts repetitions; over reviews that the policy owes it has the name ``T7-reviews``.

A test's version goes up whenever the same history could give another finding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from policies.controls.primitives import (
    access,
    change,
    course,
    documents,
    duties,
    fields,
    incidents,
    integrity,
    lineage,
    population,
    privacy,
    recurring,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from policies.controls.finding import Finding, Tally
    from policies.controls.material import Material
    from policies.controls.primitives.arguments import Arguments


@dataclass(frozen=True)
class Parts:
    """A test by parts: ``conclude`` of the tallies' sum is what ``run`` finds over the whole.

    ``with_rare`` takes its place where entries of a rare kind, of no part, have a say as well.
    """

    tally: Callable[[Material, Any], Tally]
    conclude: Callable[[Tally, Any], Finding]
    with_rare: Callable[[Tally, Any, Material], Finding] | None = None

    def found(self, tally: Tally, arguments: Arguments, material: Material) -> Finding:
        """What follows from the tallies' sum; of ``material`` only rare entries are looked at."""
        if self.with_rare is not None:
            return self.with_rare(tally, arguments, material)
        return self.conclude(tally, arguments)


@dataclass(frozen=True)
class Test:
    """One test: what it is called, what it takes and what it does.

    ``parts`` are there where a population can be tested piece by piece: what one piece tallies,
    and what follows from the sum.
    """

    __test__ = False

    id: str
    title: str
    arguments: type[Arguments]
    run: Callable[[Material, Any], Finding]
    parts: Parts | None = None


TESTS: Final[dict[str, Test]] = {
    test.id: test
    for test in (
        Test("T1", "Integrity of the ledger", integrity.ChainArguments, integrity.chain),
        Test(
            "T2",
            "Completeness of the population",
            population.PopulationArguments,
            population.population,
            Parts(population.tallied, population.counted, population.listed),
        ),
        Test(
            "T3",
            "Order of events",
            change.OrderArguments,
            change.order,
            Parts(change.tallied, change.concluded),
        ),
        Test(
            "T4",
            "Separation of duties",
            duties.DutiesArguments,
            duties.duties,
            Parts(duties.tallied, duties.concluded),
        ),
        Test(
            "T5",
            "Required fields",
            fields.FieldsArguments,
            fields.fields,
            Parts(fields.tallied, fields.concluded),
        ),
        Test("T5-incidents", "Incidents in time", incidents.IncidentArguments, incidents.incidents),
        Test(
            "T6",
            "Required document",
            documents.DocumentArguments,
            documents.document,
            Parts(documents.tallied, documents.concluded),
        ),
        Test("T7", "Regular repetition", documents.CadenceArguments, documents.cadence),
        Test(
            "T7-reviews",
            "Recurring reviews of what runs",
            recurring.RecurringArguments,
            recurring.recurring,
        ),
        Test("T8", "Removal of leavers", access.DeprovisionArguments, access.deprovision),
        Test(
            "T9",
            "Lineage",
            lineage.LineageArguments,
            lineage.lineage,
            Parts(lineage.tallied, lineage.concluded),
        ),
        Test(
            "T10",
            "Emergency changes",
            course.ExceptionArguments,
            course.emergency,
            Parts(course.rollbacks, course.rolled_back),
        ),
        Test("T11", "Retention", integrity.RetentionArguments, integrity.retention),
        Test("T12", "Recovery", integrity.RecoveryArguments, integrity.recovery),
        Test(
            "T13",
            "Notice of deprecation",
            course.NoticeArguments,
            course.notice,
            Parts(course.notices, course.noticed),
        ),
        Test(
            "T14",
            "Sign-in of approvers",
            access.SignInArguments,
            access.sign_in,
            Parts(access.sign_in_tally, access.signed_in),
        ),
        Test("T15", "Erasure in time", privacy.ErasureArguments, privacy.erasure),
    )
}
