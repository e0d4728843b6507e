"""OpenLineage in: one RunEvent to what it says of a run, strictly and within bounds. Pure.

Source: OpenLineage 2-0-2 (``spec/OpenLineage.json``): the required members and formats of RunEvent,
JobEvent and DatasetEvent; facets may hold anything and are looked at for versions and names alone.

Names: a data set is ``data:NAMESPACE/NAME@VERSION``, with the version of its facet ``version``. One
whose namespace is ``counterseal``, of itself or by its facet ``symlinks``, is what this ledger
calls by that name: ``data:NAME``, or ``version:MODEL`` for ``models/MODEL``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ledger.core.digest import hex_digest
from ledger.errors import InputError
from ledger.events.catalogue import read_command
from ledger.events.run import MOST_MATERIALS, RunObserved
from webui.client.capture.where import public, without_credentials
from webui.client.foreign_names import model_name, version_name
from webui.intake.reading import instant

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE: Final = "openlineage"
NAMESPACE: Final = "counterseal"
MODELS: Final = "models/"
_UUID: Final = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_OTHER: Final = re.compile(r"[^\x21-\x3f\x41-\x7e]")
_LONGEST: Final = 300
_STATUS: Final = {
    "START": "started",
    "RUNNING": "started",
    "COMPLETE": "completed",
    "FAIL": "failed",
    "ABORT": "aborted",
    "OTHER": "other",
}
_Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
_Facets = dict[str, Any]


class _Part(BaseModel):
    """What others may add to, as the specification allows."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)


class Dataset(_Part):
    """A data set that was read or written."""

    namespace: _Text
    name: _Text
    facets: _Facets = Field(default_factory=dict)


class Run(_Part):
    """An execution."""

    runId: Annotated[str, StringConstraints(pattern=_UUID)]  # noqa: N815 (the specification's name)
    facets: _Facets = Field(default_factory=dict)


class Job(_Part):
    """What was executed."""

    namespace: _Text
    name: _Text
    facets: _Facets = Field(default_factory=dict)


class OpenLineageEvent(_Part):
    """A RunEvent; a JobEvent has no run, a DatasetEvent a data set alone."""

    eventTime: Annotated[str, StringConstraints(max_length=60)]  # noqa: N815 (as above)
    producer: _Text
    schemaURL: _Text  # noqa: N815 (as above)
    eventType: (  # noqa: N815 (as above)
        Literal["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"] | None
    ) = None
    run: Run | None = None
    job: Job | None = None
    dataset: Dataset | None = None
    inputs: tuple[Dataset, ...] = Field(default=(), max_length=MOST_MATERIALS)
    outputs: tuple[Dataset, ...] = Field(default=(), max_length=MOST_MATERIALS)


def read_event(plain: Any, body: bytes) -> RunObserved | None:
    """What a message says of a run; None for one that speaks of none.

    Raises:
        InputError: ``openlineage-invalid``: it is no such message; the pointer says where.
    """
    try:
        event = OpenLineageEvent.model_validate(_tuples(plain))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise _wrong(first["msg"], "".join(f"/{part}" for part in first["loc"])) from None
    at = instant(event.eventTime)
    if not at:
        raise _wrong("This is no time with an offset", "/eventTime")
    if event.run is None:
        if event.job is None and event.dataset is None:
            raise _wrong("It speaks of no run, job or data set", "")
        return None
    if event.job is None:
        raise _wrong("A run is one of a job", "/job")
    found = read_command(
        RunObserved.kind,
        {
            "source": SOURCE,
            "run": event.run.runId.lower(),
            "job": public(f"{event.job.namespace}/{event.job.name}") or "?",
            "status": _STATUS[event.eventType or "OTHER"],
            "digest": hex_digest(body),
            "inputs": sorted({_named(one) for one in event.inputs}),
            "outputs": sorted({_named(one) for one in event.outputs}),
            "happened_at": at,
            "producer": public(without_credentials(event.producer)) or "?",
        },
    )
    if not isinstance(found, RunObserved):  # pragma: no cover (the kind says so)
        raise _wrong("It is of another kind", "")
    return found


def _named(one: Dataset) -> str:
    """As lineage names it."""
    version = _version(one.facets)
    own = _own_name(one)
    if own is not None and own.startswith(MODELS):
        return f"version:{model_name(own.removeprefix(MODELS))}{version}"
    name = own or without_credentials(f"{one.namespace.rstrip('/')}/{one.name.lstrip('/')}")
    return f"data:{_OTHER.sub('-', name)[:_LONGEST] or '?'}{version}"


def _own_name(one: Dataset) -> str | None:
    """What this ledger calls it, where it says so."""
    if one.namespace == NAMESPACE:
        return one.name
    links = one.facets.get("symlinks")
    known = links.get("identifiers") if isinstance(links, dict) else None
    for link in known if isinstance(known, list) else ():
        if isinstance(link, dict) and link.get("namespace") == NAMESPACE:
            return str(link.get("name"))
    return None


def _version(facets: Mapping[str, Any]) -> str:
    facet = facets.get("version")
    told = facet.get("datasetVersion") if isinstance(facet, dict) else None
    if not isinstance(told, str) or not told:
        return ""
    # A version that is counted stays a number for data: only models' versions are semantic.
    return f"@{told}" if re.fullmatch(r"[0-9]{1,18}", told) else f"@{version_name(told)}"


def _wrong(sentence: str, pointer: str) -> InputError:
    return InputError(
        f"This is no message of OpenLineage: {sentence}.",
        code="openlineage-invalid",
        pointer=pointer,
        remedy="OpenLineage 2-0-2 says what a RunEvent has.",
    )


def _tuples(plain: Any) -> Any:
    """JSON has lists, strict frozen models have tuples."""
    if not isinstance(plain, dict):
        return plain
    lists = {n: tuple(plain[n]) for n in ("inputs", "outputs") if isinstance(plain.get(n), list)}
    return {**plain, **lists}
