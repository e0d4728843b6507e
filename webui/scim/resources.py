"""The resources that are served, and the description of the service.

A user is no more than what is needed here: what else a provider sends (telephone numbers, titles,
passwords) is dropped unread and kept nowhere. ``POLICY`` says in which ways a request may depart
from the specification, because Microsoft Entra's and Okta's do.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field
from scim2_models import (
    URN,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    Email,
    ETag,
    Filter,
    GroupMembership,
    Meta,
    Mutability,
    Name,
    Patch,
    Reference,
    Required,
    Resource,
    ResourceType,
    Schema,
    ScimPolicy,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)

MOST_ON_A_PAGE: Final = 200
POLICY: Final = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)


class User(Resource[Any]):
    """Somebody whom a provider tells of."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    name: Name | None = None
    display_name: str | None = None
    active: bool | None = None
    emails: list[Email] | None = None
    groups: Annotated[list[GroupMembership] | None, Mutability.read_only] = None


class Member(ComplexAttribute):
    """Somebody in a group. What they are called stands with the user alone."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    ref: Annotated[Reference[User] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )


class Group(Resource[Any]):
    """A group of a provider."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Required.true] = None
    members: list[Member] | None = None


SERVED: Final = (User, Group)


def config(base: str) -> ServiceProviderConfig:
    """What this service can do."""
    return ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=MOST_ON_A_PAGE),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=False),
        etag=ETag(supported=False),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="API token",
                description="A token of a workload with the role people_feed.",
                primary=True,
            )
        ],
        meta=Meta(resource_type="ServiceProviderConfig", location=f"{base}/ServiceProviderConfig"),
    )


def resource_types(base: str) -> list[ResourceType]:
    """The kinds of resource."""
    found = []
    for kind in SERVED:
        described = ResourceType.from_resource(kind)
        location = f"{base}/ResourceTypes/{described.id}"
        described.meta = Meta(resource_type="ResourceType", location=location)
        found.append(described)
    return found


def schemas(base: str) -> list[Schema]:
    """What each of them holds."""
    found = []
    for kind in SERVED:
        described = kind.to_schema()
        described.meta = Meta(resource_type="Schema", location=f"{base}/Schemas/{described.id}")
        found.append(described)
    return found
