"""Erase one of 1,000 people in a ledger of 50,000 entries: how long, and whether all is well.

python -m bench.erasure [people] [entries]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from ledger.audit import audit
from tests.webui.house import build
from tests.webui.test_erased_for_good import erase, files_of, fill, holding, words


def main() -> None:
    """Fill, erase, verify, search; prints what each took."""
    people, entries = (
        int(one) for one in (*sys.argv[1:3], *("1000", "50000")[len(sys.argv) - 1 :])
    )
    with tempfile.TemporaryDirectory() as folder:
        house = build(Path(folder) / "home")
        began = time.perf_counter()
        subject, others = fill(house, people, entries)
        filled = time.perf_counter()
        entry = erase(house, subject)
        done = time.perf_counter()
        found = audit(house.wiring.log, redecide=house.wiring.redecide())
        verified = time.perf_counter()
        known = house.wiring.reader.people(others)
        named = sum(bool(one.name and one.email) for one in known.values())
        left = holding(files_of(house, Path("/")), words())
        print(f"{found.size} entries, {people} people, filled in {filled - began:.1f} s")
        print(f"erased by entry {entry}, with request and approval, in {done - filled:.2f} s")
        print(f"verified: {found.sound}, {found.counts.erased_texts} erased, ", end="")
        print(f"{found.counts.private_texts} opened, in {verified - done:.1f} s")
        print(f"{named} of {len(others)} others are named; left in files: {left}")
        house.wiring.close()


if __name__ == "__main__":
    main()
