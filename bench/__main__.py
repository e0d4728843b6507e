"""Run benchmarks by name; all but the long ones without one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bench import append, decide, fairness, http, kills, report, verify

if TYPE_CHECKING:
    from collections.abc import Callable

BENCHES: dict[str, Callable[[list[str]], None]] = {
    "append": append.run,
    "decide": decide.run,
    "http": http.run,
    "verify": verify.run,
    "report": report.run,
    "fairness": fairness.run,
    "kills": kills.run,
}
# Takes ten minutes, and runs only when it is named.
LONG = {"kills"}


def main(names: list[str]) -> None:
    """Each on SQLite and on a PostgreSQL server started for the run."""
    from tests.tools.postgresql import start_postgres

    unknown = set(names) - set(BENCHES)
    if unknown:
        raise SystemExit(f"no such benchmark: {', '.join(sorted(unknown))}")
    server = start_postgres()
    try:
        server.wait()
        for name in names or [name for name in BENCHES if name not in LONG]:
            BENCHES[name](["", server.url(server.create())])
    finally:
        server.stop()


main(sys.argv[1:])
