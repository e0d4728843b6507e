"""The faces of a PDF, which characters they have, and what is drawn for those they lack.

reportlab leaves out a character that a face lacks without a word. Here every text passes
``drawable`` first: a character that no face has becomes a visible box, and ``undrawable`` counts
it, so that the report can say so.

Rules:
- Text is drawn in Unicode's composed form (NFC), so that an accent finds its letter.
- Control and format characters are boxes too: an unseen change of direction would let a text read
  otherwise than it stands in the ledger. White space is a blank.
- Arabic letters are drawn in the forms that join; which way a line runs is for ``direction``.
- Chinese and Japanese come from a fourth face, whatever face is wanted.
- Characters beyond U+FFFF are boxes: they could not be copied out of the PDF again.

Sources: DejaVu fonts 2.37, Droid Sans Fallback (licences beside the files); Unicode Standard
Annexes 9 and 15.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

from webui.reports.pdf.direction import joined, letter

Face = Literal["CountersealSans", "CountersealSans-Bold", "CountersealMono", "CountersealEast"]

SANS: Final[Face] = "CountersealSans"
BOLD: Final[Face] = "CountersealSans-Bold"
MONO: Final[Face] = "CountersealMono"
EAST: Final[Face] = "CountersealEast"
BOX: Final = "□"

_FILES: Final[dict[Face, str]] = {
    SANS: "DejaVuSansCondensed.ttf",
    BOLD: "DejaVuSansCondensed-Bold.ttf",
    MONO: "DejaVuSansMono.ttf",
    EAST: "DroidSansFallbackFull.ttf",
}
_FOLDER: Final = Path(__file__).parent / "fonts"
_LAST_PLAIN: Final = 0xFFFF
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def _unscaled(metrics: list[tuple[int | float, int]]) -> list[tuple[int, int]]:
    """Glyph metrics in the font's own units throughout.

    reportlab 5.1 gives the glyphs behind the last full pair the width of that pair in thousandths
    of the size, as a float: a fixed-width face then holds other widths than the PDF says it has.
    """
    found: list[tuple[int, int]] = []
    for advance_width, bearing in metrics:
        own = found[-1][0] if isinstance(advance_width, float) else advance_width
        found.append((own, bearing))
    return found


def _register() -> dict[Face, TTFont]:
    fonts = {face: TTFont(face, str(_FOLDER / name)) for face, name in _FILES.items()}
    for font in fonts.values():
        font.face.hmetrics = _unscaled(font.face.hmetrics)
        pdfmetrics.registerFont(font)
    pdfmetrics.registerFontFamily(SANS, normal=SANS, bold=BOLD, italic=SANS, boldItalic=BOLD)
    pdfmetrics.registerFontFamily(MONO, normal=MONO, bold=MONO, italic=MONO, boldItalic=MONO)
    rl_config.canvas_basefontname = SANS
    rl_config.defaultGraphicsFontName = SANS
    rl_config.useA85 = 0
    return fonts


_FONTS: Final = _register()
_HAS: Final = {face: frozenset(font.face.charToGlyph) for face, font in _FONTS.items()}
_WIDTHS: Final = {face: font.face.charWidths for face, font in _FONTS.items()}
_DEFAULT_WIDTH: Final = {face: font.face.defaultWidth for face, font in _FONTS.items()}


class _Advances(dict[str, float]):
    """The widths of the characters that were drawn so far, looked up without a call."""

    def __init__(self, face: Face) -> None:
        super().__init__()
        self._face: Final = face

    def __missing__(self, character: str) -> float:
        self[character] = found = advance(character, self._face)
        return found


_ADVANCES: Final = {face: _Advances(face) for face in _FONTS}


@dataclass(frozen=True)
class Run:
    """A stretch of text that one face draws."""

    face: Face
    text: str


def drawable(text: str) -> str:
    """The text as one line that the faces can draw, with boxes for what none of them has."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_drawn, joined(unicodedata.normalize("NFC", text))))


def runs(text: str, face: Face) -> tuple[Run, ...]:
    """A drawable text in stretches: the face wanted where it has the character, else another."""
    if text.isascii():
        return (Run(face, text),)
    found: list[Run] = []
    for character in text:
        fit = _face_for(character, face)
        if found and found[-1].face == fit:
            found[-1] = Run(fit, found[-1].text + character)
        else:
            found.append(Run(fit, character))
    return tuple(found)


def advance(character: str, face: Face) -> float:
    """The width of one drawable character, in thousandths of the size."""
    code = ord(character)
    if code not in _HAS[face]:
        face = _face_for(character, face)
    width: float = _WIDTHS[face].get(code, _DEFAULT_WIDTH[face])
    return width


def text_width(text: str, face: Face, size: float) -> float:
    """The width of a drawable text in points."""
    return sum(advances(text, face)) * size / 1000


def advances(text: str, face: Face) -> Iterator[float]:
    """The width of each character of a drawable text, in thousandths of the size."""
    return map(_ADVANCES[face].__getitem__, text)


def undrawable(texts: Iterable[str]) -> Counter[str]:
    """The characters that will be boxes, each with how often it stands in the texts."""
    counted: Counter[str] = Counter()
    for text in texts:
        if text.isascii() and text.isprintable():
            continue
        shaped = joined(unicodedata.normalize("NFC", text))
        counted.update(
            letter(character)
            for character in shaped
            if character != BOX and _drawn(character) == BOX
        )
    return counted


@lru_cache(maxsize=16384)
def _drawn(character: str) -> str:
    if character.isspace():
        return " "
    if _is_known(character):
        return character
    meant = letter(character)
    return meant if len(meant) == 1 and _is_known(meant) else BOX


def _is_known(character: str) -> bool:
    return (
        ord(character) <= _LAST_PLAIN
        and unicodedata.category(character) not in _UNSEEN
        and any(ord(character) in has for has in _HAS.values())
    )


def _face_for(character: str, wanted: Face) -> Face:
    code = ord(character)
    return next((face for face in (wanted, SANS, MONO, EAST) if code in _HAS[face]), wanted)
