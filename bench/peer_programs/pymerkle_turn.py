"""One turn of pymerkle: ``python pymerkle_turn.py WORK PAYLOAD_FILE NUMBER BATCH``.

Runs in an environment of its own and prints operations per second as one JSON line.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any


def main(work: str, payload_file: str, number: str, batch: str) -> None:
    """Append one by one, then at once, then prove and verify each leaf."""
    pymerkle: Any = importlib.import_module("pymerkle")
    payload = Path(payload_file).read_bytes()
    one, many = int(number), int(batch)
    tree = pymerkle.SqliteTree(str(Path(work) / "tree.db"))
    start = time.perf_counter()
    for _ in range(one):
        tree.append_entry(payload)
    by_one = one / (time.perf_counter() - start)
    start = time.perf_counter()
    tree.append_entries([payload] * many)
    by_batch = many / (time.perf_counter() - start)
    size = tree.get_size()
    root = tree.get_state()
    start = time.perf_counter()
    for leaf in range(1, size + 1):
        proof = tree.prove_inclusion(leaf, size)
        pymerkle.verify_inclusion(tree.get_leaf(leaf), root, proof)
    verified = size / (time.perf_counter() - start)
    tree.close()
    rates = {"append_one": by_one, "append_batch": by_batch, "verify": verified}
    told = {"version": pymerkle.__version__, "batch": many, "per_second": rates}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
