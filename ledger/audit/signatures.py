"""Ed25519 signatures checked on every core, in processes, while the main process reads on.

Nearly all of an audit's time goes here. A batch goes to whichever process is free; verdicts come
back in the order of the batches. Small logs are checked in place, where starting processes would
take longer than the work.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TYPE_CHECKING, Final

from ledger.core.signature import failures

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ledger.core.signature import Signed

    Verdict = Callable[[list[int]], None]

WORTH_PROCESSES: Final = 4_000
_WAITING_PER_WORKER: Final = 4


class Signatures:
    """Batches of signatures under way. One thread at a time may use it; ``close`` after use."""

    def __init__(self, expected: int, workers: int | None = None) -> None:
        self._workers = (os.cpu_count() or 1) if workers is None else workers
        self._pool: ProcessPoolExecutor | None = None
        if expected >= WORTH_PROCESSES and self._workers > 1:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._workers, mp_context=context)
        self._waiting: deque[tuple[Future[list[int]], Verdict]] = deque()

    def check(self, batch: Sequence[Signed], verdict: Verdict) -> None:
        """Check a batch; ``verdict`` is called with the places that fail, now or later."""
        if not batch:
            return
        publics, signatures, messages = zip(*batch, strict=True)
        packed = publics, signatures, tuple(map(len, messages)), b"".join(messages)
        if self._pool is None:
            verdict(failures(*packed))
            return
        self._waiting.append((self._pool.submit(failures, *packed), verdict))
        while len(self._waiting) > self._workers * _WAITING_PER_WORKER:
            self._next()

    def finish(self) -> None:
        """Wait for every verdict."""
        while self._waiting:
            self._next()

    def close(self) -> None:
        """Give back the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def _next(self) -> None:
        future, verdict = self._waiting.popleft()
        verdict(future.result())
