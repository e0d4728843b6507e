"""What a report says about its own characters that no face of it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Final

from webui.reports.model import Callout
from webui.reports.pdf.fonts import BOX, undrawable

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from webui.reports.model import Report

_MOST_NAMED: Final = 24


def glyph_notice(counted: Counter[str]) -> Callout | None:
    """A warning that counts and names the characters drawn as a box; None if there are none."""
    if not counted:
        return None
    named = ", ".join(f"U+{ord(character):04X}" for character in sorted(counted)[:_MOST_NAMED])
    more = len(counted) - _MOST_NAMED
    others = f" and {more:,} others" if more > 0 else ""
    total, kinds = sum(counted.values()), len(counted)
    text = (
        f"{total:,} {'character' if total == 1 else 'characters'} of {kinds:,} "
        f"{'kind' if kinds == 1 else 'kinds'} can't be drawn with this document's typefaces and "
        f"stand as {BOX}: {named}{others}. The ledger's entries hold the texts unchanged."
    )
    return Callout("warning", text)


def missing_glyphs(report: Report) -> Counter[str]:
    """The characters of a report that are drawn as a box, each with how often."""
    return undrawable(_texts(report))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        if value and isinstance(value[0], int):
            return  # numbers of entries, of which there are many
        for item in value:
            yield from _texts(item)
    elif is_dataclass(value) and not isinstance(value, Mapping):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))
