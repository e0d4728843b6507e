"""Write the golden files that are missing."""

from __future__ import annotations

from ledger.events.catalogue import CATALOGUE
from tests.golden.bytes_of import PROVEN, golden_bytes, golden_file

for kind in CATALOGUE:
    path = golden_file(kind)
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        path.write_bytes(golden_bytes(kind))
        print(f"wrote {path.name}")

signed = golden_file("release.approved.signed")
if not signed.exists():
    signed.write_bytes(golden_bytes("release.approved", PROVEN))
    print(f"wrote {signed.name}")
