"""Deployments: recorded, rolled back, stopped. One is known by its entry's sequence number."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ledger.events.event import Event
from ledger.events.names import (
    ModelName,
    PrivateText,
    PublicText,
    Sequence,
    Sha256,
    Slug,
    VersionName,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


class DeploymentRecorded(Event):
    """A version runs in an environment from now on; ``artifact`` is what was really deployed."""

    kind: ClassVar[str] = "deployment.recorded"

    model: ModelName
    version: VersionName
    environment: Slug
    artifact: Sha256
    target: PublicText | None = None
    region: Slug | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return {f"model:{self.model}@{self.version}": self.artifact}


class DeploymentRolledBack(Event):
    """The environment runs an earlier version again."""

    kind: ClassVar[str] = "deployment.rolled_back"

    model: ModelName
    version: VersionName
    environment: Slug
    artifact: Sha256
    cause: Literal["quality", "incident", "security", "privacy", "performance", "other"]
    reason: PrivateText

    def subject_digests(self) -> Mapping[str, str]:
        return {f"model:{self.model}@{self.version}": self.artifact}


class DeploymentStopped(Event):
    """Nothing of this model runs in the environment any more."""

    kind: ClassVar[str] = "deployment.stopped"

    model: ModelName
    environment: Slug
    deployment: Sequence
    reason: PrivateText | None = None
