"""Ed25519 at its edges: every published odd point, judged as by Go and OpenSSL, and stricter.

The vectors (768 of them) come with the Go module ``filippo.io/mostly-harmless/ed25519vectors``. The
"ref10" rule of Go and OpenSSL refuses an R that is not canonical and a residue of low order, and takes
the rest. We refuse keys of small order too, under which one signature verifies many messages.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from ledger.core.signature import check_ed25519
from ledger.errors import SignatureError
from ledger.standalone import verify
from tests.interop import golang

REFUSED = {"NonCanonicalR", "LowOrderResidue", "LowOrderA"}


@cache
def vectors() -> list[dict[str, Any]]:
    folder = golang.source("filippo.io/mostly-harmless/ed25519vectors")
    found: list[dict[str, Any]] = json.loads((folder / "ed25519vectors.json").read_text())
    return found


def holds(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        check_ed25519(public, signature, message)
    except SignatureError:
        return False
    return True


@pytest.mark.parametrize("check", [holds, verify.ed25519])
def test_odd_points_are_judged_as_elsewhere_and_keys_of_small_order_refused(check: Any) -> None:
    assert len(vectors()) == 768
    for case in vectors():
        public, signature = bytes.fromhex(case["A"]), bytes.fromhex(case["R"] + case["S"])
        expected = not REFUSED & set(case["Flags"] or ())
        assert check(public, signature, case["M"].encode()) == expected, case
