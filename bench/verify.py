"""Verifying a whole ledger, beside bare signature verification."""

from __future__ import annotations

from functools import partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.installation import installation, median, show, timed
from ledger.audit import audit
from ledger.batch import Asked

ENTRIES = 5_000


def bare_verifications() -> float:
    """Ed25519 verifications per second on this core."""
    key = Ed25519PrivateKey.generate()
    message = b"x" * 1000
    signature, public = key.sign(message), key.public_key()
    count = 1000
    seconds = [
        timed(lambda: [public.verify(signature, message) for _ in range(count)]) for _ in range(3)
    ]
    return count / median(seconds)


def run(urls: list[str]) -> None:
    """Everything that ``counterseal verify`` does, on each database."""
    for url in urls:
        with installation(url) as bench:
            for start in range(0, ENTRIES, 500):
                asked = [Asked(bench.observation(start + n)) for n in range(500)]
                bench.wiring.submitter.submit_batch(bench.pipeline, asked)
            rates = []
            ratios = []
            for _ in range(3):
                bare = bare_verifications()
                found = []
                again = partial(audit, bench.wiring.log, redecide=bench.wiring.redecide())
                seconds = timed(lambda: found.append(again()))  # noqa: B023 (called at once)
                if not found[0].sound:
                    raise SystemExit(str(found[0].problems))
                rates.append(found[0].size / seconds)
                ratios.append(rates[-1] / bare)
            show(
                "verify.full",
                database=bench.database,
                entries=found[0].size,
                per_second=median(rates),
                share_of_bare_verification=median(ratios),
            )
