"""A version as the RunEvent of OpenLineage that says what its training read and wrote.

Source: OpenLineage 2-0-2 and the facets DatasetVersion 1-0-1, Symlinks 1-0-1,
SourceCodeLocation 1-0-1 and Documentation 1-1-0. What the ledger calls a data set keeps its name
in the namespace ``counterseal``; where its bytes are stands in ``symlinks``.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

import orjson

from webui.life.exporting import NAMESPACE as PRODUCER

if TYPE_CHECKING:
    from ledger.events.model import DataSet
    from webui.life.exporting import Exported

NAMESPACE: Final = "counterseal"
_SPEC: Final = "https://openlineage.io/spec"


def to_openlineage(told: Exported) -> bytes:
    """The event, as JSON."""
    version = told.version
    inputs = [_data(one) for one in version.data_sets]
    inputs += [
        {
            "namespace": NAMESPACE,
            "name": f"models/{one.model}",
            "facets": {"version": _version(one.version)},
        }
        for one in version.parents
    ]
    made = {
        "namespace": NAMESPACE,
        "name": f"models/{version.model}",
        "facets": {
            "version": _version(version.version),
            "counterseal_artifact": _facet(
                f"{PRODUCER}openlineage/artifact/v1",
                sha256=version.artifact.sha256,
                log=told.origin,
                entry=version.since,
            ),
        },
    }
    event = {
        "eventType": "COMPLETE",
        "eventTime": version.trained_at,
        "producer": PRODUCER,
        "schemaURL": f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": run_id(told), "facets": {}},
        "job": {"namespace": NAMESPACE, "name": f"train/{version.model}", "facets": _job(told)},
        "inputs": inputs,
        "outputs": [made],
    }
    return orjson.dumps(event, option=orjson.OPT_INDENT_2) + b"\n"


def run_id(told: Exported) -> str:
    """The run's own id where it is a UUID, as OpenLineage asks; else one made of the entry."""
    try:
        return str(uuid.UUID(told.version.run or ""))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{PRODUCER}{told.origin}/{told.version.since}"))


def _data(one: DataSet) -> dict[str, Any]:
    return {
        "namespace": NAMESPACE,
        "name": one.name,
        "facets": {
            "version": _version(one.version),
            "symlinks": _facet(
                f"{_SPEC}/facets/1-0-1/SymlinksDatasetFacet.json#/$defs/SymlinksDatasetFacet",
                identifiers=[{"namespace": "source", "name": one.source, "type": "LOCATION"}],
            ),
            "counterseal_data": _facet(
                f"{PRODUCER}openlineage/data/v1",
                sha256=one.sha256,
                classification=one.classification,
            ),
        },
    }


def _job(told: Exported) -> dict[str, Any]:
    code = told.version.code
    if code is None:
        return {}
    where: dict[str, Any] = {"type": "git", "url": code.repository, "version": code.commit}
    if code.branch:
        where["branch"] = code.branch
    schema = (
        f"{_SPEC}/facets/1-0-1/SourceCodeLocationJobFacet.json#/$defs/SourceCodeLocationJobFacet"
    )
    return {"sourceCodeLocation": _facet(schema, **where)}


def _version(version: str) -> dict[str, Any]:
    schema = (
        f"{_SPEC}/facets/1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet"
    )
    return _facet(schema, datasetVersion=version)


def _facet(schema: str, **members: Any) -> dict[str, Any]:
    return {"_producer": PRODUCER, "_schemaURL": schema, **members}
