"""The root of what a control hands to a test: frozen, strict, unknown names refused."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Arguments(BaseModel):
    """Arguments of one test. Each test has its own class."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
