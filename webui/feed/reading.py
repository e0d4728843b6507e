"""A list of people as CSV, read strictly: each fault is named by line and column, none is guessed.

Rules:

* UTF-8, with or without a byte order mark, or UTF-16 with one; another encoding must be named;
* comma, semicolon or tab, whichever parts the first line into known columns; a line ``sep=;`` that
  a spreadsheet puts first is understood; quoting as RFC 4180 says, and a quote that never ends is a
  fault;
* every column is known, none stands twice, ``email`` and ``name`` are there; a row has as many
  cells as the first line; rows without any text are passed over;
* nobody stands twice, by id or by address;
* no cell begins like a formula (OWASP, CSV Injection) or holds control or invisible characters;
* a person is found again by ``id`` where the list has that column, else by address.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, Literal, get_args

from ledger.core.digest import hex_digest
from ledger.errors import InputError, did_you_mean
from ledger.events.names import format_instant, parse_instant
from webui.cells import begins_like_a_formula
from webui.identity.accounts import normal_address

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Encoding = Literal["utf-8", "utf-16", "windows-1252"]
ENCODINGS: Final[tuple[Encoding, ...]] = get_args(Encoding)
REQUIRED: Final = ("email", "name")
COLUMNS: Final = ("id", *REQUIRED, "subject", "roles", "status", "left")
MOST_BYTES: Final = 32 * 1024 * 1024
MOST_PEOPLE: Final = 100_000
MOST_FAULTS: Final = 50
LONGEST: Final = 200
_SEPARATORS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
_SEP_LINE: Final = re.compile(r"sep=([,;\t])\r?\n", re.IGNORECASE)
_BETWEEN_ROLES: Final = re.compile(r"[\s,;|]+")
_STATUS: Final = {"": False, "active": False, "left": True}
# Of the invisible characters only the joiners, without which some scripts can't be written.
_JOINERS: Final = "\u200c\u200d"


@dataclass(frozen=True)
class Listed:
    """A person on the list. ``key`` finds them again; ``roles`` is None where none are told.

    ``left`` is the instant at which they left, empty where the list gives none; ``gone`` says
    whether it calls them gone.
    """

    line: int
    key: str
    email: str
    name: str
    subject: str = ""
    roles: tuple[str, ...] | None = None
    gone: bool = False
    left: str = ""


@dataclass(frozen=True)
class Fault:
    """What is wrong, on which line and in which column (empty: in all of it)."""

    line: int
    column: str
    sentence: str

    def __str__(self) -> str:
        where = f", column {self.column}" if self.column else ""
        return f"line {self.line}{where}: {self.sentence}"


class ListError(InputError):
    """The list can't be read as it is; nothing of it was used."""

    code = "list-invalid"

    faults: tuple[Fault, ...] = ()

    @classmethod
    def over(cls, faults: tuple[Fault, ...]) -> ListError:
        """Of these faults; the first one is told, and how many more there are."""
        first = faults[0]
        more = f" There are {len(faults) - 1} more faults." if len(faults) > 1 else ""
        error = cls(
            f"The list can't be used: {first}{more}",
            pointer=f"/{first.line}/{first.column}" if first.column else f"/{first.line}",
            remedy="Mend the list and begin again; nothing was changed.",
        )
        error.faults = faults
        return error


@dataclass(frozen=True)
class PeopleList:
    """A list that was read, and the SHA-256 of its bytes."""

    people: tuple[Listed, ...]
    digest: str
    columns: tuple[str, ...]


def read_list(
    data: bytes, roles: Collection[str], encoding: Encoding | Literal[""] = ""
) -> PeopleList:
    """Read a list of people.

    Args:
        data: the file.
        roles: the roles that the policy in force knows.
        encoding: how it is written, where it does not say so itself.

    Raises:
        ListError: it has faults; they are all told, up to a number.
    """
    if len(data) > MOST_BYTES:
        raise ListError.over((Fault(1, "", f"it is larger than {MOST_BYTES:,} bytes."),))
    text = _decoded(data, encoding)
    reading = _Reading(frozenset(roles))
    columns, rows = _parted(text)
    people = tuple(reading.people(columns, rows))
    if reading.faults:
        raise ListError.over(tuple(reading.faults))
    if not people:
        raise ListError.over((Fault(1, "", "nobody stands on it."),))
    return PeopleList(people, hex_digest(data), columns)


