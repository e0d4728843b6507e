"""What an envelope's payload says (in-toto Statement v1).

Rules of the specification: ``_type`` is fixed, every subject has a digest, ``predicateType`` says
how ``predicate`` is to be read. Narrower here: at least one subject, each with a name and exactly
one digest, SHA-256; no further members; the bytes are canonical JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ledger.core.digest import is_sha256_hex
from ledger.core.encoding import canonical, parse_canonical
from ledger.errors import EncodingError

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"

_MEMBERS: Final = frozenset({"_type", "subject", "predicateType", "predicate"})


class Subject(NamedTuple):
    """Something with a name and a SHA-256 digest, in hexadecimal."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Statement:
    """Claims of one type about at least one subject."""

    subjects: tuple[Subject, ...]
    predicate_type: str
    predicate: dict[str, Any]


def encode_statement(statement: Statement) -> bytes:
    """The canonical bytes of a statement.

    Raises:
        EncodingError: ``not-a-statement`` for a subject or a predicate type that can't be one, else
            as ``canonical``.
    """
    _check(statement)
    return canonical(
        {
            "_type": STATEMENT_TYPE,
            "subject": _listed(statement.subjects),
            "predicateType": statement.predicate_type,
            "predicate": statement.predicate,
        }
    )


def encode_subjects(subjects: tuple[Subject, ...]) -> bytes:
    """The canonical bytes of a statement's subjects alone.

    Raises:
        EncodingError: as ``encode_statement``.
    """
    _check_subjects(subjects)
    return canonical(_listed(subjects))


def _listed(subjects: tuple[Subject, ...]) -> list[dict[str, Any]]:
    return [{"name": subject.name, "digest": {"sha256": subject.sha256}} for subject in subjects]


def parse_statement(data: bytes) -> Statement:
    """Read a statement; the inverse of ``encode_statement``.

    Raises:
        EncodingError: ``not-a-statement``, else as ``parse_canonical``.
    """
    return statement_of(parse_canonical(data))


def statement_of(members: object) -> Statement:
    """The statement that a JSON value says.

    Raises:
        EncodingError: ``not-a-statement``.
    """
    if not isinstance(members, dict) or set(members) != _MEMBERS:
        raise _refusal("It has not exactly the members of an in-toto statement.", "")
    if members["_type"] != STATEMENT_TYPE:
        raise _refusal(f"Only {STATEMENT_TYPE} is read.", "/_type")
    statement = Statement(
        subjects_of(members["subject"]),
        _text(members["predicateType"], "/predicateType"),
        members["predicate"],
    )
    _check(statement)
    return statement


def subjects_of(items: object) -> tuple[Subject, ...]:
    """The subjects that a JSON value says, at least one.

    Raises:
        EncodingError: ``not-a-statement``.
    """
    if not isinstance(items, list):
        raise _refusal("The subjects are not a list.", "/subject")
    subjects = tuple(_subject(item, f"/subject/{at}") for at, item in enumerate(items))
    _check_subjects(subjects)
    return subjects


def _subject(item: object, pointer: str) -> Subject:
    if isinstance(item, dict) and set(item) == {"name", "digest"}:
        digest = item["digest"]
        if isinstance(digest, dict) and set(digest) == {"sha256"}:
            return Subject(
                _text(item["name"], f"{pointer}/name"),
                _text(digest["sha256"], f"{pointer}/digest/sha256"),
            )
    raise _refusal("A subject has not exactly a name and a SHA-256 digest.", pointer)


def _text(value: object, pointer: str) -> str:
    if not isinstance(value, str):
        raise _refusal("A member that is text is something else.", pointer)
    return value


def _check_subjects(subjects: tuple[Subject, ...]) -> None:
    if not subjects:
        raise _refusal("A statement has at least one subject.", "/subject")
    for at, subject in enumerate(subjects):
        if not subject.name:
            raise _refusal("A subject has no name.", f"/subject/{at}/name")
        if not is_sha256_hex(subject.sha256):
            raise _refusal(
                "A digest is not 64 lower-case hexadecimal digits.", f"/subject/{at}/digest/sha256"
            )


def _check(statement: Statement) -> None:
    _check_subjects(statement.subjects)
    if not statement.predicate_type:
        raise _refusal("The predicate type is empty.", "/predicateType")
    if not isinstance(statement.predicate, dict):
        raise _refusal("The predicate is no object.", "/predicate")


def _refusal(sentence: str, pointer: str) -> EncodingError:
    return EncodingError(sentence, code="not-a-statement", pointer=pointer)
