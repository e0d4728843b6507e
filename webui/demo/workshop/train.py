"""Train one version of a model as params.json says, measure it, and write down how it was made.

``python train.py OUT`` reads ``params.json`` beside this file and writes into OUT:

- ``train.csv`` and ``held-out.csv``: the two parts of the data, exactly as used;
- ``field.csv``: the held-out part as an instrument in the field would measure it that has drifted;
- ``model.json``: the trained model as plain numbers, so that nobody has to unpickle anything;
- ``run.json``, last of all: digests, parameters, metrics, packages, hardware.

The data sets are those that ship inside scikit-learn, so nothing is downloaded. The same parameters
give the same model.json, byte for byte, with the same versions of the libraries.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import platform
import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import (
    accuracy_score,
    mean_absolute_error,
    r2_score,
    recall_score,
    roc_auc_score,
    root_mean_squared_error,
)
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

SOURCES = {"wisconsin-breast-cancer": load_breast_cancer, "diabetes-study": load_diabetes}
MALIGNANT = 0


@dataclass(frozen=True)
class Part:
    """Some rows of a data set: measurements, what is to be predicted, and the columns' names."""

    rows: Any
    target: Any
    columns: tuple[str, ...]

    def keep(self, columns: list[str]) -> Part:
        """The same rows with fewer columns; all of them where none is named."""
        if not columns:
            return self
        places = [self.columns.index(name) for name in columns]
        return Part(self.rows[:, places], self.target, tuple(columns))

    def drifted(self, word: str, factor: float) -> Part:
        """The same rows as an instrument measures them that misreads all columns with a word."""
        factors = [factor if word in name else 1.0 for name in self.columns]
        return Part(self.rows * factors, self.target, self.columns)


def split(params: dict[str, Any]) -> tuple[Part, Part]:
    """The part to train on and the part that is held out, drawn by the seed."""
    source = SOURCES[params["data_set"]]()
    columns = tuple(str(name) for name in source.feature_names)
    train_rows, test_rows, train_target, test_target = train_test_split(
        source.data,
        source.target,
        test_size=float(params["held_out_ratio"]),
        random_state=params["seed"],
        stratify=source.target if params["task"] == "classification" else None,
    )
    return Part(train_rows, train_target, columns), Part(test_rows, test_target, columns)


def estimator(params: dict[str, Any]) -> Any:
    """The untrained model that the parameters ask for."""
    options, seed = params["options"], params["seed"]
    made = {
        "decision_tree_classifier": lambda: DecisionTreeClassifier(random_state=seed, **options),
        "random_forest_classifier": lambda: RandomForestClassifier(random_state=seed, **options),
        "logistic_regression": lambda: make_pipeline(
            StandardScaler(), LogisticRegression(**options)
        ),
        "linear_regression": lambda: LinearRegression(**options),
        "ridge_regression": lambda: Ridge(**options),
        "decision_tree_regressor": lambda: DecisionTreeRegressor(random_state=seed, **options),
    }
    return made[params["estimator"]]()


def classification_metrics(model: Any, part: Part) -> list[dict[str, Any]]:
    """How often it is right, and how often for the malignant and for the benign."""
    said = model.predict(part.rows)
    benign = model.predict_proba(part.rows)[:, list(model.classes_).index(1)]
    return [
        _metric("accuracy", accuracy_score(part.target, said)),
        _metric("sensitivity", recall_score(part.target, said, pos_label=MALIGNANT)),
        _metric("specificity", recall_score(part.target, said, pos_label=1)),
        _metric("roc_auc", roc_auc_score(part.target, benign)),
    ]


def regression_metrics(model: Any, part: Part) -> list[dict[str, Any]]:
    """How much of the progression it explains, and how far off it is."""
    said = model.predict(part.rows)
    return [
        _metric("r2", r2_score(part.target, said)),
        _metric("mae", mean_absolute_error(part.target, said), higher=False),
        _metric("rmse", root_mean_squared_error(part.target, said), higher=False),
    ]


def _metric(name: str, value: float, *, higher: bool = True) -> dict[str, Any]:
    return {"name": name, "value": f"{value:.6f}", "higher_is_better": higher}


