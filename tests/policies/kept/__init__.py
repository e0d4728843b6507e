"""Texts that people read, kept word for word: a change of any of them is a change somebody reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = Path(__file__).parent


def assert_kept(name: str, lines: Iterable[str]) -> None:
    """Compare with the kept text; one that is missing is written, and fails until it was read.

    To change a text on purpose, delete its file, run the tests, and read the difference.
    """
    said = "\n".join(lines) + "\n"
    file = FOLDER / f"{name}.txt"
    if not file.exists():
        file.write_text(said, encoding="utf-8")
        msg = f"{file.name} was not there; it is written: read it, and keep it"
        raise AssertionError(msg)
    kept = file.read_text(encoding="utf-8")
    assert said.splitlines() == kept.splitlines()
