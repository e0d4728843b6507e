"""What MLflow knows of a version beside its bytes: its run, and what its tags say to the ledger.

``counterseal.facts`` on a version is a JSON object of fields of ``version.registered`` (data sets,
metrics, code), which go before what the run says. ``counterseal.task``, ``.risk_tier`` and
``.purposes`` on a model say what MLflow has no place for.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from webui.client.capture.where import public, without_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webui.plugins.mlflow.bytes_of import Bytes

FACTS: Final = "counterseal.facts"
TASK: Final = "counterseal.task"
RISK_TIER: Final = "counterseal.risk_tier"
PURPOSES: Final = "counterseal.purposes"
_MOST_BYTES: Final = 40_000
_MOST_PARAMETERS: Final = 300
_MOST_STATED: Final = 100
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_PARAMETER: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,99}")
_OWN: Final = frozenset({"model", "version", "artifact"})


def version_facts(version: Any, found: Bytes, run: Any) -> dict[str, Any]:
    """Fields of ``version.registered`` but the names of model and version."""
    facts: dict[str, Any] = {
        "artifact": {
            "sha256": found.sha256,
            "size_bytes": found.size,
            "format": found.format,
        },
        "trained_at": instant(version.creation_timestamp),
    }
    source = public(without_credentials(str(version.source or "")))
    if source:
        facts["artifact"]["uri"] = source
    if version.run_id:
        facts["run"] = public(str(version.run_id))
    facts.update(_of_run(run))
    facts.update(_said(version.tags))
    return facts


def _of_run(run: Any) -> dict[str, Any]:
    """The commit and the parameters of the run."""
    if run is None:
        return {}
    tags, found = run.data.tags, dict[str, Any]()
    commit = str(tags.get("mlflow.source.git.commit", ""))
    if _COMMIT.fullmatch(commit):
        repository = tags.get("mlflow.source.git.repoURL") or tags.get("mlflow.source.name") or ""
        found["code"] = {
            "repository": public(without_credentials(str(repository))) or "unknown",
            "commit": commit,
            # MLflow notes the commit, not whether the working tree was that commit.
            "dirty": True,
        }
    if run.info.end_time:
        found["trained_at"] = instant(run.info.end_time)
    found["parameters"] = {
        name: public(str(value)) or "-"
        for name, value in sorted(run.data.params.items())[:_MOST_PARAMETERS]
        if _PARAMETER.fullmatch(name)
    }
    return found


def _said(tags: Mapping[str, str]) -> dict[str, Any]:
    """What the tag of a version says; one that can't be read says nothing."""
    text = tags.get(FACTS, "")
    if not text or len(text) > _MOST_BYTES:
        return {}
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(plain, dict):
        return {}
    return {name: value for name, value in plain.items() if name not in _OWN}


def stated(facts: Mapping[str, Any]) -> dict[str, str]:
    """The same as ``metadata.stated`` says it: by the names of a version's own fields."""
    artifact, code = facts.get("artifact", {}), facts.get("code", {})
    own = {
        "artifact.sha256": artifact.get("sha256"),
        "run": facts.get("run"),
        "licence": facts.get("licence"),
        "code.commit": code.get("commit"),
    }
    parameters = {f"parameters.{name}": it for name, it in facts.get("parameters", {}).items()}
    found = {
        name: it
        for name, it in {**own, **parameters, **facts.get("metadata", {})}.items()
        if isinstance(it, str) and _PARAMETER.fullmatch(name)
    }
    return dict(list(found.items())[:_MOST_STATED])


def instant(milliseconds: int) -> str:
    """An instant of MLflow's as the ledger writes one."""
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
