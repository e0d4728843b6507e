"""Words, signs and colours that pages, drawings and print share.

A colour never stands alone: each verdict has a word and a sign, each kind of node a word and a
shape. Inks on their tints and on white keep a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from policies.controls.finding import HumanPart, Verdict

INK: Final = "#1b2733"
MUTED: Final = "#566472"
RULE: Final = "#d3dae1"
PALE: Final = "#f4f6f8"
ACCENT: Final = "#17406d"
WHITE: Final = "#ffffff"


@dataclass(frozen=True)
class Look:
    """How one thing of a closed list is shown: word, sign, ink for text and lines, pale ground."""

    word: str
    sign: str
    ink: str
    tint: str


VERDICT_LOOKS: Final[dict[Verdict, Look]] = {
    "fail": Look("Failed", "✗", "#a3231b", "#fbeceb"),
    "insufficient_evidence": Look("Insufficient evidence", "?", "#855300", "#fdf3e1"),
    "not_exercised": Look("Not exercised", "○", "#44525f", "#eef1f4"),
    "pass": Look("Passed", "✓", "#1c6537", "#e9f5ed"),
    "not_applicable": Look("Not applicable", "\N{EN DASH}", "#5a6671", "#f4f6f8"),
}

HUMAN_PART_WORDS: Final[dict[HumanPart, str]] = {
    "none": "nothing to add",
    "missing": "missing",
    "attached": "attached",
    "expired": "expired",
}
