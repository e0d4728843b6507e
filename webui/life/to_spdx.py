"""A version as an SPDX 3.0.1 document with AI and data set packages, as JSON-LD.

Source: SPDX 3.0.1, model and JSON-LD serialisation (spdx.github.io/spdx-spec/v3.0.1). Conformance
is claimed to the profiles core and software; AI and Dataset ask for facts (suppliers, places to
download from) that a registry need not know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import orjson

from policies.controls.classes import PERSONAL
from webui.life.exporting import NAMESPACE, package_url

if TYPE_CHECKING:
    from ledger.events.model import DataSet
    from webui.life.exporting import Exported

_CONTEXT: Final = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
_CREATION: Final = "_:creation"
_RISKS: Final = {"low": "low", "medium": "medium", "high": "high", "prohibited": "serious"}
_CONFIDENTIAL: Final = {
    "public": "clear", "internal": "green", "confidential": "amber", "personal": "amber",
    "special_category": "red", "phi": "red",
}  # fmt: skip


def to_spdx(told: Exported) -> bytes:
    """The document."""
    own, document = _iri(told, f"model/{told.name}"), _iri(told, f"document/{told.name}")
    maker = _iri(told, "agent")
    parts = [_data_set(told, one) for one in told.version.data_sets]
    parents = [_parent(told, one.model, one.version) for one in told.version.parents]
    packages = told.version.environment_used.packages if told.version.environment_used else {}
    libraries = [_library(told, name, of) for name, of in sorted(packages.items())]
    relations = [
        _relation(told, own, "trainedOn", parts),
        _relation(told, own, "descendantOf", parents),
        _relation(told, own, "dependsOn", libraries),
    ]
    graph: list[dict[str, Any]] = [
        {
            "type": "CreationInfo",
            "@id": _CREATION,
            "specVersion": "3.0.1",
            "created": f"{told.recorded_at[:19]}Z",
            "createdBy": [maker],
            "comment": f"{told.generator}; ledger {told.origin}, {told.position} entries, "
            f"root {told.head}, entry {told.version.since}",
        },
        _element("SoftwareAgent", maker, name=told.generator),
        _model(told, own),
        *parts,
        *parents,
        *libraries,
        *(one for one in relations if one),
    ]
    names = [one["spdxId"] for one in graph if "spdxId" in one]
    graph.append(
        _element(
            "SpdxDocument",
            document,
            name=told.name,
            rootElement=[own],
            element=names,
            profileConformance=["core", "software"],
        )
    )
    return orjson.dumps({"@context": _CONTEXT, "@graph": graph}, option=orjson.OPT_INDENT_2) + b"\n"


def _iri(told: Exported, path: str) -> str:
    return f"{NAMESPACE}spdx/{quote(told.origin, safe='')}/{quote(path, safe='/@')}"


def _element(kind: str, ident: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "spdxId": ident, "creationInfo": _CREATION, **fields}


def _hash(sha256: str) -> list[dict[str, str]]:
    return [{"type": "Hash", "algorithm": "sha256", "hashValue": sha256}]


def _entries(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"type": "DictionaryEntry", "key": key, "value": value} for key, value in pairs]


def _model(told: Exported, own: str) -> dict[str, Any]:
    version = told.version
    fields: dict[str, Any] = {
        "name": told.model.model,
        "software_packageVersion": version.version,
        "software_primaryPurpose": "model",
        "builtTime": f"{version.trained_at[:19]}Z",
        "releaseTime": f"{version.registered_at[:19]}Z",
        "verifiedUsing": _hash(version.artifact.sha256),
        "ai_domain": list(told.model.purposes),
        "ai_typeOfModel": [told.model.task],
        "ai_safetyRiskAssessment": _RISKS[told.model.risk_tier],
        "ai_useSensitivePersonalInformation": "yes"
        if any(one.classification in PERSONAL for one in version.data_sets)
        else "noAssertion",
    }
    if told.described:
        fields["description"] = told.described
    if version.parameters:
        fields["ai_hyperparameter"] = _entries(list(version.parameters.items()))
    if version.metrics:
        fields["ai_metric"] = _entries(
            [(f"{one.metric.name} on {one.metric.data_set}", one.metric.value)
             for one in version.metrics]
        )  # fmt: skip
    if version.code is not None:
        fields["software_sourceInfo"] = f"{version.code.repository} commit {version.code.commit}"
    return _element("ai_AIPackage", own, **fields)


def _data_set(told: Exported, data: DataSet) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "name": data.name,
        "software_packageVersion": data.version,
        "software_primaryPurpose": "data",
        "verifiedUsing": _hash(data.sha256),
        "software_sourceInfo": data.source,
        "dataset_datasetType": ["noAssertion"],
        "dataset_confidentialityLevel": _CONFIDENTIAL[data.classification],
        "dataset_hasSensitivePersonalInformation": "yes"
        if data.classification in PERSONAL
        else "noAssertion",
    }
    if data.rows is not None:
        fields["comment"] = f"{data.rows} rows"
    return _element(
        "dataset_DatasetPackage", _iri(told, f"data/{data.name}@{data.version}"), **fields
    )


def _parent(told: Exported, model: str, version: str) -> dict[str, Any]:
    ident = _iri(told, f"model/{model}@{version}")
    return _element("ai_AIPackage", ident, name=model, software_packageVersion=version)


def _library(told: Exported, name: str, version: str) -> dict[str, Any]:
    ident = _iri(told, f"package/{name}@{version}")
    return _element(
        "software_Package",
        ident,
        name=name,
        software_packageVersion=version,
        software_packageUrl=package_url(name, version),
    )


def _relation(
    told: Exported, own: str, kind: str, others: list[dict[str, Any]]
) -> dict[str, Any] | None:
    if not others:
        return None
    return _element(
        "Relationship",
        _iri(told, f"relation/{told.name}/{kind}"),
        relationshipType=kind,
        to=[one["spdxId"] for one in others],
        **{"from": own},
    )
