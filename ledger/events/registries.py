"""What a model registry elsewhere did, told by whoever stands beside it or listens to it.

A registry such as MLflow's knows things that no other kind of event tells: aliases, stages, tags,
new names, deletions. One kind tells them all, so that a policy can say of each who may bring it
about, and so that what a registry shows can be held against the ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal

from pydantic import StringConstraints, model_validator

from ledger.events.event import Event, named
from ledger.events.names import Instant, ModelName, PrivateText, PublicText, Slug, VersionName

if TYPE_CHECKING:
    from collections.abc import Mapping

GitObject = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")]
"""The name of an object of git, of SHA-1 or SHA-256."""
Signature = Literal["valid", "invalid", "none"]
RegistryChange = Literal[
    "model_created",
    "model_updated",
    "model_renamed",
    "model_deleted",
    "model_tag_set",
    "model_tag_removed",
    "version_created",
    "version_updated",
    "version_deleted",
    "version_tag_set",
    "version_tag_removed",
    "alias_set",
    "alias_removed",
    "stage_set",
    "deployment_seen",
    "ref_moved",
    "ref_removed",
    "prompt_changed",
    "settings_changed",
    "source_silent",
]
ToldBy = Literal["plugin", "webhook", "sweep", "feed", "tags", "import"]
OF_NO_MODEL: Final = frozenset({"prompt_changed", "settings_changed", "source_silent"})
OF_A_VERSION: Final = frozenset(
    {
        "version_created",
        "version_updated",
        "version_deleted",
        "version_tag_set",
        "version_tag_removed",
        "alias_set",
        "stage_set",
        "deployment_seen",
    }
)
OF_A_NAME: Final = frozenset(
    {
        "model_renamed",
        "model_tag_set",
        "model_tag_removed",
        "version_tag_set",
        "version_tag_removed",
        "alias_set",
        "alias_removed",
        "stage_set",
        "deployment_seen",
        "prompt_changed",
        "settings_changed",
    }
)
OF_A_REF: Final = frozenset({"ref_moved", "ref_removed"})


class RegistryChanged(Event):
    """A model registry elsewhere changed something, or fell silent.

    ``registry`` is the name under which it is followed here. ``name`` is that of the alias, stage,
    tag or environment, or the new name of a model; what a tag says and who changed it there goes to
    the vault. ``changed_at`` is when it happened there, where that is known. Where a git tag told
    it, ``ref`` is its name, ``object`` what it is (the tag object, or the commit of a light one),
    ``commit`` what it points at, and ``signature`` whether its signature holds.
    """

    kind: ClassVar[str] = "registry.changed"

    registry: Slug
    change: RegistryChange
    told_by: ToldBy
    model: ModelName | None = None
    version: VersionName | None = None
    name: PublicText | None = None
    changed_at: Instant | None = None
    ref: PublicText | None = None
    object: GitObject | None = None
    commit: GitObject | None = None
    signature: Signature | None = None
    value: PrivateText | None = None
    by: PrivateText | None = None

    @model_validator(mode="after")
    def _says_what_changed(self) -> RegistryChanged:
        if (self.model is None) != (self.change in OF_NO_MODEL):
            msg = "a change of a model names the model, another one does not"
            raise ValueError(msg)
        if self.version is None and self.change in OF_A_VERSION:
            msg = "a change of a version, an alias or a stage names the version"
            raise ValueError(msg)
        if self.name is None and self.change in OF_A_NAME:
            msg = "the alias, stage, tag, environment or new name is missing"
            raise ValueError(msg)
        if (self.ref is None) != (self.object is None):
            msg = "a tag is told with what it is, and what it is with the tag"
            raise ValueError(msg)
        if self.ref is None and self.change in OF_A_REF:
            msg = "the tag that moved or was removed is missing"
            raise ValueError(msg)
        return self

    def subject_digests(self) -> Mapping[str, str]:
        if self.model is None:
            return named(f"registry:{self.registry}")
        at = "" if self.version is None else f"@{self.version}"
        return named(f"model:{self.model}{at}")
