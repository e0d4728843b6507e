"""The documents about a trained version: real files, made from what its run says.

The same run gives the same bytes, so that a digest stays true when the demonstration goes on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.core.digest import hex_digest

if TYPE_CHECKING:
    from pathlib import Path

    from webui.demo.training import Run


@dataclass(frozen=True)
class Paper:
    """A document: its type as the policy names it, its file, and its title."""

    type: str
    media_type: str
    title: str
    path: Path
    sha256: str
    size_bytes: int


def write_papers(run: Run) -> tuple[Paper, ...]:
    """Write the documents of a run beside it: evaluation, model card, impact, risk, bias."""
    named = f"{run.recipe.model} {run.recipe.version}"
    return (
        _paper(
            run,
            "evaluation_report",
            "json",
            f"Evaluation of {named}",
            json.dumps(_evaluation(run), indent=1) + "\n",
        ),
        _paper(run, "model_card", "md", f"Model card of {named}", _card(run)),
        _paper(run, "dpia", "md", f"Data protection impact assessment of {named}", _impact(run)),
        _paper(run, "risk_assessment", "md", f"Risk assessment of {named}", _risk(run)),
        _paper(run, "bias_report", "md", f"Bias report of {named}", _bias(run)),
    )


def _paper(run: Run, kind: str, ending: str, title: str, text: str) -> Paper:
    data = text.encode("utf-8")
    path = run.folder / f"{kind}.{ending}"
    path.write_bytes(data)
    media = "application/json" if ending == "json" else "text/markdown"
    return Paper(kind, media, title, path, hex_digest(data), len(data))


def _evaluation(run: Run) -> dict[str, object]:
    said = run.said
    return {
        "model": run.recipe.model,
        "version": run.recipe.version,
        "commit": run.commit,
        "artifact": said["artifact"],
        "held_out": said["held_out"],
        "metrics": said["metrics"],
        "method": "Random split by a recorded seed; measured once, on the held-out part alone.",
    }


def _card(run: Run) -> str:
    recipe, said = run.recipe, run.said
    return f"""---
library_name: scikit-learn
tags: [{recipe.task}, demonstration]
datasets: [{recipe.data_set}]
---
# {recipe.model} {recipe.version}

A demonstration, not for care. {recipe.message}.

- Estimator: {recipe.estimator}, options {json.dumps(recipe.options, sort_keys=True)}
- Trained on {said["train"]["rows"]} rows, commit {run.commit}
- Artifact: model.json, SHA-256 {said["artifact"]["sha256"]}

| metric on {said["held_out"]["rows"]} held-out rows | value |
|---|---|
{_rows(run)}
"""


def _rows(run: Run) -> str:
    return "\n".join(f"| {item['name']} | {item['value']} |" for item in run.said["metrics"])


def _impact(run: Run) -> str:
    return f"""# Data protection impact assessment: {run.recipe.model} {run.recipe.version}

Article 35 GDPR. A demonstration on public data; the sections are those of paragraph 7.

1. Processing: {run.recipe.task} of measurements, {run.said["train"]["rows"]} rows, no direct
   identifiers. Purpose: decision support, never a decision without a person.
2. Necessity: each column is a measurement that the estimator may use; no name, no contact.
3. Risks to the persons: a wrong answer delays or burdens care; re-identification is unlikely.
4. Measures: release by two people, monitoring in the field, roll-back, a recorded end of retention.
"""


def _risk(run: Run) -> str:
    word, factor = run.recipe.params()["drift"].values()
    return f"""# Risk assessment: {run.recipe.model} {run.recipe.version}

45 CFR 164.308(a)(1)(ii)(A). A demonstration.

| risk | likelihood | measure |
|---|---|---|
| an instrument drifts (measured here: "{word}" read {factor} times) | medium | monitoring |
| the artifact is exchanged | low | digest compared at every deployment |
| health data leave the training host | low | only digests and counts enter the ledger |
"""


def _bias(run: Run) -> str:
    fields = "\n".join(
        f"| {name} | {run.metric(name)} | {run.metric(name, 'field_metrics')} |"
        for name in (item["name"] for item in run.said["metrics"])
    )
    return f"""# Bias report: {run.recipe.model} {run.recipe.version}

The data set names no sex, age group or origin to compare, which is said here as a limit. What can
be compared is a clinic whose instrument misreads:

| metric | held out | drifted instrument |
|---|---|---|
{fields}
"""
