"""Groups as a provider tells of them; those that the settings name give roles, under the policy.

A role that the settings map is the groups': who is in none that gives it loses it, who is in one is
proposed for it. What was proposed and is given by no group any more is withdrawn. Groups within
groups are refused: a provider sends whom it means.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

import orjson
from scim2_models import Meta, Reference

from ledger.errors import ConflictError, InputError, UnknownSubjectError
from ledger.events.names import format_instant
from ledger.events.people import RoleGranted, RoleRevoked
from ledger.state.aggregates import ActorState
from webui.feed.asking import steps
from webui.identity.feed_groups import (
    FedGroup,
    drop_group,
    find_group,
    groups_of,
    keep_group,
    list_groups,
    members_of,
)
from webui.identity.feeds import find_fed
from webui.identity.sealing import seal, unseal
from webui.identity.secret import keyed_digest
from webui.scim.people import PURPOSE, ask_for, other_key
from webui.scim.resources import Group, Member

if TYPE_CHECKING:
    from collections.abc import Collection

    from webui.scim.door import Provisioner

MOST_MEMBERS: Final = 20_000
_LONGEST: Final = 200


def group_key(asker: Provisioner, name: str) -> str:
    """Under what a group's name is found."""
    return keyed_digest(asker.wiring, PURPOSE, f"group\n{name.strip().casefold()}")


def get_group(asker: Provisioner, group: str) -> FedGroup:
    """A group of this provider, or UnknownSubjectError."""
    found = find_group(asker.wiring, asker.feed, group_id=group)
    if found is None:
        raise UnknownSubjectError("There is no such group.", pointer="/group")
    return found


def shown(asker: Provisioner, group: FedGroup, *, members: bool = True) -> Group:
    """A group as the provider reads it back."""
    told = _told(asker, group)
    inside = members_of(asker.wiring, asker.feed, group.group_id) if members else ()
    return Group(
        id=group.group_id,
        external_id=told.get("externalId"),
        display_name=told["displayName"],
        members=[Member(value=one, ref=Reference(f"{asker.base}/Users/{one}")) for one in inside]
        or None,
        meta=Meta(
            resource_type="Group",
            created=group.created_at,
            last_modified=group.changed_at,
            location=f"{asker.base}/Groups/{group.group_id}",
        ),
    )


def create(asker: Provisioner, said: Group) -> FedGroup:
    """A group that was not there.

    Raises:
        ConflictError: ``scim-taken``: there is one of that name.
    """
    now = format_instant(asker.wiring.now())
    fresh = FedGroup(asker.feed, secrets.token_hex(16), "", None, "", now, now)
    return change(asker, fresh, said)


def change(asker: Provisioner, group: FedGroup, said: Group) -> FedGroup:
    """What the provider says of a group from now on; roles follow.

    Raises:
        ConflictError: ``scim-taken``: another group has that name.
        InputError: a member is none of this provider's people.
    """
    name = (said.display_name or "").strip()
    if not name or len(name) > _LONGEST or not name.isprintable():
        raise InputError(f"displayName is a line of up to {_LONGEST} characters.")
    digest = group_key(asker, name)
    there = find_group(asker.wiring, asker.feed, digest=digest)
    if there is not None and there.group_id != group.group_id:
        raise ConflictError("Another group has this displayName.", code="scim-taken")
    before = set(members_of(asker.wiring, asker.feed, group.group_id))
    after = _members(asker, said, before)
    told = {"displayName": name, "externalId": said.external_id}
    sealed = seal(asker.wiring, PURPOSE, f"{group.feed}/{group.group_id}", orjson.dumps(told))
    other = other_key(asker, said.external_id) if said.external_id else None
    renamed = bool(group.told) and _told(asker, group)["displayName"] != name
    kept = keep_group(
        asker.wiring,
        FedGroup(
            group.feed, group.group_id, digest, other, sealed, group.created_at, group.changed_at
        ),
        after,
    )
    roles_follow(asker, before | after if renamed else before ^ after)
    return kept


def drop(asker: Provisioner, group: FedGroup) -> None:
    """A group is no more; the roles that it gave are taken."""
    before = members_of(asker.wiring, asker.feed, group.group_id)
    drop_group(asker.wiring, asker.feed, group.group_id)
    roles_follow(asker, before)


def roles_follow(asker: Provisioner, actors: Collection[str]) -> None:
    """Bring the roles of people to what their groups give, as far as the policy goes."""
    mapped = asker.scim.mapped
    if not actors or not mapped:
        return
    names = {one.group_id: _told(asker, one)["displayName"] for one in _all(asker)}
    inside = groups_of(asker.wiring, asker.feed, sorted(actors))
    with steps(asker.wiring, asker.actor) as asked:
        for actor_id in sorted(actors):
            fed = find_fed(asker.wiring, asker.feed, actor_id=actor_id)
            actor = asked.registry.find(ActorState, actor_id)
            if fed is None or fed.state != "active" or actor is None:
                continue
            groups = (names[one] for one in inside[actor_id])
            wanted = {role for group in groups for role in asker.scim.roles.get(group, ())}
            held = {one.role for one in actor.roles if one.in_time(asked.now)}
            asked.begin()
            asked.withdraw(actor_id, keep=wanted - held)
            for role in sorted((held & mapped) - wanted):
                asked.ask(RoleRevoked(actor_id=actor_id, role=role))
            for role in sorted(wanted - held):
                asked.ask(RoleGranted(actor_id=actor_id, role=role))
    ask_for(asker, asked.commands)


def _all(asker: Provisioner) -> list[FedGroup]:
    return list_groups(asker.wiring, asker.feed)


def _members(asker: Provisioner, said: Group, before: Collection[str]) -> set[str]:
    found = set()
    if len(said.members or ()) > MOST_MEMBERS:
        raise InputError(f"A group has at most {MOST_MEMBERS:,} members here.")
    for one in said.members or ():
        value = one.value or ""
        if value not in before and value not in found:
            fed = find_fed(asker.wiring, asker.feed, actor_id=value)
            if fed is None or fed.state in {"new", "gone"}:
                raise InputError(
                    "A member is none of the users of this provider.",
                    remedy="Create the user first; groups within groups are not taken.",
                )
        found.add(value)
    return found


def _told(asker: Provisioner, group: FedGroup) -> dict[str, str]:
    plain = unseal(asker.wiring, PURPOSE, f"{group.feed}/{group.group_id}", group.told)
    told: dict[str, str] = orjson.loads(plain)
    return told
