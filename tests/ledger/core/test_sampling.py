"""A draw is decided by nonce and root alone, favours no row, and is what a few lines compute."""

from __future__ import annotations

import hashlib
import hmac
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from ledger.core.sampling import commitment_to, drawn, rows_digest, seed_of, size_by_table
from webui.reports.assemble.sampled import _AGAIN

NONCE, ROOT = bytes(range(32)), bytes(range(32, 64))
rows = st.sets(st.integers(0, 2**53 - 1), max_size=60)
secret = st.binary(min_size=32, max_size=32)


def test_known_rows_are_drawn_by_a_known_nonce() -> None:
    """Worked out with openssl: seed e8...; the ranks of 1 to 9 in order."""
    seed = hmac.new(NONCE, ROOT, hashlib.sha256).digest()
    ranked = sorted(range(1, 10), key=lambda n: hmac.new(seed, str(n).encode(), "sha256").digest())
    assert seed_of(NONCE, ROOT) == seed
    assert drawn(range(1, 10), seed, 3) == tuple(sorted(ranked[:3]))
    assert commitment_to(NONCE) == hashlib.sha256(NONCE).hexdigest()


def test_the_lines_that_a_report_prints_draw_the_same_rows() -> None:
    population = range(40, 140, 3)
    arguments = [NONCE.hex(), ROOT.hex(), "7"]
    done = subprocess.run(
        [sys.executable, "-I", "-c", "\n".join(_AGAIN), *arguments],
        input="\n".join(map(str, population)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert tuple(map(int, done.stdout.split())) == drawn(population, seed_of(NONCE, ROOT), 7)


@given(rows, secret, st.integers(0, 70))
def test_a_draw_has_its_size_and_knows_no_order(
    population: set[int], seed: bytes, size: int
) -> None:
    found = drawn(population, seed, size)
    assert len(found) == min(size, len(population))
    assert set(found) <= population
    assert found == drawn(sorted(population, reverse=True), seed, size)
    assert list(found) == sorted(found)


@given(rows, secret, st.integers(1, 20))
def test_a_larger_draw_holds_the_smaller_one(population: set[int], seed: bytes, size: int) -> None:
    assert set(drawn(population, seed, size)) <= set(drawn(population, seed, size + 1))


@given(rows, st.integers(0, 2**53 - 1), secret, st.integers(1, 20))
def test_hiding_a_row_changes_the_population_and_a_drawn_row_the_draw(
    population: set[int], hidden: int, seed: bytes, size: int
) -> None:
    whole = population | {hidden}
    assert rows_digest(whole) != rows_digest(whole - {hidden})
    if hidden in drawn(whole, seed, size):
        assert drawn(whole, seed, size) != drawn(whole - {hidden}, seed, size)


def test_no_row_is_favoured() -> None:
    """Of 2,000 nonces each of 20 rows is drawn by about a quarter: five standard deviations."""
    counts = dict.fromkeys(range(20), 0)
    for number in range(2_000):
        for row in drawn(range(20), seed_of(number.to_bytes(32, "big"), ROOT), 5):
            counts[row] += 1
    assert all(abs(count - 500) < 5 * 19.4 for count in counts.values())


def test_the_table_takes_a_tenth_from_three_to_thirty() -> None:
    sizes = {n: size_by_table(n) for n in (0, 1, 2, 3, 29, 30, 31, 100, 291, 300, 10_000)}
    assert sizes == {
        0: 0, 1: 1, 2: 2, 3: 3, 29: 3, 30: 3, 31: 4, 100: 10, 291: 30, 300: 30, 10_000: 30,
    }  # fmt: skip
