"""A version as a CycloneDX 1.7 machine-learning bill of materials.

Source: CycloneDX 1.7, ``bom-1.7.schema.json``: a component of type ``machine-learning-model`` with
its ``modelCard``, its data sets as components of type ``data``, packages as libraries, and under
``declarations`` nothing: approvals are told as properties, because whoever approved attests by an
entry of the ledger and not by this document.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import orjson

from webui.life.exporting import package_url

if TYPE_CHECKING:
    from ledger.events.model import DataSet, Parent
    from webui.life.exporting import Exported

_TASKS: Final = {"classification", "regression", "ranking", "forecasting", "generation"}
_CLASSES: Final = {"personal": "PII", "special_category": "PII", "phi": "PHI"}
_LICENCES: Final = frozenset(
    {
        "Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "GPL-2.0-only", "GPL-3.0-only",
        "LGPL-3.0-only", "AGPL-3.0-only", "MPL-2.0", "ISC", "Unlicense", "CC0-1.0", "CC-BY-4.0",
        "CC-BY-SA-4.0", "CC-BY-NC-4.0",
    }
)  # fmt: skip
"""Identifiers that are written as such; any other licence is written as a name."""


def to_cyclonedx(told: Exported) -> bytes:
    """The document."""
    version = told.version
    own = f"model:{told.name}"
    data = [_data_set(one) for one in version.data_sets]
    parents = [_parent(one) for one in version.parents]
    packages = version.environment_used.packages if version.environment_used else {}
    libraries = [_library(name, of) for name, of in sorted(packages.items())]
    parts = [*data, *parents, *libraries]
    document: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{told.origin}/{own}')}",
        "version": 1,
        "metadata": {
            "timestamp": told.recorded_at,
            "tools": {"components": [_tool(told.generator)]},
            "component": _model(told, own),
            "properties": [
                _property("counterseal:ledger", told.origin),
                _property("counterseal:position", str(told.position)),
                _property("counterseal:root", told.head),
                _property("counterseal:entry", str(version.since)),
            ],
        },
        "components": parts,
        "dependencies": [
            {"ref": own, "dependsOn": sorted({part["bom-ref"] for part in parts})},
            *({"ref": ref} for ref in sorted({part["bom-ref"] for part in parts})),
        ],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n"


def _tool(generator: str) -> dict[str, Any]:
    name, _, version = generator.partition(" ")
    return {"type": "application", "name": name, "version": version}


def _model(told: Exported, own: str) -> dict[str, Any]:
    version = told.version
    found: dict[str, Any] = {
        "type": "machine-learning-model",
        "bom-ref": own,
        "name": told.model.model,
        "version": version.version,
        "hashes": [{"alg": "SHA-256", "content": version.artifact.sha256}],
        "modelCard": _card(told),
        "properties": [
            _property("counterseal:state", version.state),
            _property("counterseal:risk_tier", told.model.risk_tier),
            _property("counterseal:format", version.artifact.format),
            _property("counterseal:size_bytes", str(version.artifact.size_bytes)),
            *(_property(f"parameter:{key}", text) for key, text in version.parameters.items()),
            *_approvals(told),
        ],
    }
    if told.described:
        found["description"] = told.described
    if version.licence:
        known = version.licence in _LICENCES
        found["licenses"] = [{"license": {"id" if known else "name": version.licence}}]
    references = [*_code(told), *_documents(told)]
    if references:
        found["externalReferences"] = references
    if version.parents:
        found["pedigree"] = {"ancestors": [_parent(one, "-ancestor") for one in version.parents]}
    return found


def _card(told: Exported) -> dict[str, Any]:
    version = told.version
    parameters: dict[str, Any] = {}
    if told.model.task in _TASKS:
        parameters["task"] = told.model.task
    if version.data_sets:
        parameters["datasets"] = [{"ref": _ref(one)} for one in version.data_sets]
    card: dict[str, Any] = {}
    if parameters:
        card["modelParameters"] = parameters
    if version.metrics:
        card["quantitativeAnalysis"] = {
            "performanceMetrics": [
                {
                    "type": held.metric.name,
                    "value": held.metric.value,
                    "slice": held.metric.data_set,
                }
                for held in version.metrics
            ]
        }
    card["considerations"] = {"useCases": [word.replace("-", " ") for word in told.model.purposes]}
    return card


def _ref(data: DataSet) -> str:
    return f"data:{data.name}@{data.version}"


def _data_set(data: DataSet) -> dict[str, Any]:
    contents: dict[str, Any] = {
        "type": "dataset",
        "name": data.name,
        "classification": data.classification,
    }
    if data.classification in _CLASSES:
        contents["sensitiveData"] = [_CLASSES[data.classification]]
    properties = [_property("counterseal:source", data.source)]
    if data.legal_basis:
        properties.append(_property("counterseal:legal_basis", data.legal_basis))
    if data.rows is not None:
        properties.append(_property("counterseal:rows", str(data.rows)))
    return {
        "type": "data",
        "bom-ref": _ref(data),
        "name": data.name,
        "version": data.version,
        "hashes": [{"alg": "SHA-256", "content": data.sha256}],
        "data": [contents],
        "properties": properties,
    }


def _parent(parent: Parent, suffix: str = "") -> dict[str, Any]:
    return {
        "type": "machine-learning-model",
        "bom-ref": f"model:{parent.model}@{parent.version}{suffix}",
        "name": parent.model,
        "version": parent.version,
        "properties": [_property("counterseal:relation", parent.relation)],
    }


def _library(name: str, version: str) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": f"package:{name}@{version}",
        "name": name,
        "version": version,
        "purl": package_url(name, version),
    }


def _code(told: Exported) -> list[dict[str, Any]]:
    code = told.version.code
    if code is None:
        return []
    note = f"commit {code.commit}{', with uncommitted changes' if code.dirty else ''}"
    return [{"type": "vcs", "url": quote(code.repository, safe=":/?#@%&=+~.-_"), "comment": note}]


def _documents(told: Exported) -> list[dict[str, Any]]:
    return [
        {
            "type": "evidence",
            "url": f"urn:counterseal:{quote(told.origin, safe='')}:entry:{item.entry}",
            "comment": item.type,
            "hashes": [{"alg": "SHA-256", "content": item.sha256}],
        }
        for item in told.version.evidence
    ]


def _approvals(told: Exported) -> list[dict[str, str]]:
    return [
        _property(
            f"counterseal:release:{one.environment}",
            f"{one.status}, entry {one.since}, approved by entries "
            + (", ".join(str(vote.entry) for vote in one.votes if vote.approves) or "none"),
        )
        for one in told.releases
    ]


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}
