"""Run benchmarks by name; all but the long ones without one.

``--keep DIR`` is a folder that stays: large logs and installed peers are found there again.
``--million`` adds a log of 1,000,000 entries where sizes are compared.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench import (
    append,
    client,
    decide,
    engines,
    fairness,
    http,
    kills,
    peers,
    population,
    reads,
    registering,
    replay,
    report,
    standing,
    verify,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Measured on each of some databases.
ON_DATABASES: dict[str, Callable[[list[str]], None]] = {
    "append": append.run,
    "decide": decide.run,
    "engines": engines.run,
    "http": http.run,
    "replay": replay.run,
    "report": report.run,
    "fairness": fairness.run,
    "kills": kills.run,
}
# Measured on logs of several sizes.
BY_SIZE: Final = {"verify": verify, "reads": reads, "standing": standing}
NAMES = (*ON_DATABASES, *BY_SIZE, "peers", "population", "client", "registering")
# Takes ten minutes, and runs only when it is named.
LONG = {"kills"}


def arguments() -> argparse.Namespace:
    """What the caller asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--keep", type=Path, metavar="DIR")
    parser.add_argument("--million", action="store_true")
    asked = parser.parse_args()
    unknown = set(asked.names) - set(NAMES)
    if unknown:
        raise SystemExit(f"no such benchmark: {', '.join(sorted(unknown))}")
    return asked


@contextmanager
def folder(kept: Path | None) -> Iterator[Path]:
    """The folder that stays, or one that is gone afterwards."""
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="counterseal-bench-") as passing:
        yield Path(passing)


def main() -> None:
    """Each on SQLite and, where a database matters, on a PostgreSQL server of the run."""
    from tests.tools.postgresql import start_postgres

    asked = arguments()
    more = (reads.MILLION,) if asked.million else ()
    server = start_postgres()
    try:
        server.wait()
        with folder(asked.keep) as place:
            for name in asked.names or [name for name in NAMES if name not in LONG]:
                if name in BY_SIZE:
                    sized = BY_SIZE[name]
                    sized.run(
                        place / "logs", (*sized.SIZES, *more), lambda: server.url(server.create())
                    )
                elif name == "peers":
                    peers.run(place / "peers")
                elif name == "population":
                    population.run()
                elif name == "client":
                    client.run(place / "client")
                elif name == "registering":
                    registering.run(place / "registering", server.url(server.create()))
                else:
                    ON_DATABASES[name](["", server.url(server.create())])
    finally:
        server.stop()


main()
