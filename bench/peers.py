"""Placeholder."""

from __future__ import annotations

from pathlib import Path


def run(folder: Path) -> None: ...
