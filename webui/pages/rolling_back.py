"""The button that puts the last approved version of a model back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.errors import ConflictError
from webui.here import wired
from webui.life.falling_back import Fallback, fallback
from webui.pages.asking import ask, concluded, text

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from ledger.state.aggregates import DeploymentState

CAUSES: Final = ("incident", "quality", "security", "privacy", "performance", "other")


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/models/<model>/rollback", "roll_back", _roll_back, methods=["POST"])


def fallbacks(running: list[DeploymentState]) -> dict[str, Fallback]:
    """What each environment would go back to."""
    reader = wired().reader
    return {run.environment: fallback(reader, run.model, run.environment) for run in running}


def _roll_back(model: str) -> ResponseReturnValue:
    reader, environment, wanted = wired().reader, text("environment"), text("version")
    found = fallback(reader, model, environment)
    if found.version is None or found.version != wanted:
        raise ConflictError(
            "What would be put back is another by now.",
            code="other-fallback",
            pointer="/version",
            remedy="Look at the model's page again.",
        )
    fields = {
        "model": model,
        "version": wanted,
        "environment": environment,
        "artifact": reader.version(model, wanted).artifact.sha256,
        "cause": text("cause"),
        "reason": text("reason"),
    }
    done = f"{model} in {environment} is {wanted} again."
    return concluded(ask("deployment.rolled_back", fields), done, f"/models/{model}")
