"""The root of what pages and the API show of controls: frozen, and only known fields."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """Values to be shown."""

    model_config = ConfigDict(frozen=True, extra="forbid")
