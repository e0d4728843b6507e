"""The pages that people see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Put the pages into ``app``."""
    pages = Blueprint("pages", __name__)
    pages.add_url_rule("/healthz", "healthz", _healthz)
    app.register_blueprint(pages)


def _healthz() -> str:
    return "ok\n"
