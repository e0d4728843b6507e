"""What clients noted: each asks by key, and notes the receipt before it asks the next thing.

A note of a receipt is synced to the disk before anything else happens, so that what a client holds
survives whatever is killed. A line that was cut off was not noted.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Notebook:
    """The file of one client."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def asks(self, keys: list[str]) -> None:
        """Note what is about to be asked."""
        os.write(self._file, "".join(f"ask {key}\n" for key in keys).encode())

    def holds(self, receipts: list[tuple[str, int, str]]) -> None:
        """Note receipts: key, sequence, leaf hash."""
        lines = "".join(f"ack {key} {sequence} {leaf}\n" for key, sequence, leaf in receipts)
        os.write(self._file, lines.encode())
        os.fsync(self._file)

    def failed(self, key: str, code: str) -> None:
        """Note the code of an error."""
        os.write(self._file, f"err {key} {code}\n".encode())


@dataclass
class Noted:
    """What all clients of a home noted. ``acknowledged`` is by key: sequence and leaf hash."""

    asked: set[str] = field(default_factory=set)
    acknowledged: dict[str, tuple[int, str]] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)
    contradicted: int = 0

    @property
    def in_doubt(self) -> set[str]:
        """Keys that were asked and have no receipt."""
        return self.asked - set(self.acknowledged)

    def read(self, folder: Path) -> None:
        """Read the notebooks of a folder, and put them aside."""
        for path in sorted(folder.glob("*.notes")):
            text = path.read_text("ascii")
            for line in text[: text.rfind("\n") + 1].splitlines():
                self._take(line.split())
            path.rename(path.with_suffix(".read"))

    def _take(self, words: list[str]) -> None:
        key = words[1]
        if words[0] == "ask":
            self.asked.add(key)
        elif words[0] == "err":
            self.errors[words[2]] = self.errors.get(words[2], 0) + 1
        else:
            receipt = (int(words[2]), words[3])
            if self.acknowledged.setdefault(key, receipt) != receipt:
                self.contradicted += 1
