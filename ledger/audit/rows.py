"""Hold the stored registry against the rebuilt one, and find rows that nothing accounts for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ledger.store import folded
from ledger.store.database import reading
from ledger.store.surplus import count_surplus

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.audit.found import Audit
    from ledger.log import Log
    from ledger.state.registry import Registry

    Progress = Callable[[str, int, int], None]

PAGE: Final = 1_000


def check_surplus(log: Log, found: Audit) -> None:
    """Find rows beyond the head, or before the beginning."""
    with reading(log.engine) as connection:
        surplus = count_surplus(connection, log.log_id)
    for table, number in surplus.items():
        rows = "1 row lies" if number == 1 else f"{number} rows lie"
        found.note(table, -1, "rows-outside", f"{rows} outside the log that the head speaks of.")


def check_folded(log: Log, registry: Registry, found: Audit, size: int, progress: Progress) -> None:
    """Compare every folded row with the registry that was rebuilt from ``size`` entries."""
    rebuilt = {
        (row["kind"], row["key"]): row
        for row in (folded.as_row(item, as_of) for item, as_of in registry.changed())
    }
    total = len(rebuilt)
    after = ("", "")
    while True:
        with reading(log.engine) as connection:
            page = folded.read_rows(connection, log.log_id, after, PAGE)
        for row in page:
            after = (row["kind"], row["key"])
            _compare(row, rebuilt.pop(after, None), size, found)
        progress("registry", found.counts.rows, total)
        if len(page) < PAGE:
            break
    for (kind, key), row in rebuilt.items():
        sentence = f"The row {kind} {key} is missing."
        found.note("folded", row["as_of"], "row-missing", sentence)


def _compare(row: dict[str, Any], wanted: dict[str, Any] | None, size: int, found: Audit) -> None:
    if row["as_of"] >= size:
        return  # changed since the audit began
    found.counts.rows += 1
    if wanted != row:
        sentence = f"The row {row['kind']} {row['key']} is not what the entries fold to."
        found.note("folded", int(row["as_of"]), "row-wrong", sentence)