def plain(model: Any, columns: tuple[str, ...]) -> dict[str, Any]:
    """The trained model as plain numbers: trees node by node, linear models by coefficients."""
    if hasattr(model, "steps"):
        scaler, linear = (step for _, step in model.steps)
        scale = {"mean": scaler.mean_.tolist(), "scale": scaler.scale_.tolist()}
        return {**plain(linear, columns), **scale}
    written: dict[str, Any] = {"estimator": type(model).__name__, "columns": list(columns)}
    if hasattr(model, "classes_"):
        written["classes"] = model.classes_.tolist()
    if hasattr(model, "coef_"):
        return written | {
            "coefficients": model.coef_.ravel().tolist(),
            "intercept": float(model.intercept_.ravel()[0])
            if hasattr(model.intercept_, "ravel")
            else float(model.intercept_),
        }
    grown = model.estimators_ if hasattr(model, "estimators_") else [model]
    return written | {"trees": [_tree(one.tree_) for one in grown]}


def _tree(tree: Any) -> dict[str, Any]:
    """A decision tree as scikit-learn keeps it: -1 stands for no child."""
    return {
        "left": tree.children_left.tolist(),
        "right": tree.children_right.tolist(),
        "column": tree.feature.tolist(),
        "threshold": tree.threshold.tolist(),
        "value": tree.value[:, 0, :].tolist(),
    }


def packages(root: str) -> dict[str, str]:
    """The versions of a package and of everything that it requires."""
    found: dict[str, str] = {}
    waiting = [root]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = metadata.version(name)
        for line in metadata.requires(name) or []:
            needed = re.match(r"[A-Za-z0-9._-]+", line)
            if needed and "extra ==" not in line:
                waiting.append(needed[0].lower())
    return dict(sorted(found.items()))


def write_csv(path: Path, part: Part) -> None:
    """The rows with the target last; numbers in their shortest exact form."""
    with path.open("w", encoding="ascii", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*part.columns, "target"])
        for row, target in zip(part.rows.tolist(), part.target.tolist(), strict=True):
            writer.writerow([*map(repr, row), repr(target)])


def described(path: Path, rows: int | None = None) -> dict[str, Any]:
    """A file's name, digest and size."""
    data = path.read_bytes()
    counted = {} if rows is None else {"rows": rows}
    return {
        "file": path.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "size_bytes": len(data),
        **counted,
    }


def train(params: dict[str, Any], out: Path) -> dict[str, Any]:
    """Train, measure and write everything but run.json; gives what run.json will say."""
    train_part, held_out = split(params)
    write_csv(out / "train.csv", train_part)
    write_csv(out / "held-out.csv", held_out)
    field = held_out.drifted(params["drift"]["word"], float(params["drift"]["factor"]))
    write_csv(out / "field.csv", field)
    chosen = train_part.keep(params["columns"])
    model = estimator(params)
    model.fit(chosen.rows, chosen.target)
    measure = classification_metrics if params["task"] == "classification" else regression_metrics
    written = json.dumps(plain(model, chosen.columns), separators=(",", ":")) + "\n"
    (out / "model.json").write_text(written, encoding="ascii")
    return {
        "params": params,
        "trained_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),  # noqa: TID251 (a script of its own, outside the ledger)
        "artifact": described(out / "model.json"),
        "train": described(out / "train.csv", len(train_part.target)),
        "held_out": described(out / "held-out.csv", len(held_out.target)),
        "field": described(out / "field.csv", len(field.target)),
        "metrics": measure(model, held_out.keep(params["columns"])),
        "field_metrics": measure(model, field.keep(params["columns"])),
        "python": platform.python_version(),
        "packages": packages("scikit-learn"),
        "hardware": f"{platform.machine()}, {os.cpu_count()} processors, {platform.system()}",
    }


def main(out: Path) -> None:
    """Train the version that params.json describes; run.json appears whole or not at all."""
    params = json.loads(Path(__file__).with_name("params.json").read_text(encoding="utf-8"))
    out.mkdir(parents=True, exist_ok=True)
    run = train(params, out)
    unfinished = out / "run.json.part"
    unfinished.write_text(json.dumps(run, indent=1) + "\n", encoding="ascii")
    unfinished.replace(out / "run.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
