"""Scripts that run from right to left: letters joined as they are written, lines in visual order.

Rules:
- Texts are kept, measured and broken in the order in which they are read; only a line that is drawn
  is turned (Unicode Standard Annex 9, by python-bidi).
- Arabic letters become the presentation forms that their neighbours ask for (arabic-reshaper), of
  which the faces have glyphs. ``letter`` gives back what was meant, so that what is copied out of
  a PDF or read aloud is the text and not its drawing.
- Characters that change the direction unseen never come here: they are boxes by then.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

from arabic_reshaper import ArabicReshaper
from bidi import get_display

_JOINS: Final = ArabicReshaper(
    {
        "delete_harakat": False,
        "shift_harakat_position": False,
        "support_ligatures": True,
        "ARABIC LIGATURE ALLAH": False,
    }
)
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})
_FORMS: Final = ((0xFB1D, 0xFDFF), (0xFE70, 0xFEFE))


def joined(text: str) -> str:
    """The text with Arabic letters in the forms in which they join, still in reading order."""
    if not turns(text):
        return text
    shaped: str = _JOINS.reshape(text)
    return shaped


def turns(text: str) -> bool:
    """Whether anything in a text runs from right to left."""
    return not text.isascii() and any(map(_turns, text))


def visual(line: str) -> str:
    """A line as it is seen from left to right."""
    seen: str = get_display(line)
    return seen


@lru_cache(maxsize=4096)
def letter(character: str) -> str:
    """What a presentation form stands for; any other character is itself."""
    code = ord(character)
    if any(low <= code <= high for low, high in _FORMS):
        return unicodedata.normalize("NFKC", character)
    return character


@lru_cache(maxsize=4096)
def _turns(character: str) -> bool:
    return unicodedata.bidirectional(character) in _RIGHT_TO_LEFT
