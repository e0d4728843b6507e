"""CSV that people open in a spreadsheet: no cell of it is taken for a formula.

Cells that a spreadsheet would take for one begin with an apostrophe (OWASP, CSV Injection); text is
quoted as RFC 4180 says.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

# The first characters by which spreadsheets tell a formula, and their full-width forms.
_FORMULA: Final = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def begins_like_a_formula(cell: str) -> bool:
    """Whether a spreadsheet would take a cell for a formula, also where an apostrophe hides it."""
    return cell.removeprefix("'").lstrip(" ").startswith(_FORMULA)


def csv_line(cells: Sequence[str]) -> bytes:
    """One line of a CSV file, with its line end."""
    text = io.StringIO()
    csv.writer(text).writerow([guarded(cell) for cell in cells])
    return text.getvalue().encode()
