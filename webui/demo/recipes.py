"""Which versions of which models the demonstration trains, and with what.

Two models: one whose versions are named by Semantic Versioning, one by the day. The first version
of the screening model is deliberately weak: a single question about a single measurement.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from datetime import date

SCREENING: Final = "breast-cancer-screening"
PROGRESSION: Final = "diabetes-progression"
# What the instruments in the field come to misread; monitoring then measures what that does.
_DRIFT: Final = {
    "wisconsin-breast-cancer": {"word": "radius", "factor": "0.80"},
    "diabetes-study": {"word": "bp", "factor": "1.10"},
}


@dataclass(frozen=True)
class Recipe:
    """One version: what params.json will say, and the message of its commit."""

    model: str
    version: str
    task: Literal["classification", "regression"]
    data_set: str
    estimator: str
    message: str
    options: dict[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ()

    @property
    def tag(self) -> str:
        """The git tag of the commit that the version is built from."""
        return f"{self.model}/{self.version}"

    def params(self) -> dict[str, Any]:
        """What the training script reads."""
        return {
            "model": self.model,
            "version": self.version,
            "task": self.task,
            "data_set": self.data_set,
            "estimator": self.estimator,
            "options": self.options,
            "columns": list(self.columns),
            "held_out_ratio": "0.30",
            "seed": 7,
            "drift": _DRIFT[self.data_set],
        }


def recipes(begun_on: date) -> tuple[Recipe, ...]:
    """All versions in the order in which they are made; ``begun_on`` names those of the second."""
    day = begun_on.strftime("%Y.%m.%d")
    return (
        _screening(
            "0.9.0",
            "decision_tree_classifier",
            "Ask one question about the texture of the cells",
            {"max_depth": 1},
            ("mean texture",),
        ),
        _screening(
            "1.0.0", "decision_tree_classifier", "Grow a tree on all columns", {"max_depth": 4}
        ),
        _screening(
            "1.1.0", "random_forest_classifier", "Let fifty trees vote", {"n_estimators": 50}
        ),
        _screening("1.2.0", "logistic_regression", "Weigh the scaled columns", {"max_iter": 1000}),
        _progression(day, "linear_regression", "Fit a line through all columns", {}),
        _progression(f"{day}.2", "decision_tree_regressor", "Try a small tree", {"max_depth": 3}),
        _progression(f"{day}.3", "ridge_regression", "Hold the weights small", {"alpha": 0.1}),
    )


def _screening(
    version: str,
    estimator: str,
    message: str,
    options: dict[str, Any],
    columns: tuple[str, ...] = (),
) -> Recipe:
    return Recipe(
        SCREENING,
        version,
        "classification",
        "wisconsin-breast-cancer",
        estimator,
        message,
        options,
        columns,
    )


def _progression(version: str, estimator: str, message: str, options: dict[str, Any]) -> Recipe:
    return Recipe(PROGRESSION, version, "regression", "diabetes-study", estimator, message, options)
