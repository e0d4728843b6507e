"""A version as SLSA provenance v1 within an in-toto statement v1, unsigned.

The signed word is the ledger's entry; this tells the same in the form that other verifiers read.
Source: slsa.dev/spec/v1.0/provenance; in-toto Statement v1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from webui.life.exporting import NAMESPACE

if TYPE_CHECKING:
    from webui.life.exporting import Exported


def to_slsa(told: Exported) -> bytes:
    """The statement."""
    version = told.version
    used = version.environment_used
    internal: dict[str, Any] = {}
    if used is not None:
        parts = {"python": used.python, "hardware": used.hardware, "packages": used.packages}
        internal = {name: value for name, value in parts.items() if value}
    metadata: dict[str, Any] = {"finishedOn": version.trained_at}
    if version.run:
        metadata["invocationId"] = version.run
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": told.name, "digest": {"sha256": version.artifact.sha256}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": f"{NAMESPACE}build/training/v1",
                "externalParameters": {
                    "model": told.model.model,
                    "version": version.version,
                    "parameters": version.parameters,
                },
                "internalParameters": internal,
                "resolvedDependencies": [*_code(told), *_data(told), *_parents(told)],
            },
            "runDetails": {
                "builder": {"id": f"{NAMESPACE}registrant/{version.registrant}"},
                "metadata": metadata,
                "byproducts": [
                    {
                        "name": item.type,
                        "digest": {"sha256": item.sha256},
                        "annotations": {"entry": item.entry},
                    }
                    for item in version.evidence
                ]
                + [
                    {
                        "name": "ledger-entry",
                        "digest": {"sha256": told.registered.row.leaf_hash.hex()},
                        "annotations": {"log": told.origin, "entry": version.since},
                    }
                ],
            },
        },
    }
    return orjson.dumps(statement, option=orjson.OPT_INDENT_2) + b"\n"


def _code(told: Exported) -> list[dict[str, Any]]:
    code = told.version.code
    if code is None:
        return []
    digest = {"gitCommit": code.commit}
    return [{"uri": code.repository, "digest": digest, "annotations": {"dirty": code.dirty}}]


def _data(told: Exported) -> list[dict[str, Any]]:
    return [
        {
            "name": f"{one.name}@{one.version}",
            "uri": one.source,
            "digest": {"sha256": one.sha256},
            "annotations": {"classification": one.classification},
        }
        for one in told.version.data_sets
    ]


def _parents(told: Exported) -> list[dict[str, Any]]:
    return [
        {"name": f"{one.model}@{one.version}", "annotations": {"relation": one.relation}}
        for one in told.version.parents
    ]
