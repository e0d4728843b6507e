"""The parts of policies that are on file."""

from __future__ import annotations

from typing import Any, ClassVar

import orjson

from ledger.state.aggregates import Aggregate


class PolicyPart(Aggregate):
    """A part of a policy by its digest. ``text`` is its canonical JSON, ``since`` who filed it."""

    table: ClassVar[str] = "policy_part"
    digest: str
    text: str

    @property
    def key(self) -> str:
        return self.digest

    @property
    def fields(self) -> dict[str, Any]:
        """What it says."""
        found: dict[str, Any] = orjson.loads(self.text)
        return found
