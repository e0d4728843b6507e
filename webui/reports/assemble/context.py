"""What a report knows beside the history: who made it, over which root, and how names are found.

Names come from the vault and may have been erased, so they are looked up and never stored in an
entry; everything else in a report follows from entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.events.decision import Result
    from policies.controls.outside import Integrity
    from webui.reports.assemble.sampled import SampleMaterial


@dataclass(frozen=True)
class Fingerprints:
    """The keys that a reader checks against: what to compare, not secrets.

    ``checkpoint`` is the key of checkpoints as a C2SP signed-note vkey, ``entries`` the public key
    of entries in hexadecimal, ``seal`` the SHA-256 of the sealing certificate.
    """

    checkpoint: str
    entries: str
    seal: str


@dataclass(frozen=True)
class Verified:
    """A verification of the whole ledger: when, how far, how many problems it found."""

    at: str
    size: int
    problems: int


def nothing_written(entry: int, field: str) -> str:
    """The private text of an entry where none is at hand."""
    del entry, field
    return ""


@dataclass(frozen=True)
class ReportContext:
    """``origin`` and ``root`` (hexadecimal) name the log at the position that the report covers.

    ``report_id`` is the report's own name and ``generator`` the program's; ``watermark`` is empty
    or stands on every page. ``names`` gives a display name for an actor id, ``sentence`` the
    sentence for one requirement of a decision. ``sample`` is what a report about a sample is about,
    ``runs`` are verifications of the whole ledger that were kept, and ``text`` gives the private
    text of an entry, or nothing where it was erased.
    """

    origin: str
    root: str
    report_id: str
    generator: str
    names: Callable[[str], str]
    sentence: Callable[[Result], str]
    integrity: Integrity
    fingerprints: Fingerprints
    watermark: str = ""
    sample: SampleMaterial | None = None
    runs: tuple[Verified, ...] = ()
    text: Callable[[int, str], str] = nothing_written
