"""Target of the page where strangers hand in files: every verdict is a verdict, nothing breaks.

One input is several files, with ``DIVIDE`` between them, as a form would bring them. They are held
to a real installation, so that a good proof leads on to what is looked up in its ledger.
"""

from __future__ import annotations

import atexit
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.core.proof import format_proof
from tests.fuzz.target import Target, answer

if TYPE_CHECKING:
    from tests.webui.house import House

DIVIDE = b"\x00--another file--\x00"
LARGEST_INDEX = 2**63 - 1


@cache
def house() -> House:
    """An installation with the entries of its set-up, until the program ends."""
    from tests.webui.house import build

    place = tempfile.TemporaryDirectory(prefix="counterseal-fuzz-")
    made = build(Path(place.name) / "home")
    atexit.register(place.cleanup)
    atexit.register(made.wiring.close)
    return made


def _handed_in(data: bytes) -> None:
    from webui.handed_in import HandedIn, verify_files

    wiring = house().wiring
    files = [HandedIn(f"file-{at}", one) for at, one in enumerate(data.split(DIVIDE))]
    verdicts = answer(verify_files, wiring, files)
    for verdict in verdicts or ():
        assert verdict.steps
        assert all(step.holds for step in verdict.steps[:-1]) or not verdict.holds
        "".join(step.name + step.detail for step in verdict.steps).encode("utf-8")
        if verdict.holds and verdict.noun == "Entry":
            assert any(_kept(one.data) for one in files)


def _kept(data: bytes) -> bool:
    log = house().wiring.log
    return data in {row.envelope for row in log.stored()}


def handed_in() -> list[bytes]:
    """A proof, one beside its entry, an entry, one with a far index, and a PDF of a stranger."""
    log = house().wiring.log
    proof, entry = format_proof(log.prove(2)), log.entry(2).envelope
    far = proof.replace(b"\nindex 2\n", b"\nindex %d\n" % LARGEST_INDEX)
    return [proof, proof + DIVIDE + entry, entry, far, b"%PDF-1.7\n%%EOF\n"]


TARGETS = (
    Target(
        "handed-in",
        "files that a stranger hands in to be verified, held to a ledger",
        _handed_in,
        handed_in,
        (
            DIVIDE,
            b"\nindex ",
            b"9223372036854775807",
            b"9223372036854775806",
            b"%PDF-",
            b"=\n",
            b"\n\n",
        ),
        16_384,
        runs=40,
    ),
)
