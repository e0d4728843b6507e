"""The API: HTTP and JSON in, one call, JSON out. ``/api/v1``, and its description beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> Blueprint:
    """Put the API into ``app``; returns its blueprint."""
    api = Blueprint("api", __name__, url_prefix="/api")
    app.register_blueprint(api)
    return api
