"""The population of production changes, newest first, with what a control's tests say of each.

Exceptions are told first, in a list of their own: all there are, in pages. Then come the changes
themselves. Nothing is computed: deviations are kept with the standing controls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.store import standing as store
from ledger.store.database import reading
from policies.controls.standing.pieces import id_of
from webui.standing.board import control_named
from webui.standing.shape import Shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policies.controls.mapping import Control
    from webui.wiring import Wiring

PRODUCTION: Final = "production"
MOST: Final = 50
_PAGE: Final = 200


class Deviating(Shape):
    """An item that is not as a test asks, or of which proof is missing."""

    test: str
    missing: bool
    entries: tuple[int, ...]
    sentence: str


class Deviations(Shape):
    """Some of a control's exceptions and of what is missing; ``next`` continues them."""

    control: str
    found: tuple[Deviating, ...]
    next: str


class Changed(Shape):
    """A production change, and what the tests of a control say against it."""

    entry: int
    at: str
    model: str
    version: str
    environment: str
    artifact: str
    by: str
    rollback: bool
    status: str
    release: int | None
    said: tuple[str, ...]


def deviations(wiring: Wiring, name: str, after: str = "", limit: int = MOST) -> Deviations:
    """Exceptions of a control's tests first, then what is missing, each by its last entry.

    Only what is tested by parts is kept item by item; the page of the control has the rest.

    Raises:
        UnknownSubjectError: there is no such control.
    """
    control = control_named(wiring.reader, name)
    begin, place = _place(after)
    steps = _steps(control)
    found: list[store.Deviating] = []
    with reading(wiring.engine) as connection:
        for step, (piece, missing) in enumerate(steps):
            if step < begin or len(found) > limit:
                continue
            found += store.deviations_of(
                connection,
                wiring.log.log_id,
                piece,
                missing=missing,
                limit=limit + 1 - len(found),
                after=place if step == begin else None,
            )
    shown = found[:limit]
    following = ""
    if len(found) > limit:
        last = shown[-1]
        step = steps.index((last.piece, bool(last.missing)))
        following = f"{step}.{last.last}.{last.nth}.{last.unit}"
    tests = {id_of(use): use.test.id for use in control.tests}
    return Deviations(
        control=name,
        found=tuple(
            Deviating(
                test=tests[one.piece],
                missing=bool(one.missing),
                entries=tuple(one.value[0]),
                sentence=one.value[1],
            )
            for one in shown
        ),
        next=following,
    )


def changes(
    wiring: Wiring,
    *,
    model: str = "",
    environment: str = PRODUCTION,
    control: str = "",
    before: int | None = None,
    limit: int = MOST,
) -> list[Changed]:
    """Deployments and roll-backs, newest first, with what a control's tests say against them.

    Raises:
        UnknownSubjectError: there is no such control.
    """
    found = wiring.reader.deployments(
        model=model, environment=environment, before=before, limit=limit
    )
    said: dict[int, list[str]] = {}
    if control and found:
        pieces = [id_of(use) for use in control_named(wiring.reader, control).tests]
        with reading(wiring.engine) as connection:
            rows = store.deviating_at(
                connection, wiring.log.log_id, pieces, [one.since for one in found]
            )
        for row in rows:
            said.setdefault(row.last, []).append(row.value[1])
    return [
        Changed(
            entry=one.since,
            at=one.at,
            model=one.model,
            version=one.version,
            environment=one.environment,
            artifact=one.artifact,
            by=one.by,
            rollback=one.rollback,
            status=one.status,
            release=one.release,
            said=tuple(said.get(one.since, ())),
        )
        for one in found
    ]


def every_change(
    wiring: Wiring, *, model: str, environment: str, control: str
) -> Iterator[Changed]:
    """All of them, a page in memory at a time."""
    before: int | None = None
    while True:
        page = changes(
            wiring,
            model=model,
            environment=environment,
            control=control,
            before=before,
            limit=_PAGE,
        )
        yield from page
        if len(page) < _PAGE:
            return
        before = page[-1].entry


def every_deviation(wiring: Wiring, name: str) -> Iterator[Deviating]:
    """All of a control's exceptions and what is missing, a page in memory at a time."""
    after = ""
    while True:
        page = deviations(wiring, name, after, _PAGE)
        yield from page.found
        if not page.next:
            return
        after = page.next


def _steps(control: Control) -> list[tuple[str, bool]]:
    pieces = list(dict.fromkeys(id_of(use) for use in control.tests))
    return [(piece, missing) for missing in (False, True) for piece in pieces]


def _place(after: str) -> tuple[int, tuple[int, str, int] | None]:
    """Where a list continues; from the beginning where that is no place."""
    parts = after.split(".", 3)
    numbers = parts[:3]
    if len(parts) != 4 or not all(_is_number(one) for one in numbers):  # noqa: PLR2004
        return 0, None
    step, last, nth = map(int, numbers)
    return step, (last, parts[3], nth)


def _is_number(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdecimal() and len(digits) <= 18  # noqa: PLR2004
