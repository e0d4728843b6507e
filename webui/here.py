"""The installation that serves the running request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from flask import current_app

if TYPE_CHECKING:
    from flask import Flask

    from webui.wiring import Wiring

NAME: Final = "counterseal"


def keep(app: Flask, wiring: Wiring) -> None:
    """Let the requests of ``app`` find their installation."""
    app.extensions[NAME] = wiring


def wired() -> Wiring:
    """The installation. Only within a request or an application context."""
    return cast("Wiring", current_app.extensions[NAME])
