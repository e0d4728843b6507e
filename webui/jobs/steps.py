"""What the steps of a job are called where people read them."""

from __future__ import annotations

from typing import Final

STEPS: Final = {
    "": "",
    "entries": "Verifying entries",
    "registry": "Comparing what is derived from them",
    "access log": "Verifying the access log",
    "folding": "Reading the history",
    "testing": "Testing every control",
    "proving": "Gathering proofs",
    "drawing": "Drawing pages",
    "sealing": "Sealing",
    "recording": "Recording",
    "waiting to be tried again": "Waiting to be tried again",
}
