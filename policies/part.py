"""A part of a document as people write it: strict, and never changed once it was read."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A frozen, strict part of a document."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
