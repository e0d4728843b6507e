"""What is answered to a provider: parse, call one thing, say it in SCIM.

A list is found by ``id``, ``userName``, ``externalId`` or a group's ``displayName`` at once, as
providers ask; any other filter looks at everybody, up to a number.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import orjson
from flask import Response, request
from pydantic import ValidationError
from scim2_models import (
    Context,
    Error,
    ListResponse,
    PatchOp,
    ResourceType,
    ResponseParameters,
    Schema,
    SCIMException,
    SearchRequest,
)
from scim2_models.path import Comparison

from ledger.errors import ConflictError, UnknownSubjectError
from webui.errors_http import SCIM_JSON, scim_response
from webui.identity.feed_groups import find_group, list_groups
from webui.identity.feeds import count_fed, find_fed, list_fed
from webui.scim import groups, people
from webui.scim.door import body
from webui.scim.resources import (
    MOST_ON_A_PAGE,
    POLICY,
    Group,
    User,
    config,
    resource_types,
    schemas,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scim2_models import Resource

    from webui.scim.door import Provisioner

    View = Callable[..., Response]

MOST_LOOKED_AT: Final = 10_000
_EQUALS: Final = "eq"


def answered(view: View, asker: Provisioner, path: dict[str, str]) -> Response:
    """The answer of a view; what is wrong with a request, in the form of SCIM."""
    with POLICY:
        try:
            return view(asker, **path)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            return _wrong(Error.from_validation_error(first))
        except SCIMException as error:
            return _wrong(error.to_error())


def _wrong(error: Error) -> Response:
    return scim_response(error.status or 400, error.detail or "", error.scim_type or "")


def _config(asker: Provisioner) -> Response:
    return _one(config(asker.base))


def _resource_types(asker: Provisioner) -> Response:
    return _described(ResourceType, resource_types(asker.base))


def _resource_type(asker: Provisioner, name: str) -> Response:
    return _named(resource_types(asker.base), name)


def _schemas(asker: Provisioner) -> Response:
    return _described(Schema, schemas(asker.base))


def _schema(asker: Provisioner, name: str) -> Response:
    return _named(schemas(asker.base), name)


def _list_users(asker: Provisioner) -> Response:
    return _find_users(asker, _search(User))


def _search_users(asker: Provisioner) -> Response:
    return _find_users(asker, _posted(User))


def _find_users(asker: Provisioner, wanted: Any) -> Response:
    if wanted.filter is None:
        total = count_fed(asker.wiring, asker.feed)
        start, count = _window(wanted)
        rows = list_fed(asker.wiring, asker.feed, start=start, count=count)
        return _page(User, people.shown(asker, rows), total, wanted)
    exact = _exact(wanted)
    if exact is not None and exact[0] in {"id", "username", "externalid"}:
        name, said = exact
        place = {"id": "actor_id", "username": "digest", "externalid": "other"}[name]
        key = {"username": people.user_key, "externalid": people.other_key}.get(name, _as_it_is)
        fed = find_fed(asker.wiring, asker.feed, **{place: key(asker, said)})
        rows = [fed] if fed is not None and fed.state not in {"new", "gone"} else []
    else:
        _check_few(count_fed(asker.wiring, asker.feed))
        rows = list_fed(asker.wiring, asker.feed, start=0, count=MOST_LOOKED_AT)
    return _matching(User, people.shown(asker, rows), wanted)


def _get_user(asker: Provisioner, user: str) -> Response:
    return _user(asker, people.get_fed(asker, user))


def _create_user(asker: Provisioner) -> Response:
    said = User.model_validate(body(), scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    return _user(asker, people.create(asker, said), HTTPStatus.CREATED)


def _replace_user(asker: Provisioner, user: str) -> Response:
    fed = people.get_fed(asker, user)
    said = User.model_validate(body(), scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
    said.replace(people.shown(asker, [fed])[0])
    return _user(asker, people.change(asker, fed, said))


def _patch_user(asker: Provisioner, user: str) -> Response:
    fed = people.get_fed(asker, user)
    patch = PatchOp[User].model_validate(body(), scim_ctx=Context.RESOURCE_PATCH_REQUEST)
    (after,) = people.shown(asker, [fed])
    patch.patch(after)
    return _user(asker, people.change(asker, fed, after))


def _delete_user(asker: Provisioner, user: str) -> Response:
    people.drop(asker, people.get_fed(asker, user))
    return Response(status=HTTPStatus.NO_CONTENT)


def _list_groups(asker: Provisioner) -> Response:
    return _find_groups(asker, _search(Group))


def _search_groups(asker: Provisioner) -> Response:
    return _find_groups(asker, _posted(Group))


def _find_groups(asker: Provisioner, wanted: Any) -> Response:
    exact = _exact(wanted) if wanted.filter is not None else None
    if exact is not None and exact[0] in {"id", "displayname", "externalid"}:
        name, said = exact
        place = {"id": "group_id", "displayname": "digest", "externalid": "other"}[name]
        key = {"displayname": groups.group_key, "externalid": people.other_key}.get(name, _as_it_is)
        found = find_group(asker.wiring, asker.feed, **{place: key(asker, said)})
        rows = [found] if found is not None else []
    else:
        rows = list_groups(asker.wiring, asker.feed)
        _check_few(len(rows))
    with_members = "members" not in map(str, wanted.excluded_attributes or ())
    shown = [groups.shown(asker, one, members=with_members) for one in rows]
    return _matching(Group, shown, wanted)


def _get_group(asker: Provisioner, group: str) -> Response:
    return _group(asker, group)


def _create_group(asker: Provisioner) -> Response:
    said = Group.model_validate(body(), scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    made = groups.create(asker, said)
    return _group(asker, made.group_id, HTTPStatus.CREATED)


def _replace_group(asker: Provisioner, group: str) -> Response:
    before = groups.get_group(asker, group)
    said = Group.model_validate(body(), scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
    said.replace(groups.shown(asker, before))
    groups.change(asker, before, said)
    return _group(asker, group)


def _patch_group(asker: Provisioner, group: str) -> Response:
    before = groups.get_group(asker, group)
    patch = PatchOp[Group].model_validate(body(), scim_ctx=Context.RESOURCE_PATCH_REQUEST)
    after = groups.shown(asker, before)
    patch.patch(after)
    groups.change(asker, before, after)
    return _group(asker, group)


def _delete_group(asker: Provisioner, group: str) -> Response:
    groups.drop(asker, groups.get_group(asker, group))
    return Response(status=HTTPStatus.NO_CONTENT)


def _not_here(asker: Provisioner) -> Response:
    del asker
    said = "This part of SCIM is not offered; ServiceProviderConfig says what is."
    return scim_response(HTTPStatus.NOT_IMPLEMENTED, said)


def _user(asker: Provisioner, fed: Any, status: int = HTTPStatus.OK) -> Response:
    return _one(people.shown(asker, [fed])[0], status, User)


def _group(asker: Provisioner, group: str, status: int = HTTPStatus.OK) -> Response:
    return _one(groups.shown(asker, groups.get_group(asker, group)), status, Group)


def _one(found: Resource[Any], status: int = HTTPStatus.OK, kind: Any = None) -> Response:
    told = found.model_dump(
        scim_ctx=Context.RESOURCE_QUERY_RESPONSE,
        response_parameters=_parameters(kind) if kind is not None else None,
    )
    answer = Response(orjson.dumps(told), status, content_type=SCIM_JSON)
    if found.meta is not None and found.meta.location:
        answer.headers["Location" if status == HTTPStatus.CREATED else "Content-Location"] = str(
            found.meta.location
        )
    return answer


def _named(found: Sequence[Any], name: str) -> Response:
    for one in found:
        if str(one.id).casefold() == name.casefold():
            return _one(one)
    raise UnknownSubjectError("There is no such description.")


def _described(kind: Any, found: Sequence[Any]) -> Response:
    """All descriptions at once; RFC 7644 (4) wants a filter on them refused."""
    if "filter" in request.args:
        return scim_response(HTTPStatus.FORBIDDEN, "Descriptions are not filtered.")
    return _list(kind, found, len(found), 1, None)


def _as_it_is(asker: Provisioner, said: str) -> str:
    del asker
    return said


def _search(kind: Any) -> Any:
    names = ("filter", "startIndex", "count", "attributes", "excludedAttributes")
    said = {name: request.args[name] for name in names if name in request.args}
    return SearchRequest[kind].model_validate(said)


def _posted(kind: Any) -> Any:
    """A search in a body, where an address would tell too much or grow too long."""
    return SearchRequest[kind].model_validate(body(), scim_ctx=Context.SEARCH_REQUEST)


def _parameters(kind: Any) -> Any:
    names = ("attributes", "excludedAttributes")
    said = {name: request.args[name] for name in names if name in request.args}
    return ResponseParameters[kind].model_validate(said)


def _exact(wanted: Any) -> tuple[str, str] | None:
    """The attribute and value of a filter that is one plain comparison of text, in lower case."""
    node = wanted.filter.ast
    if not isinstance(node, Comparison) or node.op.value.lower() != _EQUALS:
        return None
    if not isinstance(node.value, str) or node.attr_path.sub_attr is not None:
        return None
    return node.attr_path.attr.casefold(), node.value


def _window(wanted: Any) -> tuple[int, int]:
    count = MOST_ON_A_PAGE if wanted.count is None else min(wanted.count, MOST_ON_A_PAGE)
    return wanted.start_index_0 or 0, count


def _matching(kind: Any, found: Sequence[Any], wanted: Any) -> Response:
    hits = [one for one in found if wanted.filter is None or wanted.filter.match(one)]
    start, count = _window(wanted)
    return _page(kind, hits[start : start + count], len(hits), wanted)


def _page(kind: Any, found: Sequence[Any], total: int, wanted: Any) -> Response:
    return _list(kind, found, total, (wanted.start_index_0 or 0) + 1, wanted)


def _list(kind: Any, found: Sequence[Any], total: int, start: int, wanted: Any) -> Response:
    listed = ListResponse[kind](
        total_results=total, start_index=start, items_per_page=len(found), resources=list(found)
    )
    told = listed.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=wanted)
    return Response(orjson.dumps(told), content_type=SCIM_JSON)


def _check_few(count: int) -> None:
    if count > MOST_LOOKED_AT:
        raise ConflictError(
            f"More than {MOST_LOOKED_AT:,} would have to be looked at.",
            code="scim-too-many",
            remedy="Filter by id, userName, externalId or displayName.",
        )


VIEWS: Final[dict[str, View]] = {
    "config": _config,
    "resource_types": _resource_types,
    "resource_type": _resource_type,
    "schemas": _schemas,
    "schema": _schema,
    "list_users": _list_users,
    "search_users": _search_users,
    "get_user": _get_user,
    "create_user": _create_user,
    "replace_user": _replace_user,
    "patch_user": _patch_user,
    "delete_user": _delete_user,
    "list_groups": _list_groups,
    "search_groups": _search_groups,
    "get_group": _get_group,
    "create_group": _create_group,
    "replace_group": _replace_group,
    "patch_group": _patch_group,
    "delete_group": _delete_group,
    "not_here": _not_here,
}
