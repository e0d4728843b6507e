"""A trained run in the ledger's words: the fields of the events that tell of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from webui.demo.recipes import PROGRESSION, SCREENING

if TYPE_CHECKING:
    from webui.demo.training import Run

_KEPT_YEARS: Final = 5
_SOURCES: Final = {
    "wisconsin-breast-cancer": "sklearn.datasets.load_breast_cancer (UCI, CC BY 4.0)",
    "diabetes-study": "sklearn.datasets.load_diabetes (Efron et al., 2004)",
}
# The data are public; they are classed here as a hospital would have to class its own.
_LAW: Final[dict[str, dict[str, Any]]] = {
    "wisconsin-breast-cancer": {
        "classification": "phi",
        "legal_basis": "consent",
        "purposes": ["screening-support"],
        "region": "us",
        "de_identification": "safe_harbor",
    },
    "diabetes-study": {
        "classification": "special_category",
        "legal_basis": "public_task",
        "purposes": ["progression-study"],
        "region": "eu",
        "de_identification": "none",
    },
}

MODELS: Final[tuple[dict[str, Any], ...]] = (
    {
        "model": SCREENING,
        "version_scheme": "semantic",
        "task": "classification",
        "risk_tier": "high",
        "purposes": ["screening-support"],
        "description": "Tells from measurements of cell nuclei whether a tumour looks malignant.",
    },
    {
        "model": PROGRESSION,
        "version_scheme": "date",
        "task": "regression",
        "risk_tier": "medium",
        "purposes": ["progression-study"],
        "description": "Estimates how a diabetes will progress within a year.",
    },
)


def version_of(run: Run, parent: Run | None, year: int) -> dict[str, Any]:
    """The fields of ``version.registered``. Data are kept until the end of the fifth year."""
    recipe, said = run.recipe, run.said
    params = recipe.params()
    data_set = {
        "name": recipe.data_set,
        "version": "1",
        "sha256": said["train"]["sha256"],
        "source": _SOURCES[recipe.data_set],
        "rows": said["train"]["rows"],
        "retain_until": f"{year + _KEPT_YEARS}-12-31",
    }
    artifact = said["artifact"]
    return {
        "model": recipe.model,
        "version": recipe.version,
        "artifact": {
            "sha256": artifact["sha256"],
            "size_bytes": artifact["size_bytes"],
            "format": "json",
            "uri": f"demo/runs/{recipe.tag}/{artifact['file']}",
        },
        "trained_at": said["trained_at"],
        "data_sets": [data_set | _LAW[recipe.data_set]],
        "code": {
            "repository": "demo/repository",
            "commit": run.commit,
            "branch": "main",
            "dirty": False,
            "tag": recipe.tag,
        },
        "run": f"demo/runs/{recipe.tag}/run.json",
        "parameters": {
            "estimator": recipe.estimator,
            "seed": str(params["seed"]),
            "held_out_ratio": params["held_out_ratio"],
            **{name: str(value) for name, value in recipe.options.items()},
        },
        "metrics": metrics_of(run, "held-out"),
        "environment_used": {
            "python": said["python"],
            "packages": said["packages"],
            "hardware": said["hardware"],
        },
        "parents": []
        if parent is None
        else [
            {
                "model": parent.recipe.model,
                "version": parent.recipe.version,
                "relation": "successor_of",
            }
        ],
        "licence": "Apache-2.0",
        "notes": recipe.message,
    }


def metrics_of(run: Run, part: Literal["held-out", "field"]) -> list[dict[str, Any]]:
    """The metrics of a run, on the held-out part or on what the drifted instrument measured."""
    measured = run.said["metrics" if part == "held-out" else "field_metrics"]
    rows = run.said["held_out" if part == "held-out" else "field"]["rows"]
    return [
        {
            **metric,
            "data_set": f"{run.recipe.data_set}-{part}",
            "held_out": True,
            "sample_size": rows,
        }
        for metric in measured
    ]
