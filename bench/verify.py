"""Verifying a whole ledger, beside bare signature verification; and how much memory it takes.

``verify.full`` is everything that ``counterseal verify`` does, on every core. Its limit is measured
by turns in the same run: the same number of processes that only check Ed25519 signatures, with the
library that an audit asks first (libsodium) and with the one whose word is the verdict (OpenSSL).
``verify.tree_only`` uses one core. ``verify.memory`` is the command itself, in a process of its
own: the largest memory that it or one of its workers held.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bench.big import opened
from bench.installation import median, show, timed
from ledger.audit import audit
from ledger.core.signature import failures
from webui.collector import settle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ledger.audit import Audit
    from ledger.log import Log
    from ledger.state.redecide import Redecide
    from webui.wiring import Wiring

    # Public keys, signatures, lengths of the messages, and these as one.
    Batch = tuple[list[bytes], list[bytes], list[int], bytes]

ENTRIES: Final = 50_000
SIZES: Final = (10_000, 100_000)
ROUNDS: Final = 5
MESSAGE_BYTES: Final = 1_100
BARE_SIGNATURES: Final = 4_000
LIBRARIES: Final = ("sodium", "openssl")
_KIB: Final = 1024

# A small process starts the command, because a process is charged with the memory of whoever
# started it. It prints seconds, and the largest memory of the command or one of its workers.
_MEASURE: Final = """
import json, os, sys, time
begun = time.perf_counter()
child = os.posix_spawn(sys.executable, [sys.executable, *sys.argv[1:]], os.environ,
                       file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)])
_, status, usage = os.wait4(child, 0)
seconds = time.perf_counter() - begun
print(json.dumps([os.waitstatus_to_exitcode(status), seconds, usage.ru_maxrss]))
"""
_COMMAND: Final = "from webui.cli.main import main; main()"


def bare_batch() -> Batch:
    """Good signatures of one key over messages of the size that entries have."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    message = b"x" * MESSAGE_BYTES
    number = BARE_SIGNATURES
    return (
        [public] * number,
        [key.sign(message)] * number,
        [len(message)] * number,
        message * number,
    )


def check_bare(batch: Batch) -> float:
    """Seconds for a batch in this process, as an audit checks it."""
    return timed(lambda: failures(*batch))


def check_openssl(batch: Batch) -> float:
    """Seconds for a batch in this process, by OpenSSL alone."""
    publics, signatures, lengths, messages = batch
    key = Ed25519PublicKey.from_public_bytes(publics[0])
    message = messages[: lengths[0]]
    return timed(lambda: [key.verify(signature, message) for signature in signatures])


def rounds(made: Wiring, pool: ProcessPoolExecutor, cores: int) -> list[dict[str, float]]:
    """Bare signatures, and audits: full, with each decision taken again, of the tree alone."""
    log = made.log
    batch = bare_batch()
    list(pool.map(check_bare, [batch] * cores))
    found = []
    settle()
    for _ in range(ROUNDS):
        # Each process tells its own time, so that sending the batch is not counted.
        one = {
            "sodium": together(pool, check_bare, [batch] * cores),
            "openssl": together(pool, check_openssl, [batch] * cores),
            "full": rate(log),
            "decided": rate(log, redecide=made.redecide()),
            "tree": rate(log, tree_only=True),
        }
        found.append({**one, **{f"to_{name}": one["full"] / one[name] for name in LIBRARIES}})
    return found


def together(
    pool: ProcessPoolExecutor, check: Callable[[Batch], float], batches: Sequence[Batch]
) -> float:
    """Signatures per second of all processes."""
    return sum(BARE_SIGNATURES / seconds for seconds in pool.map(check, batches))


def rate(log: Log, *, tree_only: bool = False, redecide: Redecide | None = None) -> float:
    """Entries per second of one audit."""
    kept: list[Audit] = []
    seconds = timed(lambda: kept.append(audit(log, tree_only=tree_only, redecide=redecide)))
    if not kept[0].sound:
        raise SystemExit(str(kept[0].problems))
    return kept[0].size / seconds


def speed(home: Path, entries: int, url: str = "") -> None:
    """Rates of a log of so many entries."""
    cores = os.cpu_count() or 1
    made = opened(home, entries, url)
    context = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(cores, mp_context=context) as pool:
            found = rounds(made, pool, cores)
        of = partial(_median_of, found)
        told = {"database": made.engine.dialect.name, "entries": entries, "cores": cores}
        for name in LIBRARIES:
            show(f"limit.ed25519_verify.{name}", cores=cores, per_second=of(name))
        shares = {f"share_of_bare_{name}": of(f"to_{name}") for name in LIBRARIES}
        show("verify.full", **told, per_second=of("full"), **shares)
        show("verify.decisions_again", **told, per_second=of("decided"))
        show("verify.tree_only", **{**told, "cores": 1}, per_second=of("tree"))
    finally:
        made.close()


def _median_of(found: Sequence[dict[str, float]], name: str) -> float:
    return median(one[name] for one in found)


def memory(home: Path, entries: int, *arguments: str) -> dict[str, Any]:
    """Run ``counterseal verify`` on a log of so many entries; what it took."""
    opened(home, entries).close()
    command = [sys.executable, "-S", "-c", _MEASURE, "-c", _COMMAND, "verify", *arguments]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COUNTERSEAL_HOME": str(home)},
    )
    code, seconds, largest = json.loads(done.stdout)
    if code:
        raise SystemExit(f"counterseal verify ended with {code}: {done.stderr}")
    return {"entries": entries, "seconds": seconds, "largest_mib": largest / _KIB}


def compared(homes: Path, sizes: Sequence[int]) -> None:
    """Memory at several sizes; ``to_smallest`` is about 1 where it does not grow."""
    for mode, arguments in (("full", ()), ("tree_only", ("--tree-only",))):
        found = [memory(homes / str(size), size, *arguments) for size in sorted(sizes)]
        for one in found:
            ratio = one["largest_mib"] / found[0]["largest_mib"]
            show(f"verify.memory.{mode}", database="sqlite", **one, to_smallest=ratio)


def run(folder: Path, sizes: Sequence[int], make_url: Callable[[], str]) -> None:
    """Speed on each database; memory on SQLite, whose logs stay in ``folder``."""
    with tempfile.TemporaryDirectory(prefix="counterseal-bench-") as passing:
        speed(Path(passing) / "sqlite", ENTRIES)
        speed(Path(passing) / "postgresql", ENTRIES, make_url())
    compared(folder, sizes)
