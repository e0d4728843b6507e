"""How wide a text will be, before it is known which font shows it.

Advance widths are those of DejaVu Sans, which is wider than what browsers use for ``sans-serif``
and than the condensed face of the PDF: what fits here fits there. Characters beyond ASCII count as
a capital letter, East Asian wide ones as a whole em.
"""

from __future__ import annotations

import unicodedata
from typing import Final

# fmt: off
ADVANCES: Final = (  # U+0020 to U+007E, in thousandths of the size
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337,
    636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531,
    1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787,
    603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500,
    500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612,
    635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
)
# fmt: on

ELLIPSIS: Final = "…"
_BOLD: Final = 1.15
_OTHER: Final = 790
_WIDE: Final = 1000
_FIRST: Final = 0x20


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a text in points, at least what it takes in the faces that we expect."""
    thousandths = sum(_advance(character) for character in text)
    return thousandths * size / 1000 * (_BOLD if bold else 1)


def truncated(text: str, size: float, width: float, *, bold: bool = False) -> str:
    """The text if it fits into ``width`` points, else its beginning and an ellipsis."""
    if text_width(text, size, bold=bold) <= width:
        return text
    room = width - text_width(ELLIPSIS, size, bold=bold)
    taken = 0.0
    for index, character in enumerate(text):
        taken += text_width(character, size, bold=bold)
        if taken > room:
            return text[:index].rstrip() + ELLIPSIS
    return text


def _advance(character: str) -> int:
    place = ord(character) - _FIRST
    if 0 <= place < len(ADVANCES):
        return ADVANCES[place]
    return _WIDE if unicodedata.east_asian_width(character) in "WF" else _OTHER
