"""A version told to others: CycloneDX, SPDX, SLSA provenance, OpenLineage, a model card.

Every document is worked out from the entries alone and is the same each time, so that its digest
can be attached as evidence. It says at which position of which ledger it stands. What is not known
is left out, never invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import quote

from webui.described import described
from webui.documenting import documentation
from webui.wiring import generator

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.query import Told
    from ledger.state.aggregates import DeploymentState, ModelState, ReleaseState, VersionState
    from webui.documenting import DocumentationAnswer
    from webui.wiring import Wiring

Form = Literal["cyclonedx", "spdx", "slsa", "openlineage", "card"]
NAMESPACE: Final = "https://counterseal.dev/"


@dataclass(frozen=True)
class Exported:
    """What is told of a version: everything that the registry holds, at a position of the log."""

    origin: str
    position: int
    head: str
    recorded_at: str
    generator: str
    model: ModelState
    version: VersionState
    registered: Told
    described: str
    releases: tuple[ReleaseState, ...]
    deployments: tuple[DeploymentState, ...]
    documentation: DocumentationAnswer
    metadata: dict[str, str]

    @property
    def name(self) -> str:
        """Model and version, as one name."""
        return f"{self.model.model}@{self.version.version}"


@dataclass(frozen=True)
class File:
    """A document: its bytes, what they are, and under which name to keep them."""

    data: bytes
    media: str
    name: str


def exported(wiring: Wiring, model: str, version: str) -> Exported:
    """Read what is told.

    Raises:
        UnknownSubjectError: no such model or version.
    """
    reader = wiring.reader
    of, found = reader.model(model), reader.version(model, version)
    head = reader.head()
    return Exported(
        origin=wiring.log.origin,
        position=head.size,
        head=head.root.hex(),
        recorded_at=found.registered_at,
        generator=generator(),
        model=of,
        version=found,
        registered=reader.tell(found.since),
        described=reader.tell(of.since).private.get("description") or "",
        releases=tuple(reader.releases(model=model, version=version)),
        deployments=tuple(reader.deployments(model=model, version=version)),
        documentation=documentation(reader, model, version),
        metadata={
            one.field: one.value
            for one in described(reader, model, version).fields
            if one.value is not None
        },
    )


def package_url(name: str, version: str) -> str:
    """A Python package as a package URL (purl)."""
    return f"pkg:pypi/{quote(name.lower().replace('_', '-'), safe='')}@{quote(version, safe='')}"


def export(wiring: Wiring, model: str, version: str, form: Form) -> File:
    """A version in one of the formats.

    Raises:
        UnknownSubjectError: no such model or version.
    """
    from webui.life.model_card import model_card
    from webui.life.to_cyclonedx import to_cyclonedx
    from webui.life.to_openlineage import to_openlineage
    from webui.life.to_slsa import to_slsa
    from webui.life.to_spdx import to_spdx

    writers: dict[Form, tuple[Callable[[Exported], bytes], str, str]] = {
        "cyclonedx": (to_cyclonedx, "application/vnd.cyclonedx+json; version=1.7", "cdx.json"),
        "spdx": (to_spdx, "application/spdx+json", "spdx.json"),
        "slsa": (to_slsa, "application/vnd.in-toto+json", "provenance.json"),
        "openlineage": (to_openlineage, "application/json", "openlineage.json"),
        "card": (model_card, "text/markdown; charset=utf-8", "md"),
    }
    write, media, ending = writers[form]
    return File(write(exported(wiring, model, version)), media, f"{model}-{version}.{ending}")
