"""Facts about the CI job that asks: what its identity token says; not known where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.events.proof import IdTokenProof

if TYPE_CHECKING:
    from collections.abc import Callable

    from policies.expression.evaluate import Value
    from policies.facts import Case


def _of_job(name: str) -> Callable[[Case], Value]:
    def fact(case: Case) -> Value:
        value: Value = getattr(case.proof, name) if isinstance(case.proof, IdTokenProof) else None
        return value

    return fact


JOB_FACTS: Final[dict[str, Callable[[Case], Value]]] = {
    "ci.ref": _of_job("ref"),
    "ci.ref_protected": _of_job("ref_protected"),
    "ci.environment": _of_job("environment"),
}
