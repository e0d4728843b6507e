"""MLflow in an environment of its own, because its pins clash with ours; made once, beside ours.

Programs of the tests run in it with this repository on their path, and with the entry points that
``pyproject.toml`` declares, as an installation would leave them.
"""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

from tests.tools.own_environment import own_environment

# The registry's client, stores and server, and the library that its documented examples train with.
WANTED = (
    "mlflow-skinny==3.17.2",
    "aiohttp",
    "alembic",
    "flask",
    "flask-cors",
    "graphene",
    "httpx",
    "huey",
    "pandas",
    "psycopg2-binary",
    "psycopg[binary]",
    "pyjwt",
    "scikit-learn",
    "sqlalchemy",
)
HOME = Path(sys.prefix) / "mlflow-environment"
ROOT = Path(__file__).parents[2]
GROUP = "mlflow.model_registry_store"


def mlflow_python() -> Path:
    """Its Python; makes the environment where there is none, and fails loudly if that fails."""
    tried = ("python", "-c", "import mlflow.server.fastapi_app")
    return own_environment(HOME.name, WANTED, tried) / "bin" / "python"


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Variables for a program in it: this repository and its entry points, nothing of ours else."""
    told = folder / "entry-points" / "counterseal-0.dist-info"
    told.mkdir(parents=True, exist_ok=True)
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"][GROUP]
    lines = [f"[{GROUP}]", *(f"{name} = {value}" for name, value in points.items())]
    (told / "entry_points.txt").write_text("\n".join(lines) + "\n")
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: counterseal\nVersion: 0\n")
    return {
        "PATH": f"{HOME / 'bin'}:{os.environ['PATH']}",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONPATH": f"{told.parent}:{ROOT}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "GIT_PYTHON_REFRESH": "quiet",
        **more,
    }


if __name__ == "__main__":
    print(mlflow_python())
