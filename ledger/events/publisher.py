"""Trusted publishers: which pipelines of a CI service speak for a workload, without a secret.

A CI service signs an identity token for each job (OpenID Connect). A publisher is the rule that
such a token must meet: who issued it, for whom, for which repository. Repositories are named by the
numbers that the CI service gave them, never by names, which somebody else can take once they are
free. For people there is a name beside them, in the vault. A publisher is known by the entry that
trusted it.

Sources: GitHub, "OpenID Connect reference"; GitLab, "OpenID Connect (OIDC) authentication using ID
tokens".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from ledger.events.event import Event, named
from ledger.events.names import (
    ActorId,
    KindName,
    ModelName,
    PrivateText,
    PublicText,
    Sequence,
    Slug,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

Provider = Literal["github", "gitlab"]
IssuerUrl = Annotated[
    str,
    StringConstraints(
        pattern=r"^https?://[a-z0-9][a-z0-9.-]{0,252}(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*$",
        max_length=300,
    ),
]
"""As the token writes it: to the letter, without a slash at the end."""
NumericId = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,19}$")]
"""A number that a CI service gave; as text, because the tokens write it so."""
RefName = Annotated[str, StringConstraints(pattern=r"^refs/[A-Za-z0-9][A-Za-z0-9._/+-]{0,200}$")]
RefPattern = Annotated[
    str, StringConstraints(pattern=r"^refs/[A-Za-z0-9][A-Za-z0-9._/+-]{0,200}\*?$")
]
"""A ref in full, such as refs/heads/main; a star at its end stands for anything."""


class PublisherTrusted(Event):
    """Tokens of one repository's pipelines may be exchanged for short ones of a workload.

    ``repository_id`` and ``owner_id`` are GitHub's ids of repository and owner, or GitLab's of
    project and namespace. Members that are left out are not asked for; ``workflow`` is the file of
    the (reusable) workflow, with or without ``@`` and its ref. ``kinds``, ``models`` and
    ``deploys_to`` bound what such a pipeline may submit, all models or environments where left out.
    """

    kind: ClassVar[str] = "publisher.trusted"

    actor_id: ActorId
    provider: Provider
    issuer: IssuerUrl
    audience: PublicText
    repository_id: NumericId
    owner_id: NumericId
    ref: RefPattern | None = None
    ref_protected: Literal[True] | None = None
    ci_environment: PublicText | None = None
    workflow: PublicText | None = None
    kinds: Annotated[tuple[KindName, ...], Field(min_length=1, max_length=50)]
    models: Annotated[tuple[ModelName, ...], Field(min_length=1, max_length=100)] | None = None
    deploys_to: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=20)] | None = None
    repository: PrivateText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"actor:{self.actor_id}") | named(
            f"repository:{self.provider}:{self.repository_id}"
        )


class PublisherRemoved(Event):
    """A publisher is trusted no more; tokens that were given to it open nothing from now on."""

    kind: ClassVar[str] = "publisher.removed"

    publisher: Sequence
    reason: PrivateText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"publisher:{self.publisher}")