def _decoded(data: bytes, encoding: str) -> str:
    """The text; a mark at the beginning says more than a name."""
    marked = ""
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise ListError.over((Fault(1, "", "it is UTF-32. Save it as UTF-8."),))
    if data.startswith(codecs.BOM_UTF8):
        marked = "utf-8-sig"
    elif data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        marked = "utf-16"
    elif encoding == "utf-16":
        raise ListError.over((Fault(1, "", "it has no byte order mark, so it is not UTF-16."),))
    try:
        text = data.decode(marked or encoding or "utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        said = "this is not UTF-8. Save the list as UTF-8, or name its encoding"
        said = said if (marked or encoding or "utf-8").startswith("utf-8") else "this can't be read"
        raise ListError.over((Fault(line, "", f"{said} ({', '.join(ENCODINGS)})."),)) from None
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        raise ListError.over((Fault(line, "", "it holds a NUL, so it is no text."),))
    return text


def _parted(text: str) -> tuple[tuple[str, ...], Iterator[tuple[int, list[str]]]]:
    """The names of the columns, and the rows below with their line numbers."""
    said = _SEP_LINE.match(text)
    skipped = 1 if said else 0
    body = text[said.end() :] if said else text
    candidates = (said[1],) if said else tuple(_SEPARATORS)
    found = [(mark, _first_row(body, mark, skipped)) for mark in candidates]
    fits = [one for one in found if set(REQUIRED) <= set(one[1])]
    separator, columns = fits[0] if fits else max(found, key=lambda one: len(one[1]))
    _check_columns(columns, 1 + skipped)
    return columns, _rows(body, separator, skipped)


def _first_row(text: str, separator: str, skipped: int) -> tuple[str, ...]:
    rows = _rows(text, separator, skipped, first=True)
    _, cells = next(rows, (1, []))
    return tuple(cell.strip().casefold().replace(" ", "_") for cell in cells)


def _rows(
    text: str, separator: str, skipped: int, *, first: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line that each begins on; after the first, unless that is asked for."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    begins = 1 + skipped
    try:
        for number, cells in enumerate(reader):
            here, begins = begins, reader.line_num + 1 + skipped
            if (number == 0) == first and any(cell.strip() for cell in cells):
                yield here, cells
            if first:
                return
    except csv.Error:
        said = "a quote begins here and is not ended as RFC 4180 says, or a cell is too long."
        raise ListError.over((Fault(begins, "", said),)) from None


def _check_columns(columns: tuple[str, ...], line: int) -> None:
    faults = []
    for place, name in enumerate(columns):
        if name not in COLUMNS:
            shown = name if name.isprintable() and 0 < len(name) <= LONGEST else f"{place + 1}"
            said = f"there is no such column. {did_you_mean(name, COLUMNS)}".strip()
            faults.append(Fault(line, shown, f"{said} Known are: {', '.join(COLUMNS)}."))
        elif name in columns[:place]:
            faults.append(Fault(line, name, "it stands twice."))
    faults += [Fault(line, name, "it is missing.") for name in REQUIRED if name not in columns]
    if faults:
        raise ListError.over(tuple(faults[:MOST_FAULTS]))


@dataclass
class _Reading:
    """Rows become people; what is wrong is kept, up to a number, and the rest is not looked at."""

    roles: frozenset[str]
    faults: list[Fault] = field(default_factory=list)
    _seen: dict[tuple[str, str], int] = field(default_factory=dict)

    def people(
        self, columns: tuple[str, ...], rows: Iterator[tuple[int, list[str]]]
    ) -> Iterator[Listed]:
        for number, (line, cells) in enumerate(rows):
            if number >= MOST_PEOPLE:
                self._fault(line, "", f"more than {MOST_PEOPLE:,} people stand on it.")
                return
            if len(cells) != len(columns):
                said = f"{len(cells)} cells stand here, {len(columns)} columns above."
                self._fault(line, "", said)
            else:
                found = dict(zip(columns, (cell.strip() for cell in cells), strict=True))
                if (person := self._person(line, found, cells, columns)) is not None:
                    yield person
            if len(self.faults) >= MOST_FAULTS:
                return

    def _person(
        self, line: int, row: dict[str, str], cells: list[str], columns: tuple[str, ...]
    ) -> Listed | None:
        before = len(self.faults)
        for column, cell in zip(columns, cells, strict=True):
            if said := _unclean(cell):
                self._fault(line, column, said)
        if len(self.faults) > before:
            return None
        email = self._address(line, row["email"])
        name = unicodedata.normalize("NFC", row["name"])
        if not name:
            self._fault(line, "name", "it is empty.")
        if "id" in row and not row["id"]:
            self._fault(line, "id", "it is empty.")
        key = row.get("id") or email
        roles = self._roles(line, row["roles"]) if "roles" in row else None
        gone, left = self._left(line, row.get("status", ""), row.get("left", ""))
        if gone and roles:
            self._fault(line, "roles", "somebody who has left has none.")
        self._once(line, "email", email)
        if "id" in row:
            self._once(line, "id", key)
        if row.get("subject"):
            self._once(line, "subject", row["subject"])
        if len(self.faults) > before:
            return None
        return Listed(line, key, email, name, row.get("subject", ""), roles, gone, left)

    def _address(self, line: int, cell: str) -> str:
        try:
            return normal_address(cell)
        except InputError:
            self._fault(line, "email", "this is no e-mail address, such as name@example.org.")
            return ""

    def _roles(self, line: int, cell: str) -> tuple[str, ...]:
        named = tuple(dict.fromkeys(filter(None, _BETWEEN_ROLES.split(cell.casefold()))))
        for role in named:
            if role not in self.roles:
                said = f"the policy knows no such role. {did_you_mean(role, self.roles)}"
                self._fault(line, "roles", said.strip())
        return named

    def _left(self, line: int, status: str, left: str) -> tuple[bool, str]:
        gone = _STATUS.get(status.casefold())
        if gone is None:
            said = f"this is active or left. {did_you_mean(status.casefold(), ('active', 'left'))}"
            self._fault(line, "status", said.strip())
        if not left:
            return bool(gone), ""
        instant = _instant(left)
        if not instant:
            said = "this is a day (2026-11-30) or an instant (2026-11-30T17:00:00Z)."
            self._fault(line, "left", said)
        if gone is False and status:
            self._fault(line, "left", "somebody who is active has not left.")
        return True, instant

    def _once(self, line: int, column: str, text: str) -> None:
        before = self._seen.setdefault((column, text), line)
        if text and before != line:
            self._fault(line, column, f"the same stands on line {before}.")

    def _fault(self, line: int, column: str, sentence: str) -> None:
        self.faults.append(Fault(line, column, sentence))


def _unclean(cell: str) -> str:
    """Why a cell is not taken, whatever stands in it; nothing where it is."""
    if len(cell) > LONGEST:
        return f"it is longer than {LONGEST} characters."
    if begins_like_a_formula(cell):
        return "it begins like a formula of a spreadsheet."
    for letter in cell:
        category = unicodedata.category(letter)
        if category in {"Cc", "Cs", "Co", "Zl", "Zp"} or (
            category == "Cf" and letter not in _JOINERS
        ):
            return "it holds a line break, a control or an invisible character."
    return ""


def _instant(text: str) -> str:
    """A day's end, or an instant; nothing where it is neither."""
    try:
        if len(text) == len("2026-11-30"):
            after = date.fromisoformat(text) + timedelta(days=1)
            return f"{after.isoformat()}T00:00:00.000000Z"
        return format_instant(parse_instant(text))
    except (ValueError, OverflowError):
        return ""
